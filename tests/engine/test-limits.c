/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where there is a limit, no more blocks are out than that; and none is refused while one is idle,
 * in whichever thread's hands. What many threads do at once is in test-threads.c. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#define LIMIT 100

static FsmmPool *
new_pool (gsize chunk_bytes)
{
  return fsmm_pool_new_full ("test", 64, 0, chunk_bytes, LIMIT, NULL);
}

/* Takes all that there may be besides @n_out, and nothing more. */
static void
assert_gets_the_rest (FsmmPool *pool, guint n_out)
{
  g_autoptr (GError) error = NULL;

  for (guint i = n_out; i < LIMIT; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, LIMIT);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, LIMIT);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);

  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  /* One chunk more than it must be: each thread may have one of which a part is idle. */
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), <=,
                    (LIMIT - 1) / pool->store.geometry.n_blocks + 2);
}

/* --- Where idle blocks are --- */

static void
test_in_regions_of_another_thread (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  g_assert_cmpuint (other_count_regions (&other, pool), >, 0);

  assert_gets_the_rest (pool, 0);
  other_end (&other);
}

/* The other thread has one block, and more are claimed for it. */
static void
test_claimed_by_another_thread (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  FsmmCache *cache;
  Other other;

  other_start (&other);
  other_call (&other, take_one, pool);
  cache = other_call (&other, get_own_cache, pool);
  g_assert_cmphex (cache->front.bits, !=, 0);

  assert_gets_the_rest (pool, 1);
  g_assert_null (other_call (&other, take_one_or_none, pool));
  other_end (&other);
}

/* Freed by another thread, which has not told the owner yet. */
static void
test_not_told_yet (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  gpointer blocks[LIMIT];
  Other other;

  for (guint i = 0; i < LIMIT; i++)
    blocks[i] = fsmm_test_alloc (pool);
  other_start (&other);
  other_free (&other, pool, blocks[50]);
  blocks[50] = fsmm_test_alloc (pool);

  for (guint i = 0; i < LIMIT; i++)
    other_free (&other, pool, blocks[i]);
  assert_gets_the_rest (pool, 0);
  other_end (&other);
}

static void
test_left_by_an_ended_thread (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  other_call (&other, take_one, pool);
  other_end (&other);

  assert_gets_the_rest (pool, 1);
}

/* Among live blocks of two threads, which take turns. */
static void
test_between_live_blocks (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  gpointer blocks[LIMIT];
  Other other;

  other_start (&other);
  for (guint i = 0; i < LIMIT; i++)
    blocks[i] = i % 2 ? fsmm_test_alloc (pool) : other_call (&other, take_one, pool);
  g_assert_null (fsmm_pool_alloc (pool, NULL));
  g_assert_null (other_call (&other, take_one_or_none, pool));

  for (guint i = 0; i < LIMIT; i++)
    {
      fsmm_test_free (pool, blocks[i]);
      blocks[i] = i % 3 ? fsmm_test_alloc (pool) : other_call (&other, take_one, pool);
      fsmm_test_assert_sound (pool);
    }
  g_assert_null (other_call (&other, take_one_or_none, pool));

  fsmm_test_free (pool, blocks[7]);
  assert_gets_the_rest (pool, LIMIT - 1);
  other_end (&other);
}

/* --- Many at once --- */

static void
test_many_at_once (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  g_autoptr (GError) error = NULL;
  gpointer blocks[LIMIT + 1];
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  fsmm_test_free (pool, fsmm_test_alloc (pool));

  g_assert_false (fsmm_pool_alloc_many (pool, LIMIT + 1, blocks, NULL));
  g_assert_true (fsmm_pool_alloc_many (pool, LIMIT, blocks, NULL));
  g_assert_false (fsmm_pool_alloc_many (pool, 1, blocks + LIMIT, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, LIMIT);

  g_assert_true (fsmm_pool_free_many (pool, LIMIT, blocks, NULL));
  g_assert_true (fsmm_pool_reserve (pool, LIMIT, NULL));
  g_assert_false (fsmm_pool_reserve (pool, LIMIT + 1, NULL));
  assert_gets_the_rest (pool, 0);
  other_end (&other);
}

/* What the other thread has claimed is not out: many can have it, and then that thread cannot. */
static void
test_many_beside_claims (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  gpointer blocks[LIMIT];
  Other other;

  other_start (&other);
  other_call (&other, take_one, pool);
  g_assert_true (fsmm_pool_alloc_many (pool, LIMIT - 1, blocks, NULL));
  g_assert_null (other_call (&other, take_one_or_none, pool));
  fsmm_test_assert_sound (pool);

  fsmm_test_free (pool, blocks[0]);
  g_assert_nonnull (other_call (&other, take_one_or_none, pool));
  assert_gets_the_rest (pool, LIMIT);
  other_end (&other);
}

/* All or none: what was taken before the limit came up is idle again, for another thread as well.
 */
static void
test_many_undone (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = new_pool (GPOINTER_TO_SIZE (chunk_bytes));
  gpointer blocks[LIMIT];
  Other other;

  other_start (&other);
  for (guint i = 0; i < 30; i++)
    fsmm_test_alloc (pool);
  g_assert_false (fsmm_pool_alloc_many (pool, LIMIT - 29, blocks, NULL));
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 30);

  for (guint i = 30; i < LIMIT; i++)
    g_assert_nonnull (other_call (&other, take_one, pool));
  g_assert_null (other_call (&other, take_one_or_none, pool));
  assert_gets_the_rest (pool, LIMIT);
  other_end (&other);
}

/* --- Threads share what is left --- */

static void
test_what_is_left_is_shared (void)
{
  g_autoptr (FsmmPool) pool = new_pool (0);
  FsmmCache *own, *cache;
  Other other;

  other_start (&other);
  fsmm_test_alloc (pool);
  own = get_own_cache (pool);
  other_call (&other, take_one, pool);
  cache = other_call (&other, get_own_cache, pool);
  g_assert_cmpuint (fsmm_word_count (own->front.bits), <, LIMIT / 2);
  g_assert_cmpuint (fsmm_word_count (cache->front.bits), <, LIMIT / 4);
  g_assert_cmpuint (pool->store.n_counted, <=, LIMIT);

  assert_gets_the_rest (pool, 2);
  other_end (&other);
}

/* A limit of one: every block goes from one thread to the other. */
static void
test_limit_of_one (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 1, NULL);
  Other other;

  other_start (&other);
  for (guint i = 0; i < 20; i++)
    {
      gpointer block = i % 2 ? fsmm_test_alloc (pool) : other_call (&other, take_one, pool);

      g_assert_null (fsmm_pool_alloc (pool, NULL));
      g_assert_null (other_call (&other, take_one_or_none, pool));
      if (i % 3)
        fsmm_test_free (pool, block);
      else
        other_free (&other, pool, block);
      fsmm_test_assert_counts (pool, 0, 1);
    }
  other_end (&other);
}

static void
add_both (const char *name, GTestDataFunc func)
{
  g_autofree char *large = g_strdup_printf ("/limits/%s/one-chunk", name);
  g_autofree char *small = g_strdup_printf ("/limits/%s/small-chunks", name);

  g_test_add_data_func (large, NULL, func);
  g_test_add_data_func (small, GSIZE_TO_POINTER (1024), func);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  add_both ("in-regions-of-another-thread", test_in_regions_of_another_thread);
  add_both ("claimed-by-another-thread", test_claimed_by_another_thread);
  add_both ("not-told-yet", test_not_told_yet);
  add_both ("left-by-an-ended-thread", test_left_by_an_ended_thread);
  add_both ("between-live-blocks", test_between_live_blocks);
  add_both ("many-at-once", test_many_at_once);
  add_both ("many-beside-claims", test_many_beside_claims);
  add_both ("many-undone", test_many_undone);
  g_test_add_func ("/limits/what-is-left-is-shared", test_what_is_left_is_shared);
  g_test_add_func ("/limits/of-one", test_limit_of_one);

  return g_test_run ();
}
