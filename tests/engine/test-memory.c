/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a pool costs in resident memory, and that it goes back: as the system sees it. */

#include "fsmm-test.h"

#include <string.h>

#define MILLION 1000000

static void
fill (FsmmPool *pool, gsize n_blocks)
{
  gsize size = fsmm_pool_get_alloc_size (pool);

  for (gsize i = 0; i < n_blocks; i++)
    memset (fsmm_test_alloc (pool), 1, size);
}

/* Dropping everything gives the memory back to the system, not only to the pool. */
static void
test_free_all_returns_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gsize before, full, after;

  before = fsmm_test_resident_bytes ();
  fill (pool, MILLION);
  full = fsmm_test_resident_bytes ();
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, MILLION);
  after = fsmm_test_resident_bytes ();

  g_assert_cmpuint (full, >, before + 45 * MILLION);
  g_assert_cmpuint (after, <, before + 1024 * 1024);
}

static gsize
count_resident (FsmmPool *pool)
{
  g_autoptr (GArray) extents = g_array_new (FALSE, FALSE, sizeof (FsmmExtent));

  fsmm_heap_list_extents (&pool->store, extents);

  return fsmm_heap_count_resident (extents);
}

/* What a pool is said to have in memory is what the process has more: neither what was never touched,
 * nor what was given back. */
static void
test_resident (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("resident", 64, 0);
  gsize before = fsmm_test_resident_bytes ();
  gsize n_more;

  g_assert_cmpuint (count_resident (pool), ==, 0);
  fill (pool, MILLION);
  n_more = fsmm_test_resident_bytes () - before;
  /* What other pools have left for it was there before. */
  g_assert_cmpuint (count_resident (pool), <, n_more + 4 * 1024 * 1024);
  g_assert_cmpuint (count_resident (pool), >=, 64 * MILLION);

  fsmm_pool_free_all (pool);
  fsmm_pool_trim (pool);
  g_assert_cmpuint (count_resident (pool), <, 1024 * 1024);

  fill (pool, 1);
  g_assert_cmpuint (count_resident (pool), >, 0);
  g_assert_cmpuint (count_resident (pool), <, 1024 * 1024);
}

static void
test_trim_and_finalize_return_memory (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);
  gpointer *blocks;
  gsize before, full;

  blocks = g_new0 (gpointer, MILLION);
  memset (blocks, 1, MILLION * sizeof (gpointer));
  before = fsmm_test_resident_bytes ();

  g_assert_true (fsmm_pool_alloc_many (pool, MILLION, blocks, NULL));
  for (guint i = 0; i < MILLION; i++)
    memset (blocks[i], 1, 64);
  full = fsmm_test_resident_bytes ();
  g_assert_true (fsmm_pool_free_many (pool, MILLION / 2, blocks, NULL));
  fsmm_pool_trim (pool);
  g_assert_cmpuint (fsmm_test_resident_bytes (), <, (before + full) / 2 + 1024 * 1024);

  g_object_unref (pool);
  g_assert_cmpuint (fsmm_test_resident_bytes (), <, before + 1024 * 1024);
  g_free (blocks);
}

/* Four chunks of 16 KiB lie side by side in what the system gave. */
static void
test_trim_returns_memory_beside_live_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (16384, 16384);
  gpointer blocks[4000];
  gsize full, trimmed;

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = memset (fsmm_test_alloc (pool), 1, 16384);
  full = fsmm_test_resident_bytes ();
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (i % 4 != 0)
      fsmm_test_free (pool, blocks[i]);

  trimmed = fsmm_pool_trim (pool);
  g_assert_cmpuint (trimmed, ==, 3000 * 16384);
  g_assert_cmpuint (fsmm_test_resident_bytes (), <, full - trimmed + 1024 * 1024);
}

/* At most two bytes more than its own, but for the last huge page, of which all is in memory. A chunk
 * has some 350 bytes of bookkeeping, which matters where it is as small as can be. */
static void
test_cost_of_a_live_block (gconstpointer data)
{
  const double huge_page = 2.0 * 1024 * 1024 / MILLION;
  gsize chunk_bytes = GPOINTER_TO_SIZE (data);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, chunk_bytes);
  gsize before;
  double cost;

  before = fsmm_test_resident_bytes ();
  fill (pool, MILLION);
  cost = (double) (fsmm_test_resident_bytes () - before) / MILLION;
  g_test_message ("%.2f bytes are resident for each 64-byte block", cost);

  g_assert_cmpfloat (cost, >=, 64);
  g_assert_cmpfloat (cost, <=, (chunk_bytes == 1024 ? 88 : 66) + huge_page);
}

/* No user owns the pool that handles live in, so it must give back its memory by itself. */
static void
test_handles_return_memory (void)
{
  FsmmPool *pool = fsmm_test_pool_new (16, 0);
  g_autofree FsmmBlock **blocks = g_new (FsmmBlock *, MILLION / 2);
  gsize before;

  memset (blocks, 1, MILLION / 2 * sizeof (gpointer));
  before = fsmm_test_resident_bytes ();
  for (guint i = 0; i < MILLION / 2; i++)
    blocks[i] = fsmm_pool_acquire (pool, NULL);
  for (guint i = 0; i < MILLION / 2; i++)
    fsmm_block_unref (blocks[i]);
  g_assert_cmpuint (fsmm_test_resident_bytes (), >, before + 30 * 1024 * 1024);

  g_object_unref (pool);
  g_assert_cmpuint (fsmm_test_resident_bytes (), <, before + 1024 * 1024);
}

static gpointer
make_and_drop_handles (gpointer pool)
{
  FsmmBlock *blocks[40];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_pool_acquire (pool, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_block_unref (blocks[i]);

  return NULL;
}

/* A thread keeps some for itself, but not beyond its end. */
static void
test_handles_of_threads_return_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (16, 0);
  gsize before = 0;

  for (guint i = 0; i < 3000; i++)
    {
      g_thread_join (g_thread_new ("handles", make_and_drop_handles, pool));
      if (i == 100)
        before = fsmm_test_resident_bytes ();
    }

  g_assert_cmpuint (fsmm_test_resident_bytes (), <, before + 1024 * 1024);
}

/* So many that 64 KiB more or less, which the system maps at once now and then, make no difference. */
static void
measure_empty_pools (void)
{
  static FsmmPool *pools[8000];
  gsize before;
  double cost;

  g_object_unref (fsmm_test_pool_new (64, 0));
  before = fsmm_test_resident_bytes ();
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    pools[i] = fsmm_test_pool_new (64, 0);
  cost = (double) (fsmm_test_resident_bytes () - before) / G_N_ELEMENTS (pools);

  g_assert_cmpfloat (cost, <=, 1100);
  g_assert_cmpfloat (cost, >=, 500);
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    g_object_unref (pools[i]);
}

/* In a process of its own: they leave so much on the heap that it would hide what others cost. */
static void
test_cost_of_an_empty_pool (void)
{
  if (g_test_subprocess ())
    {
      measure_empty_pools ();
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
test_millions_of_pairs_stay_flat (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  guint n_pairs = fsmm_test_is_slow_environment () ? 100000 : 10 * MILLION;
  gsize before;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  before = fsmm_test_resident_bytes ();

  for (guint i = 0; i < n_pairs; i++)
    {
      gpointer block = fsmm_pool_alloc (pool, NULL);

      *(gpointer *) block = block;
      if (!fsmm_pool_free (pool, block, NULL))
        g_assert_not_reached ();
    }

  fsmm_test_assert_counts (pool, 0, 1);
  if (!fsmm_test_is_slow_environment ())
    g_assert_cmpuint (fsmm_test_resident_bytes (), <, before + 1024 * 1024);
}

/* LeakSanitizer and Valgrind must find what only a block points to. */
static void
test_blocks_keep_what_they_point_to (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  static gpointer *blocks[100];
  static FsmmPool *kept;

  kept = g_object_ref (pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      blocks[i] = fsmm_test_alloc (pool);
      *blocks[i] = g_strdup ("owned by a block");
    }

  g_assert_cmpuint (fsmm_pool_get_n_allocated (kept), ==, 100);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  /* Where a tool adds memory of its own, how much is resident says nothing of the library. The
   * costs come first: what other tests leave on the heap would hide them. */
  if (!fsmm_test_is_slow_environment ())
    {
      g_test_add_func ("/memory/cost-of-an-empty-pool", test_cost_of_an_empty_pool);
      g_test_add_data_func ("/memory/cost-of-a-live-block", GSIZE_TO_POINTER (0),
                            test_cost_of_a_live_block);
      g_test_add_data_func ("/memory/cost-of-a-live-block-in-16-kib", GSIZE_TO_POINTER (16384),
                            test_cost_of_a_live_block);
      g_test_add_data_func ("/memory/cost-of-a-live-block-in-1-kib", GSIZE_TO_POINTER (1024),
                            test_cost_of_a_live_block);
      g_test_add_func ("/memory/resident", test_resident);
      g_test_add_func ("/memory/free-all-returns-it", test_free_all_returns_memory);
      g_test_add_func ("/memory/trim-and-finalize-return-it", test_trim_and_finalize_return_memory);
      g_test_add_func ("/memory/trim-returns-it-beside-live-blocks",
                       test_trim_returns_memory_beside_live_blocks);
      g_test_add_func ("/memory/handles-return-it", test_handles_return_memory);
      g_test_add_func ("/memory/handles-of-threads-return-it",
                       test_handles_of_threads_return_memory);
    }

  g_test_add_func ("/memory/millions-of-pairs-stay-flat", test_millions_of_pairs_stay_flat);
  g_test_add_func ("/memory/blocks-keep-what-they-point-to", test_blocks_keep_what_they_point_to);

  return g_test_run ();
}
