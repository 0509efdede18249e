/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program shows to others, as these get it: all of it, to the same user alone, whoever asks
 * nonsense. */

#include "fsmm-test.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "asking.h"

/* --- What is answered --- */

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

static void
test_figures (void)
{
  g_autoptr (GSocket) socket = asking_connect_to (getpid ());
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("shown \377", 48, 0, 0, 100, NULL);
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GVariant) after = NULL;
  g_autoptr (GVariant) shown = NULL;
  gpointer blocks[40];
  const char *text;
  gint64 time, later;

  before = asking_for_figures (socket);
  g_assert_true (fsmm_pool_alloc_many (pool, 40, blocks, NULL));
  for (guint i = 0; i < 40; i++)
    memset (blocks[i], 1, 48);
  g_assert_true (fsmm_pool_free_many (pool, 10, blocks, NULL));
  after = asking_for_figures (socket);

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
  return asking_ask (socket, (FsmmAsk) { FSMM_PROTOCOL_MAGIC, FSMM_ASK_MAP, id }, FSMM_ANSWER_MAP);
}

static void
test_map (void)
{
  g_autoptr (GSocket) socket = asking_connect_to (getpid ());
  FsmmPool *pool = fsmm_pool_new_full ("mapped", 64, 0, 1024, 0, NULL);
  gpointer block = fsmm_test_alloc (pool);
  g_autoptr (GVariant) figures = asking_for_figures (socket);
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
  g_autoptr (GSocket) other = asking_connect_to (getpid ());
  g_autoptr (GSocket) unread = asking_connect_to (getpid ());
  GSocket *gone = asking_connect_to (getpid ());
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
  figures = asking_for_figures (other);
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
  g_autoptr (GSocket) other = asking_connect_to (getpid ());
  g_autoptr (GSocket) silent = asking_connect_to (getpid ());
  g_autoptr (GVariant) figures = NULL;

  g_assert_cmpint (g_socket_send (silent, "FSM", 3, NULL, NULL), ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      g_autoptr (GSocket) socket = asking_connect_to (getpid ());

      g_assert_null (asking_ask (socket, questions[i], FSMM_ANSWER_FIGURES));
    }

  figures = asking_for_figures (other);
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
          sockets[i] = asking_connect_to (getpid ());
          figures = asking_for_figures (sockets[i]);
          if (figures == NULL)
            {
              g_object_unref (sockets[i]);
              g_usleep (10000);
            }
        }
      g_assert_nonnull (figures);
    }

  last = asking_connect_to (getpid ());
  g_assert_null (asking_for_figures (last));

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
  g_autoptr (GSocket) socket = asking_connect_to (getpid ());
  GThread *threads[8];

  g_atomic_int_set (&is_over, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("pools", make_and_drop_pools, NULL);

  for (guint i = 0; i < (fsmm_test_is_slow_environment () ? 50 : 500); i++)
    {
      g_autoptr (GVariant) figures = asking_for_figures (socket);
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

/* Async-signal-safe calls alone: other threads of the parent may have had any lock. */
static int
connect_as_nobody (gconstpointer path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  FsmmAsk question = { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 };
  int file = socket (AF_UNIX, SOCK_STREAM, 0);
  char byte;

  strncpy (address.sun_path, path, sizeof address.sun_path - 1);
  if (setgid (ASKING_NOBODY) != 0 || setuid (ASKING_NOBODY) != 0)
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
  g_autofree char *path = asking_path_of (getpid ());

  if (getuid () != 0)
    {
      g_test_skip ("only root can be another user");
      return;
    }

  g_assert_cmpint (asking_run_in_child (connect_as_nobody, path), ==, 3);

  g_assert_cmpint (g_chmod (g_get_user_runtime_dir (), 0711), ==, 0);
  g_assert_cmpint (g_chmod (asking_folder, 0711), ==, 0);
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
  g_assert_cmpint (asking_run_in_child (connect_as_nobody, path), ==, 0);

  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_cmpint (g_chmod (asking_folder, 0700), ==, 0);
}

static void
test_modes (void)
{
  g_autofree char *path = asking_path_of (getpid ());
  GStatBuf status;

  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 07777, ==, 0600);
  g_assert_cmpint (g_stat (asking_folder, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 07777, ==, 0700);
}

/* At its end, a program takes its socket away. */
static void
test_end (void)
{
  g_autoptr (GDir) sockets = g_dir_open (asking_folder, 0, NULL);
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
  asking_init ();
  g_test_init (&argc, &argv, NULL);

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
  g_test_add_func ("/server/end", test_end);

  return g_test_run ();
}
