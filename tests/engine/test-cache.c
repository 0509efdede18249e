/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What threads keep for themselves, and that no other thread misses it. What two of them do to the
 * same block is in test-cache-lost.c and test-threads.c, and every order of it in
 * test-cache-model.c. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

/* --- Limits and counts --- */

/* All blocks that there can be are idle in another thread's cache: no call is refused for that. */
static void
test_no_refusal_for_idle_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 100, NULL);
  g_autoptr (GError) error = NULL;
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), >, 50);

  for (guint i = 0; i < 99; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  g_assert_nonnull (other_call (&other, take_one, pool));
  fsmm_test_assert_counts (pool, 100, 1);

  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 100);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);

  other_end (&other);
}

static void
test_many_are_taken_from_idle_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 100, NULL);
  gpointer blocks[100];
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  fsmm_test_free (pool, fsmm_test_alloc (pool));

  g_assert_true (fsmm_pool_alloc_many (pool, 100, blocks, NULL));
  g_assert_false (fsmm_pool_alloc_many (pool, 1, blocks, NULL));
  fsmm_test_assert_counts (pool, 100, 1);
  g_assert_true (fsmm_pool_free_many (pool, 100, blocks, NULL));
  g_assert_true (fsmm_pool_reserve (pool, 100, NULL));
  fsmm_test_assert_counts (pool, 0, 1);

  other_end (&other);
}

/* Nor where the system has no memory left. */
static void
test_idle_blocks_instead_of_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer block;
  Other other;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  fsmm_pool_trim (pool);
  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  fsmm_test_assert_counts (pool, 0, 7);
  g_assert_cmpuint (pool->store.n_free, ==, 0);

  fsmm_system_fail_nth (1);
  block = fsmm_pool_alloc (pool, NULL);
  g_assert_true (fsmm_system_fail_none ());
  g_assert_nonnull (block);
  fsmm_test_assert_counts (pool, 1, 7);
  fsmm_test_assert_sound (pool);

  other_end (&other);
}

static void
test_counts_with_caches (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer mine[10];
  Other other;

  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (mine); i++)
    mine[i] = fsmm_test_alloc (pool);
  other_call (&other, take_one, pool);
  other_call (&other, take_one, pool);

  fsmm_test_assert_counts (pool, 12, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 12);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 4096 - 12);

  for (guint i = 0; i < G_N_ELEMENTS (mine); i++)
    fsmm_test_free (pool, mine[i]);
  fsmm_test_assert_counts (pool, 2, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 12);

  other_call (&other, take_and_give_100, pool);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 102);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 2);
  g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), ==, 0);
  fsmm_test_assert_counts (pool, 0, 0);

  other_end (&other);
}

/* What is idle in a cache keeps no chunk from the system. */
static void
test_trim_takes_from_caches (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  take_and_give_100 (pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), >=, 7);

  g_assert_cmpuint (fsmm_pool_trim (pool), >=, 7 * 1024);
  fsmm_test_assert_counts (pool, 0, 0);
  g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), ==, 0);

  other_call (&other, take_and_give_100, pool);
  fsmm_test_assert_sound (pool);
  other_end (&other);
}

/* What a thread keeps is no reason for a pool to grow. */
static void
test_caches_add_no_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  for (guint i = 1; i <= 40; i++)
    {
      fsmm_test_alloc (pool);
      g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, (i + 15) / 16);
    }
}

/* --- Who has a cache --- */

static void
test_large_blocks_are_not_kept (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (1024 * 1024, 0);

  for (guint i = 0; i < 20; i++)
    {
      guint8 *block = fsmm_pool_alloc0 (pool, NULL);

      g_assert_cmpuint (block[0] + block[1024 * 1024 - 1], ==, 0);
      block[0] = 1;
      fsmm_test_free (pool, block);
      fsmm_test_assert_refused (pool, block, FSMM_ERROR_DOUBLE_FREE, "free already");
      g_assert_null (count_own (pool));
    }
  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);
}

/* There are marks for so many threads; all others use the lock. */
static void
test_more_threads_than_marks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  Other others[FSMM_MAX_MARKS + 10];

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      other_start (&others[i]);
      other_call (&others[i], take_and_give_100, pool);
    }

  g_assert_cmpuint (pool->store.n_marks, ==, FSMM_MAX_MARKS);
  g_assert_cmpuint (pool->store.readers.length, ==, FSMM_MAX_MARKS);
  fsmm_test_assert_sound (pool);
  fsmm_test_assert_counts (pool, 0, fsmm_pool_get_n_chunks (pool));
  g_assert_nonnull (other_call (&others[G_N_ELEMENTS (others) - 1], take_one, pool));
  g_assert_nonnull (other_call (&others[0], take_one, pool));

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    other_end (&others[i]);

  g_assert_cmpuint (pool->store.n_marks, ==, 0);
  fsmm_test_assert_counts (pool, 2, fsmm_pool_get_n_chunks (pool));
  fsmm_test_assert_sound (pool);
}

/* More than a thread finds quickly: each must get its own all the same. */
static void
test_many_pools_in_one_thread (void)
{
  FsmmPool *pools[1000];
  gpointer blocks[G_N_ELEMENTS (pools)];

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      pools[i] = fsmm_test_pool_new (64, 1024);
      blocks[i] = fsmm_test_alloc (pools[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      FsmmPool *wrong = pools[(i + 1) % G_N_ELEMENTS (pools)];

      fsmm_test_assert_refused (wrong, blocks[i], FSMM_ERROR_INVALID_POINTER, "free it there");
      fsmm_test_free (pools[i], blocks[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (pools); i += 2)
    {
      fsmm_test_assert_sound (pools[i]);
      g_object_unref (pools[i]);
      pools[i] = fsmm_test_pool_new (32, 1024);
    }
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      g_assert_nonnull (fsmm_test_alloc (pools[i]));
      fsmm_test_assert_counts (pools[i], 1, 1);
      g_object_unref (pools[i]);
    }
}

/* A pool that dies takes its caches along; one that is born in its place has none of them. */
static void
test_pool_dies_before_threads (void)
{
  Other other;

  other_start (&other);
  for (guint i = 0; i < 100; i++)
    {
      FsmmPool *pool = fsmm_test_pool_new (i % 2 ? 64 : 32, 0);

      other_call (&other, take_and_give_100, pool);
      take_and_give_100 (pool);
      fsmm_test_assert_counts (pool, 0, 1);
      g_object_unref (pool);
    }
  other_end (&other);
}

/* --- Going back, and staying out --- */

/* All or none: what was given before the fault came up is live again. */
static void
test_free_many_undone_in_cache (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autoptr (GError) error = NULL;
  gpointer blocks[3];

  for (guint i = 0; i < 3; i++)
    blocks[i] = fsmm_test_alloc (pool);
  fsmm_test_free (pool, blocks[2]);

  g_assert_false (fsmm_pool_free_many (pool, 3, blocks, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[0]));
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[1]));
  fsmm_test_assert_counts (pool, 2, 1);
  fsmm_test_assert_sound (pool);
}

static void
test_stopped_caches_are_not_entered (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  FsmmCache *cache;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  cache = fsmm_thread_get_cache (store->index);

  g_assert_nonnull (cache);
  g_assert_true (fsmm_cache_enter (store) == cache);
  fsmm_cache_leave (cache);
  g_assert_true (fsmm_cache_enter_quickly (pool) == cache);
  fsmm_cache_leave (cache);

  cache->reader.stop |= FSMM_READER_STOPPED;
  g_assert_null (fsmm_cache_enter (store));
  g_assert_null (fsmm_cache_enter_quickly (pool));
  g_assert_cmpint (cache->reader.busy, ==, 0);
  fsmm_test_free (pool, fsmm_test_alloc (pool));
  cache->reader.stop &= ~FSMM_READER_STOPPED;

  cache->reader.stop |= FSMM_READER_FENCED;
  g_assert_null (fsmm_cache_enter_quickly (pool));
  g_assert_true (fsmm_cache_enter (store) == cache);
  fsmm_cache_leave (cache);
  fsmm_test_assert_sound (pool);
}

/* --- What it costs --- */

static void
test_cost_of_a_thread (void)
{
  FsmmPool *pools[200];
  gpointer *blocks = g_new0 (gpointer, 10000);
  gsize before;
  double cost;

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      pools[i] = fsmm_test_pool_new (64, 0);
      g_assert_true (fsmm_pool_reserve (pools[i], 1, NULL));
    }

  /* As large as a cache becomes, without the blocks and their chunk. */
  before = fsmm_test_resident_bytes ();
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      for (guint j = 0; j < 10000; j++)
        blocks[j] = fsmm_test_alloc (pools[i]);
      for (guint j = 0; j < 10000; j++)
        fsmm_test_free (pools[i], blocks[j]);
      g_assert_cmpuint (GPOINTER_TO_UINT (count_own (pools[i])), >=, 500);
      fsmm_pool_free_all (pools[i]);
    }
  cost = (double) (fsmm_test_resident_bytes () - before) / G_N_ELEMENTS (pools);
  g_test_message ("%.0f bytes are resident for a thread that has used a pool", cost);
  g_assert_cmpfloat (cost, <=, 16 * 1024);

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    g_object_unref (pools[i]);
  g_free (blocks);
}

/* --- Without the kernel's help --- */

static void
test_fenced_caches (void)
{
  gboolean was_symmetric = fsmm_barrier_is_symmetric;
  FsmmPool *pool;
  Other other;

  fsmm_barrier_is_symmetric = TRUE;
  pool = fsmm_test_pool_new (64, 1024);
  other_start (&other);

  for (guint i = 0; i < 20; i++)
    {
      other_call (&other, take_and_give_100, pool);
      take_and_give_100 (pool);
      g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), >, 0);
      fsmm_pool_trim (pool);
      fsmm_test_assert_counts (pool, 0, 0);
    }

  other_end (&other);
  g_object_unref (pool);
  fsmm_barrier_is_symmetric = was_symmetric;
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  /* First, so that what others leave on the heap does not hide it. */
  if (!fsmm_test_is_slow_environment ())
    g_test_add_func ("/cache/cost-of-a-thread", test_cost_of_a_thread);

  g_test_add_func ("/cache/no-refusal-for-idle-blocks", test_no_refusal_for_idle_blocks);
  g_test_add_func ("/cache/many-are-taken-from-idle-blocks", test_many_are_taken_from_idle_blocks);
  g_test_add_func ("/cache/idle-blocks-instead-of-memory", test_idle_blocks_instead_of_memory);
  g_test_add_func ("/cache/counts", test_counts_with_caches);
  g_test_add_func ("/cache/trim-takes-from-caches", test_trim_takes_from_caches);
  g_test_add_func ("/cache/adds-no-chunks", test_caches_add_no_chunks);
  g_test_add_func ("/cache/large-blocks-are-not-kept", test_large_blocks_are_not_kept);
  g_test_add_func ("/cache/more-threads-than-marks", test_more_threads_than_marks);
  g_test_add_func ("/cache/many-pools-in-one-thread", test_many_pools_in_one_thread);
  g_test_add_func ("/cache/pool-dies-before-threads", test_pool_dies_before_threads);
  g_test_add_func ("/cache/free-many-undone", test_free_many_undone_in_cache);
  g_test_add_func ("/cache/stopped", test_stopped_caches_are_not_entered);
  g_test_add_func ("/cache/fenced", test_fenced_caches);

  return g_test_run ();
}
