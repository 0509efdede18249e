/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread frees blocks of another one's regions: how it finds them, and how the owner is told. */

#include "other-thread.h"
#include "watched-memory.h"

#include "fsmm-glib/engine/heap/fsmm-heap-locked.h"

/* --- The thread that frees --- */

/* A thread remembers the region of the last block that it has freed so. What lies near that is
 * looked at as closely as anything else. */
static void
test_near_the_last_remote_free (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (48, 1024);
  FsmmRegion *region;
  gpointer blocks[21];
  guint8 *last;
  Other other;

  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = other_call (&other, take_one, pool);
  region = fsmm_test_region_of (pool, blocks[0]);
  last = (guint8 *) region->base + (region->n_blocks - 1) * 48;
  fsmm_test_free (pool, blocks[1]);
  g_assert_cmphex (((FsmmCache *) get_own_cache (pool))->remote_bits, !=, 0);

  for (guint i = 1; i < 48; i++)
    {
      g_assert_false (fsmm_test_try_free (pool, (guint8 *) blocks[2] + i));
      g_assert_false (fsmm_test_try_free (pool, last + i));
    }
  g_assert_false (fsmm_test_try_free (pool, (guint8 *) region->base - 48));
  fsmm_test_assert_counts (pool, 20, 1);
  other_end (&other);
}

/* A region that has been told of all may be gone: nothing there is looked at. */
static void
test_last_remote_free_was_told (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);
  FsmmCache *cache = get_own_cache (pool);

  g_assert_cmphex (cache->remote_bits, ==, 0);
  cache->remote_region = GSIZE_TO_POINTER (8);
  g_assert_false (fsmm_test_try_free (pool, &block));
  fsmm_test_free (pool, block);
  cache->remote_region = NULL;
  fsmm_test_assert_counts (pool, 0, 1);
}

/* The thread that owned the region has ended, and this one may own it by now. Each block is freed once,
 * and is handed out again. */
static void
test_owner_changes_after_the_last_one (gconstpointer data)
{
  gboolean is_owner = data != NULL;
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[16];
  Other other;

  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = other_call (&other, take_one, pool);
  fsmm_test_free (pool, blocks[1]);
  other_end (&other);
  if (is_owner)
    fsmm_cache_own (get_own_cache (pool), fsmm_test_region_of (pool, blocks[0]));

  for (guint i = 2; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_test_free (pool, blocks[i]);
      g_assert_false (fsmm_test_try_free (pool, blocks[i]));
    }
  fsmm_test_assert_counts (pool, 1, 1);

  for (guint i = 1; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 16, 1);
  fsmm_test_assert_sound (pool);
}

/* --- The owner is told --- */

/* What a call has collected for a thread is found by that, also in a region that was used up. */
static void
test_remote_frees_are_found_once_collected (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[17];
  Other other;

  other_start (&other);
  for (guint i = 0; i < 17; i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 0; i < 8; i++)
    other_free (&other, pool, blocks[i]);

  g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  for (guint i = 9; i < 32; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 32, 2);
  other_end (&other);
}

/* As a thread that cannot have a cache of its own. */
static gpointer
take_without_own_cache (FsmmPool *pool)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  FsmmAllocResult result;
  gpointer block;

  fsmm_heap_lock (&pool->store);
  block = fsmm_heap_alloc_locked (&pool->store.common, FSMM_STATE_LIVE, &result, &deferred).block;
  fsmm_store_unlock_and_finish (&pool->store, &deferred);
  g_assert_nonnull (block);

  return block;
}

/* A region has got another owner since its news were put into an inbox: that one gets them. */
static void
test_news_for_another_owner (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[16];
  Other other, third;

  for (guint i = 0; i < 16; i++)
    blocks[i] = take_without_own_cache (pool);
  other_start (&other);
  for (guint i = 0; i < 12; i++)
    other_free (&other, pool, blocks[i]);
  other_call (&other, take_one, pool);
  g_assert_true (pool->store.common.inbox == fsmm_test_region_of (pool, blocks[0]));
  g_assert_cmpuint (other_count_regions (&other, pool), ==, 1);

  other_start (&third);
  other_free (&third, pool, blocks[12]);
  other_end (&third);
  take_without_own_cache (pool);
  fsmm_test_assert_counts (pool, 5, 2);
  for (guint i = 0; i < 12; i++)
    other_call (&other, take_one, pool);
  fsmm_test_assert_counts (pool, 17, 2);
  other_end (&other);
}

static FsmmRegion *collected;
static gboolean had_news;

static void
note_news (void)
{
  had_news = collected->has_news;
}

/* Bits that are set while the owner looks at them are news again: so it says that it has none
 * before it looks. */
static void
test_news_while_the_owner_looks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmBits *remote, *watched = watched_new ();
  gpointer blocks[16];
  Other other;

  for (guint i = 0; i < 16; i++)
    blocks[i] = fsmm_test_alloc (pool);
  collected = fsmm_test_region_of (pool, blocks[0]);
  remote = collected->remote;
  collected->remote = watched;
  other_start (&other);
  other_free (&other, pool, blocks[3]);
  other_end (&other);
  g_assert_cmphex (*watched, !=, 0);
  g_assert_true (collected->has_news);

  had_news = TRUE;
  watched_begin (watched, note_news);
  g_assert_true (fsmm_test_alloc (pool) == blocks[3]);
  watched_end (watched);
  g_assert_false (had_news);

  collected->remote = remote;
  fsmm_test_assert_counts (pool, 16, 1);
  watched_free (watched);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/remote-frees/near-the-last-one", test_near_the_last_remote_free);
  g_test_add_func ("/remote-frees/after-the-last-one-was-told", test_last_remote_free_was_told);
  g_test_add_data_func ("/remote-frees/owner-ends-after-the-last-one", NULL,
                        test_owner_changes_after_the_last_one);
  g_test_add_data_func ("/remote-frees/own-region-after-the-last-one", "",
                        test_owner_changes_after_the_last_one);
  g_test_add_func ("/remote-frees/are-found-once-collected",
                   test_remote_frees_are_found_once_collected);
  g_test_add_func ("/remote-frees/news-for-another-owner", test_news_for_another_owner);
  if (watched_is_possible ())
    g_test_add_func ("/remote-frees/news-while-the-owner-looks", test_news_while_the_owner_looks);

  return g_test_run ();
}
