/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting in the child of a fork (): who still waits there. */

#include "fsmm-test.h"

#include <gio/gio.h>
#include <sys/wait.h>
#include <unistd.h>

static FsmmPool *
new_full_pool (gpointer *block)
{
  FsmmPool *pool = fsmm_pool_new_full ("jobs", 64, 0, 1024, 1, NULL);

  *block = fsmm_test_alloc (pool);

  return pool;
}

static void
wait_until_waiting (FsmmPool *pool)
{
  while (fsmm_pool_get_n_waiting (pool) == 0)
    g_usleep (100);
}

/* Runs that in a child, which it leaves with whether all was right. */
static void
assert_right_in_child (gboolean (*look) (FsmmPool *pool, gpointer block), FsmmPool *pool, gpointer block)
{
  pid_t child = fsmm_test_fork ();
  int status;

  if (child == 0)
    _exit (look (pool, block) ? 0 : 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

/* --- Threads --- */

static gpointer
sleep_in_thread (gpointer data)
{
  gpointer block = fsmm_pool_alloc_wait (data, -1, NULL, NULL);

  g_assert_nonnull (block);
  fsmm_test_free (data, block);

  return NULL;
}

static gboolean
look_for_sleepers (FsmmPool *pool, gpointer block)
{
  gboolean is_right = fsmm_pool_get_n_waiting (pool) == 0 && fsmm_pool_free (pool, block, NULL);

  block = is_right ? fsmm_pool_alloc_wait (pool, 1000 * 1000, NULL, NULL) : NULL;
  return block != NULL && fsmm_pool_get_n_allocated (pool) == 1 &&
         fsmm_pool_alloc_wait (pool, 1000, NULL, NULL) == NULL && fsmm_pool_free (pool, block, NULL);
}

/* Threads that wait do not exist there, and their places are nobody's. */
static void
test_sleepers (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);
  GThread *thread = g_thread_new ("sleeper", sleep_in_thread, pool);

  wait_until_waiting (pool);
  assert_right_in_child (look_for_sleepers, pool, block);

  fsmm_test_free (pool, block);
  g_thread_join (thread);
}

/* --- Requests --- */

static guint n_answers;

static void
count_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  FsmmBlock *block = fsmm_pool_acquire_finish (FSMM_POOL (source), result, NULL);

  g_assert_nonnull (block);
  fsmm_block_unref (block);
  n_answers++;
}

static gpointer
ask_in_thread (gpointer data)
{
  fsmm_pool_acquire_async (data, G_PRIORITY_DEFAULT, NULL, count_answer, NULL);

  return NULL;
}

static gboolean
iterate_until_answered (FsmmPool *pool, gpointer block)
{
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  if (!fsmm_pool_free (pool, block, NULL))
    return FALSE;
  while (n_answers == 0 && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, FALSE);

  return n_answers == 1 && fsmm_pool_get_n_allocated (pool) == 0;
}

/* The thread that is left runs the context, whichever thread asked. */
static void
test_requests (void)
{
  gpointer block;
  g_autoptr (FsmmPool) pool = new_full_pool (&block);

  g_thread_join (g_thread_new ("ask", ask_in_thread, pool));
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 1);
  assert_right_in_child (iterate_until_answered, pool, block);
  g_assert_true (iterate_until_answered (pool, block));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait-fork/sleepers", test_sleepers);
  g_test_add_func ("/wait-fork/requests", test_requests);

  return g_test_run ();
}
