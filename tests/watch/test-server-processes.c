/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program that shows its pools forks, ends, closes its files or has no room for more: it is left
 * alone, and so are its children. */

#include "fsmm-test.h"

#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asking.h"

static int
exit_at_once (gconstpointer data)
{
  g_autofree char *path = asking_path_of (getpid ());

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* A child is not shown before it asks for that itself, and what it does is nothing to its parent. */
static void
test_fork (void)
{
  g_autoptr (GSocket) socket = asking_connect_to (getpid ());
  g_autoptr (GVariant) before = asking_for_figures (socket);
  g_autoptr (GVariant) after = NULL;
  g_autofree char *path = asking_path_of (getpid ());

  g_assert_cmpint (asking_run_in_child (exit_at_once, NULL), ==, 0);
  g_assert_cmpint (asking_run_in_child (asking_export_own, NULL), ==, 0);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  after = asking_for_figures (socket);
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
  socket = asking_connect_to (parent);
  g_variant_unref (asking_for_figures (socket));
  g_assert_cmpint (write (stay[1], "x", 1), ==, 1);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  g_assert_cmpint (waitpid (parent, NULL, 0), ==, parent);

  /* Its child is still there. */
  g_assert_null (asking_for_figures (socket));
  path = asking_path_of (parent);
  g_assert_null (asking_try_connect (path, &error));
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
  g_autofree char *path = asking_path_of (process);

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
    return asking_finish (1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &kept), ==, 0);

  return asking_finish (ask_with_kept_socket () ? 0 : 2);
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
    return asking_finish (1);

  for (guint i = 0; i < N_PIPES; i++)
    g_assert_cmpint (read (pipes[i][0], bytes, sizeof bytes), ==, sizeof bytes);

  if (fsmm_monitor_export (&error))
    return asking_finish (2);

  return asking_finish (strstr (error->message, "has closed files") == NULL ? 3 : 0);
}

static void
test_files (void)
{
  g_assert_cmpint (asking_run_in_child (run_out_of_numbers, NULL), ==, 0);
  g_assert_cmpint (asking_run_in_child (close_all_files, NULL), ==, 0);
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

  return asking_finish (status != 0);
}

static void
test_fork_during_answer (void)
{
  g_assert_cmpint (asking_run_in_child (fork_during_answer, NULL), ==, 0);
}

int
main (int argc, char *argv[])
{
  asking_init ();
  g_test_init (&argc, &argv, NULL);

  g_assert_true (fsmm_monitor_export (NULL));

  g_test_add_func ("/server-processes/fork", test_fork);
  g_test_add_func ("/server-processes/end-of-parent", test_end_of_parent);
  g_test_add_func ("/server-processes/files", test_files);
  g_test_add_func ("/server-processes/fork-during-answer", test_fork_during_answer);

  return g_test_run ();
}
