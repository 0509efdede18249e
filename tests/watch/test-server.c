/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program shows to others, as these get it: all of it, to the same user alone, whoever forks,
 * ends or asks nonsense. */

#include "fsmm-test.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
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

/* Those who read nothing, or go before they have all, are in nobody's way. */
static void
test_unread (void)
{
  const FsmmAsk question = { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 };
  g_autoptr (GPtrArray) pools = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSocket) other = connect_to (getpid ());
  g_autoptr (GSocket) unread = connect_to (getpid ());
  GSocket *gone = connect_to (getpid ());
  g_autoptr (GVariant) figures = NULL;

  /* More than what the system keeps of a stream. */
  for (guint i = 0; i < 2000; i++)
    g_ptr_array_add (pools, fsmm_test_pool_new_named ("one of many", 64, 0));

  g_assert_cmpint (g_socket_send (unread, (gconstpointer) &question, sizeof question, NULL, NULL), ==,
                   sizeof question);
  g_assert_cmpint (g_socket_send (gone, (gconstpointer) &question, sizeof question, NULL, NULL), ==,
                   sizeof question);
  g_assert_true (g_socket_condition_wait (unread, G_IO_IN, NULL, NULL));
  g_assert_true (g_socket_condition_wait (gone, G_IO_IN, NULL, NULL));
  g_object_unref (gone);
  figures = ask_for_figures (other);
  g_assert_nonnull (figures);
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

/* --- What the program does with its files. Each in a process of its own. --- */

/* The number of a socket that is not connected, above what close_files () closes. */
#define KEPT_FILE 200

static void
make_kept_socket (void)
{
  int file = socket (AF_UNIX, SOCK_STREAM, 0);

  g_assert_cmpint (dup2 (file, KEPT_FILE), ==, KEPT_FILE);
  close (file);
}

static void
connect_kept_socket (pid_t process)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path = path_of (process);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (connect (KEPT_FILE, (struct sockaddr *) &address, sizeof address), ==, 0);
}

static gboolean
ask_with_kept_socket (void)
{
  const FsmmAsk question = { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 };
  FsmmAnswer answer;
  gssize n_read;

  if (send (KEPT_FILE, &question, sizeof question, MSG_NOSIGNAL) != sizeof question ||
      recv (KEPT_FILE, &answer, sizeof answer, MSG_WAITALL) != sizeof answer)
    return FALSE;

  for (gsize n_left = answer.n_bytes; n_left > 0; n_left -= (gsize) n_read)
    {
      char bytes[4096];

      n_read = recv (KEPT_FILE, bytes, MIN (sizeof bytes, n_left), 0);
      if (n_read <= 0)
        return FALSE;
    }

  return TRUE;
}

/* Takes the socket away, as the end of the process would have done. Returns @result. */
static int
finish (int result)
{
  g_autofree char *path = path_of (getpid ());

  g_unlink (path);

  return result;
}

/* Whether the process uses the processor while it has nothing to do. */
static gboolean
is_restless (void)
{
  clock_t start = clock ();

  g_usleep (G_USEC_PER_SEC / 2);

  return clock () - start > CLOCKS_PER_SEC / 8;
}

/* Who comes while the program has no number for one more file waits until it has. */
static int
run_out_of_numbers (gconstpointer data)
{
  struct rlimit limit, kept;

  g_assert_true (fsmm_monitor_export (NULL));
  make_kept_socket ();
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &kept), ==, 0);
  limit = kept;
  limit.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  connect_kept_socket (getpid ());
  if (is_restless ())
    return finish (1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &kept), ==, 0);

  return finish (ask_with_kept_socket () ? 0 : 2);
}

#define N_PIPES 8

static void
close_files (void)
{
  for (int i = STDERR_FILENO + 1; i < KEPT_FILE; i++)
    close (i);
}

static int
count_closed (int pipes[N_PIPES][2])
{
  int n_closed = 0;

  for (guint i = 0; i < N_PIPES; i++)
    n_closed += (fcntl (pipes[i][0], F_GETFD) < 0) + (fcntl (pipes[i][1], F_GETFD) < 0);

  return n_closed;
}

/* In a child of fork (): async-signal-safe calls alone. */
static int
count_closed_in_child (int pipes[N_PIPES][2])
{
  int status;
  pid_t child = fork ();

  if (child == 0)
    _exit (count_closed (pipes));
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);

  return WEXITSTATUS (status);
}

/* The numbers of the library's files are those of pipes then, and nobody else reads or closes these. */
static int
close_all_files (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int pipes[N_PIPES][2];
  char bytes[16];

  g_assert_true (fsmm_monitor_export (NULL));
  g_usleep (G_USEC_PER_SEC / 10);
  make_kept_socket ();
  close_files ();
  for (guint i = 0; i < N_PIPES; i++)
    {
      g_assert_cmpint (pipe (pipes[i]), ==, 0);
      g_assert_cmpint (write (pipes[i][1], "0123456789abcdef", sizeof bytes), ==, sizeof bytes);
    }
  connect_kept_socket (getpid ());
  if (ask_with_kept_socket () || is_restless () || count_closed_in_child (pipes) > 0)
    return finish (1);

  for (guint i = 0; i < N_PIPES; i++)
    g_assert_cmpint (read (pipes[i][0], bytes, sizeof bytes), ==, sizeof bytes);

  if (fsmm_monitor_export (&error))
    return finish (2);

  return finish (strstr (error->message, "has closed files") == NULL ? 3 : 0);
}

static void
test_files (void)
{
  g_assert_cmpint (run_in_child (run_out_of_numbers, NULL), ==, 0);
  g_assert_cmpint (run_in_child (close_all_files, NULL), ==, 0);
}

/* A lock like those that GLib has: it is held in a call that the thread makes for an answer. */
static GMutex lock_of_call;
static gint n_calls_to_lock; /* (atomic) */
static gint is_locked;       /* (atomic) */

/* In place of GLib's, for what is linked into this program. */
gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  if (g_atomic_int_compare_and_exchange (&n_calls_to_lock, 1, 0))
    {
      g_mutex_lock (&lock_of_call);
      g_atomic_int_set (&is_locked, TRUE);
      g_usleep (G_USEC_PER_SEC / 4);
      g_mutex_unlock (&lock_of_call);
    }
  clock_gettime (CLOCK_MONOTONIC, &now);

  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* What a child of fork () needs is never in the hands of the thread, which is not there. */
static int
fork_during_answer (gconstpointer data)
{
  const FsmmAsk question = { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 };
  int status;
  pid_t child;

  g_assert_true (fsmm_monitor_export (NULL));
  make_kept_socket ();
  connect_kept_socket (getpid ());
  g_atomic_int_set (&n_calls_to_lock, 1);
  g_assert_cmpint (send (KEPT_FILE, &question, sizeof question, 0), ==, sizeof question);
  while (!g_atomic_int_get (&is_locked))
    g_usleep (1000);

  child = fork ();
  if (child == 0)
    _exit (!g_mutex_trylock (&lock_of_call));
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);

  return finish (status != 0);
}

static void
test_fork_during_answer (void)
{
  g_assert_cmpint (run_in_child (fork_during_answer, NULL), ==, 0);
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
export_in_relative (gconstpointer message)
{
  g_setenv ("XDG_RUNTIME_DIR", "relative", TRUE);

  return export_in (message);
}

static int
export_in_long (gconstpointer message)
{
  g_autofree char *name = g_strnfill (sizeof ((struct sockaddr_un *) NULL)->sun_path, 'x');
  g_autofree char *path = g_build_filename (g_getenv ("XDG_RUNTIME_DIR"), name, NULL);
  g_autofree char *own = g_build_filename (path, FSMM_PROTOCOL_FOLDER, NULL);
  int result;

  g_setenv ("XDG_RUNTIME_DIR", path, TRUE);
  result = export_in (message);
  g_rmdir (own);
  g_rmdir (path);

  return result;
}

static int
export_with_mask (gconstpointer data)
{
  g_autofree char *path = path_of (getpid ());
  GStatBuf of_folder, of_socket;

  umask (0777);
  g_assert_true (fsmm_monitor_export (NULL));
  g_assert_cmpint (g_stat (folder, &of_folder), ==, 0);
  g_assert_cmpint (g_stat (path, &of_socket), ==, 0);

  return finish ((of_folder.st_mode & 0777) != 0700 || (of_socket.st_mode & 0777) != 0600);
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
  g_assert_cmpint (run_in_child (export_in, "not a folder of this user"), ==, 0);
  g_assert_cmpint (g_unlink (folder), ==, 0);
  if (getuid () == 0)
    {
      g_assert_cmpint (chown (g_getenv ("XDG_RUNTIME_DIR"), NOBODY, NOBODY), ==, 0);
      g_assert_cmpint (run_in_child (export_in, "set XDG_RUNTIME_DIR to one"), ==, 0);
      g_assert_cmpint (chown (g_getenv ("XDG_RUNTIME_DIR"), 0, 0), ==, 0);
    }

  g_assert_cmpint (run_in_child (export_in_relative, "set it to an absolute path"), ==, 0);
  g_assert_cmpint (run_in_child (export_in_long, "set XDG_RUNTIME_DIR to a shorter one"), ==, 0);

  g_assert_cmpint (run_in_child (export_with_mask, NULL), ==, 0);
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

/* Whether a write to who is gone ends the program is for the program to say. */
static void
test_export (void)
{
  struct sigaction before, after;
  GError *error = NULL;

  g_assert_cmpint (sigaction (SIGPIPE, NULL, &before), ==, 0);

  g_assert_true (fsmm_monitor_export (&error));
  g_assert_no_error (error);
  g_assert_true (fsmm_monitor_export (NULL));
  g_assert_cmpint (sigaction (SIGPIPE, NULL, &after), ==, 0);
  g_assert_true (before.sa_handler == after.sa_handler);
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
  g_test_add_func ("/server/unread", test_unread);
  g_test_add_func ("/server/nonsense", test_nonsense);
  g_test_add_func ("/server/many-at-once", test_many_at_once);
  g_test_add_func ("/server/pools-come-and-go", test_pools_come_and_go);
#ifdef __linux__
  g_test_add_func ("/server/signals", test_signals);
#endif
  g_test_add_func ("/server/other-user", test_other_user);
  /* It allows no threads in a child of a process that has some. */
#ifndef FSMM_THREAD_SANITIZER
  g_test_add_func ("/server/fork", test_fork);
  g_test_add_func ("/server/end-of-parent", test_end_of_parent);
  g_test_add_func ("/server/files", test_files);
  g_test_add_func ("/server/fork-during-answer", test_fork_during_answer);
#endif
  g_test_add_func ("/server/end", test_end);

  result = g_test_run ();

  g_free (folder);

  return result;
}
