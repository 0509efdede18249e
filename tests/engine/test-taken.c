/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many blocks were ever taken: exact where no other thread takes any. */

#include "fsmm-test.h"

#define N_BLOCKS 1000

static void
assert_taken (FsmmPool *pool, gsize n_taken)
{
  FsmmHeapStats stats;

  fsmm_heap_get_stats (&pool->store, &stats);
  g_assert_cmpuint (stats.n_taken, ==, n_taken);
}

static void
take_and_free (FsmmPool *pool, gpointer *blocks, gsize n)
{
  for (gsize i = 0; i < n; i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (gsize i = 0; i < n; i++)
    fsmm_test_free (pool, blocks[i]);
}

/* One at a time, each freed at once, in batches, and many by one call. */
static void
test_calls (gconstpointer data)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full (data, 64, 0, 0, 0, NULL);
  gpointer blocks[N_BLOCKS];

  assert_taken (pool, 0);
  for (gsize i = 0; i < N_BLOCKS; i++)
    take_and_free (pool, blocks, 1);
  assert_taken (pool, N_BLOCKS);
  take_and_free (pool, blocks, N_BLOCKS);
  assert_taken (pool, 2 * N_BLOCKS);
  g_assert_true (fsmm_pool_alloc_many (pool, N_BLOCKS, blocks, NULL));
  assert_taken (pool, 3 * N_BLOCKS);
  g_assert_true (fsmm_pool_free_many (pool, N_BLOCKS / 2, blocks, NULL));
  fsmm_pool_trim (pool);
  assert_taken (pool, 3 * N_BLOCKS);
  g_assert_true (fsmm_pool_reserve (pool, 10 * N_BLOCKS, NULL));
  fsmm_pool_free_all (pool);
  assert_taken (pool, 3 * N_BLOCKS);
}

/* What has been claimed is dropped again where a limit is near. */
static void
test_limit (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full (NULL, 64, 0, 0, 10, NULL);
  gpointer blocks[10];

  for (gsize i = 1; i <= 100; i++)
    {
      take_and_free (pool, blocks, i % 10 + 1);
      g_assert_null (fsmm_pool_alloc_many (pool, 11, blocks, NULL) ? blocks : NULL);
    }
  assert_taken (pool, 550);
}

static gpointer
use_in_thread (gpointer data)
{
  gpointer blocks[N_BLOCKS];

  take_and_free (data, blocks, N_BLOCKS);

  return NULL;
}

/* The counts of threads that have ended stay. */
static void
test_threads (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  GThread *threads[4];

  for (guint k = 0; k < 3; k++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("taker", use_in_thread, pool);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        g_thread_join (threads[i]);
    }
  assert_taken (pool, 12 * N_BLOCKS);
}

int
main (int argc, char **argv)
{
  g_setenv ("FSMM_DEBUG", "watched:poison,canary,quarantine", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/taken/calls", NULL, test_calls);
  g_test_add_data_func ("/taken/calls-debugged", "watched", test_calls);
  g_test_add_func ("/taken/limit", test_limit);
  g_test_add_func ("/taken/threads", test_threads);

  return g_test_run ();
}
