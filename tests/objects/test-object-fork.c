/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Object pools on both sides of fork (). */

#include "thing.h"

#include <sys/wait.h>
#include <unistd.h>

static void
assert_right_in_child (gboolean (*look) (FsmmObjectPool *pool), FsmmObjectPool *pool)
{
  pid_t child = fsmm_test_fork ();
  int status;

  if (child == 0)
    _exit (look (pool) ? 0 : 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

static gboolean
borrow_and_release (FsmmObjectPool *pool)
{
  FsmmLease *lease = fsmm_object_pool_borrow (pool, NULL);
  gboolean is_right = lease != NULL && fsmm_lease_release (lease, NULL);

  return is_right && fsmm_object_pool_get_n_lent (pool) == 0;
}

static gpointer
borrow_until_stopped (gpointer data)
{
  gpointer *pair = data;

  while (g_atomic_int_get ((gint *) pair[1]))
    {
      FsmmLease *lease = fsmm_object_pool_borrow_wait (pair[0], -1, NULL, NULL);

      g_assert_nonnull (lease);
      fsmm_lease_unref (lease);
    }

  return NULL;
}

static gboolean
look_at_numbers (FsmmObjectPool *pool)
{
  return fsmm_object_pool_get_n_waiting (pool) == 0 && fsmm_object_pool_get_n_lent (pool) <= 2;
}

/* No lock stays locked, whatever the others were doing. */
static void
test_busy_threads (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  gint goes_on = TRUE;
  gpointer pair[] = { pool, &goes_on };
  GThread *threads[2];

  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("borrower", borrow_until_stopped, pair);
  for (guint i = 0; i < fsmm_test_rounds (50); i++)
    assert_right_in_child (look_at_numbers, pool);
  g_atomic_int_set (&goes_on, FALSE);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  g_assert_true (borrow_and_release (pool));
}

static gpointer
wait_for_one (gpointer pool)
{
  FsmmLease *lease = fsmm_object_pool_borrow_wait (pool, -1, NULL, NULL);

  g_assert_nonnull (lease);
  thing_give_back (lease);

  return NULL;
}

static FsmmLease *lent;

static gboolean
look_for_sleepers (FsmmObjectPool *pool)
{
  return fsmm_object_pool_get_n_waiting (pool) == 0 && fsmm_lease_release (lent, NULL) &&
         borrow_and_release (pool);
}

/* Threads that wait do not exist there, and nothing is kept for them. */
static void
test_sleepers (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  GThread *thread;

  lent = thing_borrow (pool);
  thread = g_thread_new ("sleeper", wait_for_one, pool);
  while (fsmm_object_pool_get_n_waiting (pool) == 0)
    g_usleep (100);
  assert_right_in_child (look_for_sleepers, pool);
  thing_give_back (lent);
  g_thread_join (thread);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-fork/busy-threads", test_busy_threads);
  g_test_add_func ("/object-fork/sleepers", test_sleepers);

  return g_test_run ();
}
