/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program shows to others, as these get it: all of it, to the same user alone, whoever forks,
 * ends or asks nonsense. */

#include "fsmm-test.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fsmm-glib/watch/fsmm-protocol.h"

#define NOBODY 65534

static char *folder; /* where sockets are */

/* --- Asking --- */

static GSocket *
try_connect (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  g_assert_nonnull (socket);
  g_socket_set_timeout (socket, 10);
  if (g_socket_connect (socket, address, NULL, error))
    return socket;

  g_object_unref (socket);

  return NULL;
}

static char *
path_of (pid_t process)
{
  return g_strdup_printf ("%s/%d", folder, (int) process);
}

static GSocket *
connect_to (pid_t process)
{
  g_autofree char *path = path_of (process);
  GError *error = NULL;
  GSocket *socket = try_connect (path, &error);

  g_assert_no_error (error);

  return socket;
}

/* FALSE: the other side has closed it. */
static gboolean
receive (GSocket *socket, gpointer buffer, gsize size)
{
  GError *error = NULL;

  for (gsize n_done = 0; n_done < size;)
    {
      gssize n = g_socket_receive (socket, (char *) buffer + n_done, size - n_done, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
        n = 0;
      else
        g_assert_no_error (error);
      g_clear_error (&error);
      if (n == 0)
        return FALSE;
      n_done += (gsize) n;
    }

  return TRUE;
}

/* Returns: (transfer full) (nullable): NULL: it was not answered */
static GVariant *
ask (GSocket *socket, FsmmAsk question, const GVariantType *type)
{
  FsmmAnswer answer;
  gpointer bytes;
  GVariant *variant;

  g_socket_send (socket, (const char *) &question, sizeof question, NULL, NULL);
  if (!receive (socket, &answer, sizeof answer))
    return NULL;

  g_assert_cmphex (answer.magic, ==, FSMM_PROTOCOL_MAGIC);
  bytes = g_malloc (answer.n_bytes);
  g_assert_true (receive (socket, bytes, answer.n_bytes));
  variant = g_variant_new_from_data (type, bytes, answer.n_bytes, FALSE, g_free, bytes);
  g_assert_true (g_variant_is_normal_form (variant));

  return g_variant_ref_sink (variant);
}

static GVariant *
ask_for_figures (GSocket *socket)
{
  return ask (socket, (FsmmAsk) { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 }, FSMM_ANSWER_FIGURES);
}

/* Returns: (transfer full) (nullable): the pool of that name */
static GVariant *
find_pool (GVariant *figures, const char *name)
{
  g_autoptr (GVariant) pools = g_variant_lookup_value (figures, "pools", G_VARIANT_TYPE ("aa{sv}"));

  g_assert_nonnull (pools);
  for (gsize i = 0; i < g_variant_n_children (pools); i++)
    {
      g_autoptr (GVariant) pool = g_variant_get_child_value (pools, i);
      const char *found = NULL;

      if (g_variant_lookup (pool, "name", "&s", &found) && g_str_equal (found, name))
        return g_steal_pointer (&pool);
    }

  return NULL;
}

static guint64
get_number (GVariant *pool, const char *key)
{
  guint64 number;

  g_assert_true (g_variant_lookup (pool, key, "t", &number));

  return number;
}

/* --- What is answered --- */

static void
test_figures (void)
{
  g_autoptr (GSocket) socket = connect_to (getpid ());
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("shown \377", 48, 0, 0, 100, NULL);
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GVariant) after = NULL;
  g_autoptr (GVariant) shown = NULL;
  gpointer blocks[40];
  const char *text;
  gint64 time, later;

  before = ask_for_figures (socket);
  g_assert_true (fsmm_pool_alloc_many (pool, 40, blocks, NULL));
  for (guint i = 0; i < 40; i++)
    memset (blocks[i], 1, 48);
  g_assert_true (fsmm_pool_free_many (pool, 10, blocks, NULL));
  after = ask_for_figures (socket);

  g_assert_true (g_variant_lookup (after, "version", "&s", &text));
  g_assert_cmpstr (text, ==, FSMM_VERSION_S);
  g_assert_true (g_variant_lookup (after, "program", "&s", &text));
  g_assert_cmpstr (text, ==, g_get_prgname ());
  g_assert_true (g_variant_lookup (before, "time", "x", &time));
  g_assert_true (g_variant_lookup (after, "time", "x", &later));
  g_assert_cmpint (later, >, time);

  shown = find_pool (after, "shown \357\277\275");
  g_assert_nonnull (shown);
  g_assert_true (g_variant_lookup (shown, "kind", "&s", &text));
  g_assert_cmpstr (text, ==, "raw");
  g_assert_cmpuint (get_number (shown, "alloc-size"), ==, 48);
  g_assert_cmpuint (get_number (shown, "n-allocated"), ==, 30);
  g_assert_cmpuint (get_number (shown, "peak-allocated"), ==, 40);
  g_assert_cmpuint (get_number (shown, "max-blocks"), ==, 100);
  g_assert_cmpuint (get_number (shown, "n-taken"), ==, 40);
  g_assert_cmpuint (get_number (shown, "reserved-bytes"), ==, fsmm_pool_get_reserved_bytes (pool));
  g_assert_cmpuint (get_number (shown, "resident-bytes"), >, 0);

  g_assert_true (fsmm_pool_free_many (pool, 30, blocks + 10, NULL));
}

static GVariant *
ask_for_map (GSocket *socket, guint64 id)
{
  return ask (socket, (FsmmAsk) { FSMM_PROTOCOL_MAGIC, FSMM_ASK_MAP, id }, FSMM_ANSWER_MAP);
}

static void
test_map (void)
{
  g_autoptr (GSocket) socket = connect_to (getpid ());
  FsmmPool *pool = fsmm_pool_new_full ("mapped", 64, 0, 1024, 0, NULL);
  gpointer block = fsmm_test_alloc (pool);
  g_autoptr (GVariant) figures = ask_for_figures (socket);
  g_autoptr (GVariant) shown = find_pool (figures, "mapped");
  guint64 id = get_number (shown, "id");
  g_autoptr (GVariant) map = ask_for_map (socket, id);
  g_autoptr (GVariant) none = ask_for_map (socket, G_MAXUINT64);
  g_autoptr (GVariant) gone = NULL;

  g_assert_nonnull (strstr (g_variant_get_string (map, NULL), " 1/16 #_"));
  g_assert_cmpstr (g_variant_get_string (none, NULL), ==, "");

  fsmm_test_free (pool, block);
  g_object_unref (pool);
  gone = ask_for_map (socket, id);
  g_assert_cmpstr (g_variant_get_string (gone, NULL), ==, "");
}

/* Whoever does not speak the same language is not talked to, and the others are. */
static void
test_nonsense (void)
{
  const FsmmAsk questions[] = {
    { FSMM_PROTOCOL_MAGIC + 1, FSMM_ASK_FIGURES, 0 },
    { FSMM_PROTOCOL_MAGIC, 0, 0 },
    { FSMM_PROTOCOL_MAGIC, G_MAXUINT32, G_MAXUINT64 },
  };
  g_autoptr (GSocket) other = connect_to (getpid ());
  g_autoptr (GSocket) silent = connect_to (getpid ());
  g_autoptr (GVariant) figures = NULL;

  g_assert_cmpint (g_socket_send (silent, "FSM", 3, NULL, NULL), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      g_autoptr (GSocket) socket = connect_to (getpid ());

      g_assert_null (ask (socket, questions[i], FSMM_ANSWER_FIGURES));
    }

  figures = ask_for_figures (other);
  g_assert_nonnull (figures);
}

#define MAX_CLIENTS 8

static void
test_many_at_once (void)
{
  g_autoptr (GSocket) last = NULL;
  GSocket *sockets[MAX_CLIENTS];

  for (guint i = 0; i < MAX_CLIENTS; i++)
    {
      g_autoptr (GVariant) figures = NULL;

      /* Those of the tests before may not be gone yet. */
      for (guint k = 0; k < 100 && figures == NULL; k++)
        {
          sockets[i] = connect_to (getpid ());
          figures = ask_for_figures (sockets[i]);
          if (figures == NULL)
            {
              g_object_unref (sockets[i]);
              g_usleep (10000);
            }
        }
      g_assert_nonnull (figures);
    }

  last = connect_to (getpid ());
  g_assert_null (ask_for_figures (last));

  for (guint i = 0; i < MAX_CLIENTS; i++)
    g_object_unref (sockets[i]);
}

/* --- Threads of the program --- */

static gint is_over;

static gpointer
make_and_drop_pools (gpointer data)
{
  while (!g_atomic_int_get (&is_over))
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("passing", 64, 0);
      gpointer block = fsmm_test_alloc (pool);

      fsmm_test_free (pool, block);
    }

  return NULL;
}

static void
test_pools_come_and_go (void)
{
  g_autoptr (GSocket) socket = connect_to (getpid ());
  GThread *threads[8];

  g_atomic_int_set (&is_over, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("pools", make_and_drop_pools, NULL);

  for (guint i = 0; i < (fsmm_test_is_slow_environment () ? 50 : 500); i++)
    {
      g_autoptr (GVariant) figures = ask_for_figures (socket);
      g_autoptr (GVariant) pool = find_pool (figures, "passing");
      g_autoptr (GVariant) map = pool != NULL ? ask_for_map (socket, get_number (pool, "id")) : NULL;

      if (pool != NULL)
        g_assert_cmpuint (get_number (pool, "n-allocated"), <=, 1);
    }

  g_atomic_int_set (&is_over, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

#ifdef __linux__
/* A thread of the program may wait for a signal: it is not to end up in this one. */
static void
test_signals (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;
  guint n_found = 0;

  while ((task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/status", task);
      g_autofree char *status = NULL;
      const char *blocked;

      if (!g_file_get_contents (path, &status, NULL, NULL) || strstr (status, "fsmm-monitor") == NULL)
        continue;
      blocked = strstr (status, "SigBlk:");
      g_assert_nonnull (blocked);
      g_assert_cmphex (g_ascii_strtoull (blocked + strlen ("SigBlk:"), NULL, 16) & 0x7fff, ==,
                       0x7fff & ~(1u << (SIGKILL - 1)));
      n_found++;
    }

  g_assert_cmpuint (n_found, ==, 1);
}
#endif

/* --- Other processes --- */

/* Returns what it exits with. */
static int
run_in_child (int (*func) (gconstpointer data), gconstpointer data)
{
  int status;
  pid_t child = fork ();

  if (child == 0)
    _exit (func (data));
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));

  return WEXITSTATUS (status);
}

/* Async-signal-safe calls alone: other threads of the parent may have had any lock. */
static int
connect_as_nobody (gconstpointer path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  FsmmAsk question = { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 };
  int file = socket (AF_UNIX, SOCK_STREAM, 0);
  char byte;

  strncpy (address.sun_path, path, sizeof address.sun_path - 1);
  if (setgid (NOBODY) != 0 || setuid (NOBODY) != 0)
    return 2;
  if (connect (file, (struct sockaddr *) &address, sizeof address) != 0)
    return 3;
  if (send (file, &question, sizeof question, MSG_NOSIGNAL) != sizeof question)
    return 0;

  return recv (file, &byte, 1, 0) <= 0 ? 0 : 1;
}

/* Even if somebody has opened the folder and the socket to all. */
static void
test_other_user (void)
{
  g_autofree char *path = path_of (getpid ());

  if (getuid () != 0)
    {
      g_test_skip ("only root can be another user");
      return;
    }

  g_assert_cmpint (run_in_child (connect_as_nobody, path), ==, 3);

  g_assert_cmpint (g_chmod (g_get_user_runtime_dir (), 0711), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0711), ==, 0);
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  g_assert_cmpint (run_in_child (connect_as_nobody, path), ==, 0);

  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_cmpint (g_chmod (folder, 0700), ==, 0);
}

static void
test_modes (void)
{
  g_autofree char *path = path_of (getpid ());
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 07777, ==, 0600);
  g_assert_cmpint (g_stat (folder, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 07777, ==, 0700);
}

static int
exit_at_once (gconstpointer data)
{
  g_autofree char *path = path_of (getpid ());

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static int
export_own (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GVariant) figures = NULL;

  if (!fsmm_monitor_export (&error))
    return 1;
  socket = connect_to (getpid ());
  figures = ask_for_figures (socket);
  if (figures == NULL)
    return 2;

  exit (0);
}

/* A child is not shown before it asks for that itself, and what it does is nothing to its parent. */
static void
test_fork (void)
{
  g_autoptr (GSocket) socket = connect_to (getpid ());
  g_autoptr (GVariant) before = ask_for_figures (socket);
  g_autoptr (GVariant) after = NULL;
  g_autofree char *path = path_of (getpid ());

  g_assert_cmpint (run_in_child (exit_at_once, NULL), ==, 0);
  g_assert_cmpint (run_in_child (export_own, NULL), ==, 0);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  after = ask_for_figures (socket);
  g_assert_nonnull (after);
}

/* A child that lives on holds nothing of its parent's open: who is connected learns of the parent's
 * end. */
static void
test_end_of_parent (void)
{
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  int ready[2], stay[2];
  char byte;
  pid_t parent;

  g_assert_cmpint (pipe (ready), ==, 0);
  g_assert_cmpint (pipe (stay), ==, 0);
  parent = fork ();
  if (parent == 0)
    {
      close (stay[1]);
      if (!fsmm_monitor_export (NULL) || write (ready[1], "x", 1) != 1 || read (stay[0], &byte, 1) != 1)
        _exit (1);
      if (fork () == 0)
        {
          (void) !write (ready[1], "x", 1);
          (void) !read (stay[0], &byte, 1);
        }
      _exit (0);
    }

  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  socket = connect_to (parent);
  g_variant_unref (ask_for_figures (socket));
  g_assert_cmpint (write (stay[1], "x", 1), ==, 1);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  g_assert_cmpint (waitpid (parent, NULL, 0), ==, parent);

  /* Its child is still there. */
  g_assert_null (ask_for_figures (socket));
  path = path_of (parent);
  g_assert_null (try_connect (path, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  close (stay[1]);
  close (stay[0]);
  g_unlink (path);
}

/* --- Folders. Each in a process of its own: before this one has a thread. --- */

/* Says in what it exits with whether that fails with such a message. */
static int
export_in (gconstpointer message)
{
  g_autoptr (GError) error = NULL;

  if (fsmm_monitor_export (&error))
    return 1;
  if (strstr (error->message, message) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  return 0;
}

static int
export_in_own (gconstpointer data)
{
  g_autofree char *path = path_of (getpid ());
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *abandoned =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  /* One that had the same number, and could not clean up. */
  if (!g_socket_bind (abandoned, address, FALSE, NULL))
    return 3;
  g_object_unref (abandoned);

  return export_own (data);
}

static void
test_folders (void)
{
  g_autofree char *own = g_dir_make_tmp ("fsmm-test-XXXXXX", NULL);

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_cmpint (run_in_child (export_in, "fsmm-monitor is open to others"), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_cmpint (symlink (own, folder), ==, 0);
  g_assert_cmpint (run_in_child (export_in, "not a folder of this user"), ==, 0);
  g_assert_cmpint (g_unlink (folder), ==, 0);
  g_assert_cmpint (g_rmdir (own), ==, 0);
  g_assert_true (g_file_set_contents (folder, "", 0, NULL));
  g_assert_cmpint (run_in_child (export_in, "cannot make the folder"), ==, 0);
  g_assert_cmpint (g_unlink (folder), ==, 0);
  if (getuid () == 0)
    {
      g_assert_cmpint (chown (g_getenv ("XDG_RUNTIME_DIR"), NOBODY, NOBODY), ==, 0);
      g_assert_cmpint (run_in_child (export_in, "set XDG_RUNTIME_DIR to one"), ==, 0);
      g_assert_cmpint (chown (g_getenv ("XDG_RUNTIME_DIR"), 0, 0), ==, 0);
    }

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_cmpint (run_in_child (export_in_own, NULL), ==, 0);
}

/* At its end, a program takes its socket away. */
static void
test_end (void)
{
  g_autoptr (GDir) sockets = g_dir_open (folder, 0, NULL);
  g_autofree char *own = g_strdup_printf ("%d", (int) getpid ());

  g_assert_cmpstr (g_dir_read_name (sockets), ==, own);
  g_assert_null (g_dir_read_name (sockets));
}

static void
test_export (void)
{
  GError *error = NULL;

  g_assert_true (fsmm_monitor_export (&error));
  g_assert_no_error (error);
  g_assert_true (fsmm_monitor_export (NULL));
}

int
main (int argc, char *argv[])
{
  g_autofree char *runtime = g_dir_make_tmp ("fsmm-test-XXXXXX", NULL);
  int result;

  g_setenv ("XDG_RUNTIME_DIR", runtime, TRUE);
  folder = g_build_filename (runtime, FSMM_PROTOCOL_FOLDER, NULL);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server/folders", test_folders);
  g_test_add_func ("/server/export", test_export);
  g_test_add_func ("/server/modes", test_modes);
  g_test_add_func ("/server/figures", test_figures);
  g_test_add_func ("/server/map", test_map);
  g_test_add_func ("/server/nonsense", test_nonsense);
  g_test_add_func ("/server/many-at-once", test_many_at_once);
  g_test_add_func ("/server/pools-come-and-go", test_pools_come_and_go);
#ifdef __linux__
  g_test_add_func ("/server/signals", test_signals);
#endif
  g_test_add_func ("/server/other-user", test_other_user);
  g_test_add_func ("/server/fork", test_fork);
  g_test_add_func ("/server/end-of-parent", test_end_of_parent);
  g_test_add_func ("/server/end", test_end);

  result = g_test_run ();

  g_free (folder);

  return result;
}
