/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=poison: writes to free blocks are found. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <string.h>

static void
expect_write_after_free (gconstpointer block, const char *words)
{
  g_autofree char *pattern =
      g_strdup_printf ("pool \"poisoned\"*block %p (number * of the chunk at *)*written to after "
                       "it was freed*%s*pointer that is used when its block is gone*",
                       block, words);

  fsmm_test_expect_report (pattern);
}

static void
assert_poison_fields (gconstpointer block)
{
  g_autofree char *address = g_strdup_printf ("%p", block);

  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "write-after-free");
  fsmm_test_assert_field ("FSMM_POOL", "poisoned");
  fsmm_test_assert_field ("FSMM_ADDRESS", address);
  fsmm_test_assert_field ("FSMM_TYPE", NULL);
  fsmm_test_assert_field ("GLIB_DOMAIN", "Fsmm");
  fsmm_test_assert_field ("PRIORITY", "4");
}

/* The offset is that of the first byte, whichever is wrong. */
static void
test_write_after_free_is_found_when_taken (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("poisoned", 64, 1024);
  guint8 *block = fsmm_test_alloc (pool);
  gpointer all[1024 / 64];

  for (guint offset = 0; offset < 64; offset++)
    {
      g_autofree char *words = g_strdup_printf ("at offset %u: 0xa5 instead of 0x6b;", offset);

      fsmm_test_free (pool, block);
      block[offset] = 0xa5;
      expect_write_after_free (block, words);
      fsmm_test_take_again (pool, block);
      assert_poison_fields (block);
    }

  fsmm_test_free (pool, block);
  memset (block + 8, 1, 5);
  expect_write_after_free (block, "at offset 8: 0x01 instead of 0x6b, the first of 5 such bytes;");
  g_assert_true (fsmm_pool_alloc_many (pool, G_N_ELEMENTS (all), all, NULL));
  assert_poison_fields (block);
  fsmm_test_assert_counts (pool, G_N_ELEMENTS (all), 1);
}

typedef enum { AT_TRIM, AT_FREE_ALL, AT_END } Moment;

static void
test_write_after_free_is_found_when_chunk_goes (gconstpointer data)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("poisoned", 64, 1024);
  guint8 *block = fsmm_test_alloc (pool);
  guint8 *never_taken = block + 64;

  fsmm_test_free (pool, block);
  block[63] = 0;
  never_taken[0] = 0;
  expect_write_after_free (block, "at offset 63: 0x00");
  expect_write_after_free (never_taken, "at offset 0: 0x00");
  switch ((Moment) GPOINTER_TO_INT (data))
    {
    case AT_TRIM:
      g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
      break;
    case AT_FREE_ALL:
      g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
      break;
    case AT_END:
    default:
      g_clear_object (&pool);
    }

  assert_poison_fields (never_taken);
  g_clear_object (&pool);
}

static void
test_fresh_blocks_have_no_zeroes (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("poisoned", 64, 1024);
  guint8 *block = fsmm_test_alloc (pool);
  guint8 *zeroed = fsmm_pool_alloc0 (pool, NULL);

  for (guint i = 0; i < 64; i++)
    {
      g_assert_cmphex (block[i], ==, 0x5a);
      g_assert_cmphex (zeroed[i], ==, 0);
    }
}

static void
test_number_and_chunk (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("poisoned", 64, 1024);
  guint8 *chunk = fsmm_test_alloc (pool);
  guint8 *third = chunk + 3 * 64;
  g_autofree char *pattern = g_strdup_printf ("*: block %p (number 3 of the chunk at %p): *",
                                              (gpointer) third, (gpointer) chunk);

  *third = 0;
  fsmm_test_expect_report (pattern);
  fsmm_pool_free_all (pool);
  fsmm_test_assert_reported ();
}

static guint n_reported;
static FsmmBlock *handle;

static void
take_from (const char *message, gpointer pool)
{
  n_reported++;
  g_assert_nonnull (fsmm_pool_alloc (pool, NULL));
}

static void
reserve_in (const char *message, gpointer pool)
{
  n_reported++;
  g_assert_true (fsmm_pool_reserve (pool, 1000, NULL));
}

/* This would go on forever if each new damage was looked at. */
static void
damage_more_of (const char *message, gpointer pool)
{
  guint8 *block = fsmm_test_alloc (pool);

  n_reported++;
  fsmm_test_free (pool, block);
  *block = 0;
}

static void
acquire_from (const char *message, gpointer pool)
{
  n_reported++;
  handle = fsmm_pool_acquire (pool, NULL);
  g_assert_true (fsmm_block_is_live (handle));
}

/* Who handles messages may use the pool that they are about, also at its end, which comes all the
 * same. */
static void
test_pool_is_used_at_its_end (gconstpointer func)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("poisoned", 64, 1024);
  guint8 *block = fsmm_test_alloc (pool);
  guint n_stores;

  /* From its first handle on there is another store. */
  fsmm_block_unref (fsmm_pool_acquire (pool, NULL));
  n_stores = fsmm_test_count_stores ();
  n_reported = 0;
  fsmm_test_free (pool, block);
  *block = 0;
  fsmm_test_watch_reports ((FsmmTestReportFunc) func, pool);
  g_object_unref (pool);
  fsmm_test_watch_reports (NULL, NULL);
  g_assert_cmpuint (n_reported, ==, 1);

  if (handle != NULL)
    {
      g_assert_false (fsmm_block_is_live (handle));
      g_assert_cmpuint (fsmm_test_count_stores (), ==, n_stores);
      g_clear_pointer (&handle, fsmm_block_unref);
    }
  g_assert_cmpuint (fsmm_test_count_stores (), ==, n_stores - 1);
}

/* A stale free has hit the block of a handle: the handle does not free it once more. */
static void
test_block_of_a_handle (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("poisoned", 64, 1024);
  FsmmStore *store = &pool->store;
  FsmmAllocResult result;
  gsize epoch;
  FsmmSlot slot = fsmm_heap_alloc (store, FSMM_STATE_HELD, (FsmmFill){ 0 }, &epoch, &result);

  fsmm_test_alloc (pool);
  fsmm_state_set (slot.state, FSMM_STATE_LIVE);
  fsmm_test_free (pool, slot.block);

  fsmm_test_expect_report ("pool \"poisoned\"*1 double free found*");
  g_assert_true (fsmm_heap_free_held (store, slot.block, epoch));
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 1, 1);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "poisoned:poison;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/poison/when-taken", test_write_after_free_is_found_when_taken);
  g_test_add_data_func ("/debug/poison/by-trim", GINT_TO_POINTER (AT_TRIM),
                        test_write_after_free_is_found_when_chunk_goes);
  g_test_add_data_func ("/debug/poison/by-free-all", GINT_TO_POINTER (AT_FREE_ALL),
                        test_write_after_free_is_found_when_chunk_goes);
  g_test_add_data_func ("/debug/poison/by-finalize", GINT_TO_POINTER (AT_END),
                        test_write_after_free_is_found_when_chunk_goes);
  g_test_add_func ("/debug/poison/fresh-blocks", test_fresh_blocks_have_no_zeroes);
  g_test_add_func ("/debug/poison/number-and-chunk", test_number_and_chunk);
  g_test_add_func ("/debug/poison/block-of-a-handle", test_block_of_a_handle);
  g_test_add_data_func ("/debug/poison/pool-is-used-at-its-end/take", take_from,
                        test_pool_is_used_at_its_end);
  g_test_add_data_func ("/debug/poison/pool-is-used-at-its-end/reserve", reserve_in,
                        test_pool_is_used_at_its_end);
  g_test_add_data_func ("/debug/poison/pool-is-used-at-its-end/damage", damage_more_of,
                        test_pool_is_used_at_its_end);
  g_test_add_data_func ("/debug/poison/pool-is-used-at-its-end/acquire", acquire_from,
                        test_pool_is_used_at_its_end);

  return g_test_run ();
}
