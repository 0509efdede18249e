/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=canary: writes behind blocks are found; other flags do not look there. */

#include "fsmm-test.h"

#include <string.h>

static void
expect_overrun (gconstpointer block, const char *words)
{
  g_autofree char *pattern =
      g_strdup_printf ("pool \"canaried\"*block %p *written behind its end*%s*", block, words);

  fsmm_test_expect_report (pattern);
}

static void
assert_canary_fields (gconstpointer block)
{
  g_autofree char *address = g_strdup_printf ("%p", block);

  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "overrun");
  fsmm_test_assert_field ("FSMM_POOL", "canaried");
  fsmm_test_assert_field ("FSMM_ADDRESS", address);
}

static void
test_overrun_is_found_when_freed (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("canaried", 64, 1024);

  for (guint n_bytes = 1; n_bytes <= 8; n_bytes++)
    {
      guint8 *block = fsmm_test_alloc (pool);
      g_autofree char *words = g_strdup_printf ("at offset 64 of 64: 0x00 instead of 0xbb%s",
                                                n_bytes == 8 ? ", the first of 8 such bytes" : "");

      memset (block + 64, 0, n_bytes);
      expect_overrun (block, words);
      if (n_bytes % 2 == 0)
        fsmm_test_free (pool, block);
      else
        g_assert_true (fsmm_pool_free_many (pool, 1, (gpointer *) &block, NULL));
      assert_canary_fields (block);
      fsmm_test_assert_counts (pool, 0, 1);
    }
}

/* One byte anywhere from the end of the block to where the next block starts. */
static void
test_overrun_of_any_byte_is_found (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("canaried", 64, 1024);
  gsize block_size = fsmm_pool_get_block_size (pool);

  g_assert_cmpuint (block_size, >=, 64 + 8);
  for (gsize offset = 64; offset < block_size; offset++)
    {
      guint8 *block = fsmm_test_alloc (pool);
      g_autofree char *words = g_strdup_printf ("at offset %" G_GSIZE_FORMAT " of 64: 0x00", offset);

      block[offset] = 0;
      expect_overrun (block, words);
      fsmm_test_free (pool, block);
      assert_canary_fields (block);
    }
}

static void
test_overrun_is_found_by_free_all (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("canaried", 64, 1024);
  guint8 *block = fsmm_test_alloc (pool);

  block[64] = 1;
  expect_overrun (block, "at offset 64 of 64: 0x01");
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  assert_canary_fields (block);
}

static void
test_canary_leaves_chunks_as_they_are (void)
{
  static const gsize sizes[] = { 1, 8, 15, 16, 17, 24, 64, 100, 1000, 1024, 5000, 1 << 20 };
  static const gsize alignments[] = { 1, 8, 16, 64, 4096 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint k = 0; k < G_N_ELEMENTS (alignments); k++)
      {
        g_autoptr (FsmmPool) plain = fsmm_pool_new_full (NULL, sizes[i], alignments[k], 1024, 0,
                                                         NULL);
        g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("canaried", sizes[i], alignments[k], 1024, 0,
                                                        NULL);
        gpointer block = fsmm_test_alloc (pool);

        g_assert_cmpuint (pool->store.geometry.n_blocks, ==, plain->store.geometry.n_blocks);
        g_assert_cmpuint (fsmm_pool_get_block_size (pool), >=, sizes[i] + 8);
        g_assert_cmpuint ((guintptr) block % alignments[k], ==, 0);
        memset (block, 0, sizes[i]);
        fsmm_test_free (pool, block);
        fsmm_test_assert_sound (pool);
      }
}

/* There are bytes behind each block, and only with a canary are they looked at. */
static void
test_nobody_looks_behind (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named (name, 20, 1024);
  guint8 *block = fsmm_test_alloc (pool);

  memset (block, 0x77, 20);
  fsmm_test_free (pool, block);
  fsmm_pool_free_all (pool);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "canaried:canary;poisoned:poison;from-malloc:malloc;wiped:wipe;"
            "wiped-from-malloc:malloc,wipe;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/canary/when-freed", test_overrun_is_found_when_freed);
  g_test_add_func ("/debug/canary/any-byte", test_overrun_of_any_byte_is_found);
  g_test_add_func ("/debug/canary/by-free-all", test_overrun_is_found_by_free_all);
  g_test_add_func ("/debug/canary/chunks", test_canary_leaves_chunks_as_they_are);
  g_test_add_data_func ("/debug/canary/nobody-else-looks/poison", "poisoned", test_nobody_looks_behind);
  g_test_add_data_func ("/debug/canary/nobody-else-looks/wipe", "wiped", test_nobody_looks_behind);
  g_test_add_data_func ("/debug/canary/nobody-else-looks/malloc", "from-malloc", test_nobody_looks_behind);
  g_test_add_data_func ("/debug/canary/nobody-else-looks/malloc-and-wipe", "wiped-from-malloc",
                        test_nobody_looks_behind);

  return g_test_run ();
}
