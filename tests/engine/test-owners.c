/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Regions have an owner, and change it: what is idle with one thread does not make the pool grow
 * for another, and what an ended thread leaves is used again. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

/* Of 64 KiB, with blocks of 64 bytes. */
#define PER_REGION 1024
/* In a chunk. */
#define N_REGIONS 4
#define CHUNK_BYTES (N_REGIONS * 64 * 1024)

static void
fill_regions (FsmmPool *pool, guint n_regions, gpointer *blocks)
{
  for (guint i = 0; i < n_regions * PER_REGION; i++)
    blocks[i] = fsmm_test_alloc (pool);
}

static gpointer
take_and_give_regions (FsmmPool *pool)
{
  gsize n_blocks = 4 * N_REGIONS * PER_REGION;
  g_autofree gpointer *blocks = g_new (gpointer, n_blocks);

  fill_regions (pool, 4 * N_REGIONS, blocks);
  for (gsize i = 0; i < n_blocks; i++)
    fsmm_test_free (pool, blocks[i]);

  return NULL;
}

/* --- Regions of a thread that has no use for them --- */

/* Four chunks are idle in another thread's hands: this one needs no more than a half of that. */
static void
test_idle_regions_are_taken_over (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, CHUNK_BYTES);
  gsize n_regions = 4 * N_REGIONS;
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_regions, pool);
  fsmm_test_assert_counts (pool, 0, 4);
  g_assert_cmpuint (other_count_regions (&other, pool), ==, n_regions);

  for (guint i = 0; i < n_regions / 2 * PER_REGION; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, n_regions / 2 * PER_REGION, 4);
  g_assert_cmpuint (count_own_regions (pool) + other_count_regions (&other, pool), ==, n_regions);

  /* What it has lost it neither hands out nor takes for its own. */
  for (guint i = 0; i < 100; i++)
    other_call (&other, take_one, pool);
  fsmm_test_assert_counts (pool, n_regions / 2 * PER_REGION + 100, 4);
  other_end (&other);
}

/* One live block keeps its region where it is. */
static void
test_regions_in_use_are_not_taken_over (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, CHUNK_BYTES);
  FsmmCache *cache;
  gpointer block;
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_regions, pool);
  block = other_call (&other, take_one, pool);
  cache = other_call (&other, get_own_cache, pool);

  for (guint i = 0; i < 3 * N_REGIONS * PER_REGION; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  g_assert_true (fsmm_region_get_owner (fsmm_test_region_of (pool, block)) == cache);
  other_free (&other, pool, block);
  fsmm_test_assert_sound (pool);
  other_end (&other);
}

static gpointer survivors[8];

static gpointer
take_and_keep_one_in_each (FsmmPool *pool)
{
  gsize n_blocks = 2 * G_N_ELEMENTS (survivors) * PER_REGION;
  g_autofree gpointer *blocks = g_new (gpointer, n_blocks);

  fill_regions (pool, 2 * G_N_ELEMENTS (survivors), blocks);
  for (gsize i = 0; i < n_blocks; i++)
    if (i % PER_REGION == 0 && i / PER_REGION < G_N_ELEMENTS (survivors))
      survivors[i / PER_REGION] = blocks[i];
    else
      fsmm_test_free (pool, blocks[i]);

  return NULL;
}

/* Among others that are. */
static void
test_regions_in_use_beside_idle_ones (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 4 * FSMM_REGION_BYTES);
  gsize n_kept = G_N_ELEMENTS (survivors);
  FsmmCache *cache;
  Other other;

  other_start (&other);
  other_call (&other, take_and_keep_one_in_each, pool);
  cache = other_call (&other, get_own_cache, pool);
  g_assert_cmpuint (other_count_regions (&other, pool), ==, 2 * n_kept);

  for (guint i = 0; i < n_kept / 2 * PER_REGION; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, n_kept + n_kept / 2 * PER_REGION, n_kept / 2);
  for (guint i = 0; i < n_kept; i++)
    g_assert_true (fsmm_region_get_owner (fsmm_test_region_of (pool, survivors[i])) == cache);
  /* Of those that are idle, it keeps every second one. */
  g_assert_cmpuint (other_count_regions (&other, pool), ==, n_kept + n_kept / 2);
  other_end (&other);
}

/* A free that has been told to nobody yet keeps a region as well: and it is found by whoever owns
 * the region when it comes. */
static void
test_news_follow_the_owner (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, CHUNK_BYTES);
  gsize n_regions = 4 * N_REGIONS;
  gpointer block;
  Other owner, third;

  other_start (&owner);
  other_start (&third);
  block = other_call (&owner, take_one, pool);
  other_free (&third, pool, block);
  other_call (&owner, take_and_give_regions, pool);
  for (guint i = 0; i < n_regions * PER_REGION; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  other_end (&third);
  other_end (&owner);
  fsmm_pool_trim (pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_regions * PER_REGION);
}

/* --- Regions of a thread that has ended --- */

static gpointer
use_for_a_while (gpointer pool)
{
  take_and_give_100 (pool);

  return NULL;
}

static void
use_in_new_thread (FsmmPool *pool)
{
  g_thread_join (g_thread_new ("short", use_for_a_while, pool));
}

static void
test_idle_orphans_are_reused (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, CHUNK_BYTES);

  for (guint i = 0; i < 200; i++)
    use_in_new_thread (pool);
  fsmm_test_assert_counts (pool, 0, 1);
  g_assert_cmpuint (pool->store.orphans.length, >, 0);
  g_assert_cmpuint (pool->store.orphans.length + pool->store.fresh.length, ==, N_REGIONS);
}

static gpointer
fill_and_leave (gpointer pool)
{
  for (guint i = 0; i < 3 * N_REGIONS * PER_REGION; i++)
    fsmm_test_alloc (pool);

  return NULL;
}

/* However many full ones an ended thread has left, those that are idle are found. */
static void
test_full_orphans_do_not_hide_idle_ones (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, CHUNK_BYTES);

  g_thread_join (g_thread_new ("fill", fill_and_leave, pool));
  fsmm_test_assert_counts (pool, 3 * N_REGIONS * PER_REGION, 3);
  for (guint i = 0; i < 200; i++)
    use_in_new_thread (pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), <=, 5);
}

/* Who frees a block in an orphan owns it from then on. */
static void
test_free_adopts_an_orphan (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, CHUNK_BYTES);
  gpointer block, kept;
  Other other;

  other_start (&other);
  kept = other_call (&other, take_one, pool);
  block = other_call (&other, take_one, pool);
  g_assert_null (get_own_cache (pool));
  other_end (&other);
  g_assert_null (fsmm_region_get_owner (fsmm_test_region_of (pool, block)));
  fsmm_test_assert_counts (pool, 2, 1);

  fsmm_test_free (pool, block);
  g_assert_nonnull (get_own_cache (pool));
  g_assert_true (fsmm_region_get_owner (fsmm_test_region_of (pool, block)) == get_own_cache (pool));
  g_assert_cmpuint (count_own_regions (pool), ==, 1);
  fsmm_test_free (pool, kept);
  fsmm_test_assert_refused (pool, kept, FSMM_ERROR_DOUBLE_FREE, "free already");
  fsmm_test_assert_counts (pool, 0, 1);
}

/* So does a thread that has been at work with the pool before. */
static void
test_free_adopts_one_more (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer block;
  Other other;

  other_start (&other);
  block = other_call (&other, take_one, pool);
  other_call (&other, take_one, pool);
  fsmm_test_alloc (pool);
  g_assert_cmpuint (count_own_regions (pool), ==, 1);
  other_end (&other);

  fsmm_test_free (pool, block);
  g_assert_true (fsmm_region_get_owner (fsmm_test_region_of (pool, block)) == get_own_cache (pool));
  g_assert_cmpuint (count_own_regions (pool), ==, 2);
  fsmm_test_assert_counts (pool, 2, 2);
}

/* With what others have freed in it since its owner ended. It is told of what they free later. */
static void
test_free_adopts_with_remote_frees (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[16];
  Other owner, third;

  other_start (&owner);
  other_start (&third);
  for (guint i = 0; i < 16; i++)
    blocks[i] = other_call (&owner, take_one, pool);
  for (guint i = 0; i < 12; i++)
    other_free (&third, pool, blocks[i]);
  other_end (&owner);
  other_end (&third);
  fsmm_test_assert_counts (pool, 4, 1);

  fsmm_test_free (pool, blocks[12]);
  g_assert_cmpuint (fsmm_region_count_idle (fsmm_test_region_of (pool, blocks[12])), ==, 13);
  fsmm_test_assert_counts (pool, 3, 1);

  other_start (&third);
  for (guint i = 13; i < 16; i++)
    other_free (&third, pool, blocks[i]);
  other_end (&third);
  for (guint i = 0; i < 16; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 16, 1);
}

/* One that is full does not hide another one, whichever comes first. */
static void
test_orphan_beside_a_full_one (gconstpointer data)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (1024, 65536);
  gsize per_region = pool->store.geometry.n_blocks;
  gsize first = GPOINTER_TO_SIZE (data) * per_region;
  g_autofree gpointer *blocks = g_new (gpointer, 2 * per_region);
  Other owner, third;

  other_start (&owner);
  other_start (&third);
  for (gsize i = 0; i < 2 * per_region; i++)
    blocks[i] = other_call (&owner, take_one, pool);
  for (gsize i = first; i < first + per_region; i++)
    other_free (&third, pool, blocks[i]);
  other_end (&owner);
  other_end (&third);

  for (gsize i = 0; i < per_region; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 2 * per_region, 2);
}

#define N_OTHERS 12

/* More of them than are looked at in one go: what is idle is found before a chunk is added. */
static void
test_many_orphans_with_remote_frees (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[N_OTHERS * 16];
  Other owner, others[N_OTHERS];

  other_start (&owner);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = other_call (&owner, take_one, pool);
  for (guint i = 0; i < N_OTHERS; i++)
    {
      other_start (&others[i]);
      for (guint j = 0; j < 8; j++)
        other_free (&others[i], pool, blocks[16 * i + j]);
    }
  other_end (&owner);
  for (guint i = 0; i < N_OTHERS; i++)
    other_end (&others[i]);
  fsmm_test_assert_counts (pool, N_OTHERS * 8, N_OTHERS);

  for (guint i = 0; i < N_OTHERS * 8; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, N_OTHERS * 16, N_OTHERS);
}

/* What was freed from afar before the owner ended is idle for the next one. */
static void
test_orphan_with_remote_frees (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, GPOINTER_TO_SIZE (chunk_bytes));
  gsize n_blocks = pool->store.geometry.n_blocks;
  g_autofree gpointer *blocks = g_new (gpointer, n_blocks);
  Other other;

  other_start (&other);
  for (gsize i = 0; i < n_blocks; i++)
    blocks[i] = other_call (&other, take_one, pool);
  for (gsize i = 0; i < n_blocks; i++)
    fsmm_test_free (pool, blocks[i]);
  other_end (&other);
  fsmm_test_assert_counts (pool, 0, 1);

  for (gsize i = 0; i < n_blocks; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, n_blocks, 1);
}

/* --- Blocks that other threads free --- */

/* They come back to the owner, so that the pool does not grow. */
static void
test_remote_frees_come_back (gconstpointer chunk_bytes)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, GPOINTER_TO_SIZE (chunk_bytes));
  gpointer blocks[300];
  gsize n_chunks;
  Other other;

  other_start (&other);
  for (guint i = 0; i < 50; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (blocks); j++)
        blocks[j] = fsmm_test_alloc (pool);
      for (guint j = 0; j < G_N_ELEMENTS (blocks); j++)
        other_free (&other, pool, blocks[j]);
      fsmm_test_assert_sound (pool);
    }

  n_chunks = (G_N_ELEMENTS (blocks) - 1) / pool->store.geometry.n_blocks + 1;
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), <=, n_chunks + 1 + n_chunks / 2);
  g_assert_cmpuint (other_count_regions (&other, pool), ==, 0);
  other_end (&other);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/owners/idle-regions-are-taken-over", test_idle_regions_are_taken_over);
  g_test_add_func ("/owners/regions-in-use-are-not", test_regions_in_use_are_not_taken_over);
  g_test_add_func ("/owners/regions-in-use-beside-idle-ones", test_regions_in_use_beside_idle_ones);
  g_test_add_func ("/owners/news-follow", test_news_follow_the_owner);
  g_test_add_func ("/owners/idle-orphans-are-reused", test_idle_orphans_are_reused);
  g_test_add_func ("/owners/full-orphans-do-not-hide-idle-ones",
                   test_full_orphans_do_not_hide_idle_ones);
  g_test_add_func ("/owners/free-adopts-an-orphan", test_free_adopts_an_orphan);
  g_test_add_func ("/owners/free-adopts-one-more", test_free_adopts_one_more);
  g_test_add_func ("/owners/free-adopts-with-remote-frees", test_free_adopts_with_remote_frees);
  g_test_add_data_func ("/owners/orphan-beside-a-full-one/first", GSIZE_TO_POINTER (0),
                        test_orphan_beside_a_full_one);
  g_test_add_data_func ("/owners/orphan-beside-a-full-one/second", GSIZE_TO_POINTER (1),
                        test_orphan_beside_a_full_one);
  g_test_add_func ("/owners/many-orphans-with-remote-frees", test_many_orphans_with_remote_frees);
  g_test_add_data_func ("/owners/orphan-with-remote-frees/16", GSIZE_TO_POINTER (1024),
                        test_orphan_with_remote_frees);
  g_test_add_data_func ("/owners/orphan-with-remote-frees/1024", GSIZE_TO_POINTER (65536),
                        test_orphan_with_remote_frees);
  g_test_add_data_func ("/owners/remote-frees-come-back", NULL, test_remote_frees_come_back);
  g_test_add_data_func ("/owners/remote-frees-come-back-in-1-kib", GSIZE_TO_POINTER (1024),
                        test_remote_frees_come_back);

  return g_test_run ();
}
