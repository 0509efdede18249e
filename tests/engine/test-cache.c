/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which cache a thread finds, and when it must not use it; what caches count, and what they cost.
 * Whose a region is, is in test-owners.c; what two threads do to the same block is in
 * test-late-double-free.c and test-threads.c, and every order of it in test-cache-model.c. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

/* --- Counts --- */

/* Where the system has no memory left, what is idle with another thread is used, beside its live
 * blocks. */
static void
test_idle_blocks_instead_of_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[112];
  Other other;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  fsmm_pool_trim (pool);
  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = other_call (&other, take_one, pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (i % 16 != 0)
      other_free (&other, pool, blocks[i]);
  fsmm_test_assert_counts (pool, 7, 7);

  for (guint i = 7; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_system_fail_nth (1);
      g_assert_nonnull (take_one_or_none (pool));
      g_assert_cmpint (fsmm_system_fail_none (), ==, i == 7);
    }
  fsmm_test_assert_counts (pool, 112, 7);

  other_end (&other);
}

static void
test_counts_with_caches (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 256 * 1024);
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
  g_assert_cmpuint (other_count_regions (&other, pool), ==, 0);
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
  g_assert_cmpuint (other_count_regions (&other, pool), ==, 0);

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
test_large_blocks_are_not_kept (gconstpointer data)
{
  gsize size = GPOINTER_TO_SIZE (data);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (size, 0);

  for (guint i = 0; i < 20; i++)
    {
      guint8 *block = fsmm_pool_alloc0 (pool, NULL);

      g_assert_cmpuint (block[0] + block[size - 1], ==, 0);
      block[0] = 1;
      fsmm_test_free (pool, block);
      fsmm_test_assert_refused (pool, block, FSMM_ERROR_DOUBLE_FREE, "free already");
      g_assert_null (get_own_cache (pool));
    }
  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);
}

/* However many threads there are, each has a cache. */
static void
test_many_threads (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  Other others[200];
  gpointer block;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      other_start (&others[i]);
      other_call (&others[i], take_and_give_100, pool);
      g_assert_cmpuint (other_count_regions (&others[i], pool), >, 0);
    }

  /* One of them is common to threads without. */
  g_assert_cmpuint (pool->store.caches.length, ==, G_N_ELEMENTS (others) + 1);
  fsmm_test_assert_sound (pool);
  block = other_call (&others[199], take_one, pool);
  other_free (&others[0], pool, block);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    other_end (&others[i]);

  g_assert_cmpuint (pool->store.caches.length, ==, 1);
  fsmm_test_assert_sound (pool);
  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 0, 0);
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

/* --- Going back --- */

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
      g_assert_cmpuint (count_own_regions (pools[i]), >=, 8);
      fsmm_pool_free_all (pools[i]);
    }
  cost = (double) (fsmm_test_resident_bytes () - before) / G_N_ELEMENTS (pools);
  g_test_message ("%.0f bytes are resident for a thread that has used a pool", cost);
  g_assert_cmpfloat (cost, <=, 4 * 1024);

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    g_object_unref (pools[i]);
  g_free (blocks);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  /* First, so that what others leave on the heap does not hide it. */
  if (!fsmm_test_is_slow_environment ())
    g_test_add_func ("/cache/cost-of-a-thread", test_cost_of_a_thread);

  g_test_add_func ("/cache/idle-blocks-instead-of-memory", test_idle_blocks_instead_of_memory);
  g_test_add_func ("/cache/counts", test_counts_with_caches);
  g_test_add_func ("/cache/trim-takes-from-caches", test_trim_takes_from_caches);
  g_test_add_func ("/cache/adds-no-chunks", test_caches_add_no_chunks);
  g_test_add_data_func ("/cache/large-blocks-are-not-kept", GSIZE_TO_POINTER (1024 * 1024),
                        test_large_blocks_are_not_kept);
  g_test_add_data_func ("/cache/large-blocks-are-not-kept/the-smallest",
                        GSIZE_TO_POINTER (FSMM_REGION_BYTES + 8), test_large_blocks_are_not_kept);
  g_test_add_func ("/cache/many-threads", test_many_threads);
  g_test_add_func ("/cache/many-pools-in-one-thread", test_many_pools_in_one_thread);
  g_test_add_func ("/cache/pool-dies-before-threads", test_pool_dies_before_threads);
  g_test_add_func ("/cache/free-many-undone", test_free_many_undone_in_cache);

  return g_test_run ();
}
