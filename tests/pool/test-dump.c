/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* fsmm_pool_dump (): what people see of a pool. */

#include "fsmm-test.h"

#include <string.h>

static void
assert_dump (FsmmPool *pool, const char *pattern)
{
  g_autofree char *text = fsmm_pool_dump (pool);

  if (!g_pattern_match_simple (pattern, text))
    g_error ("the dump is\n%s, and not\n%s", text, pattern);
}

/* What is not there is not mentioned. */
static void
test_nothing_but_what_there_is (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("plain", 64, 0, 1024, 0, NULL);

  assert_dump (pool, "pool \"plain\" (alloc-size 64)\n"
                     "  blocks of 64 bytes at multiples of 16, 16 in a chunk\n"
                     "  0 allocated, 0 at the peak, 0 free\n"
                     "  0 bytes in 0 chunks\n"
                     "  0 bytes live, 0 free in threads, 0 free besides, 0 given back; * of "
                     "bookkeeping\n");
  fsmm_test_alloc (pool);
  assert_dump (pool, "pool \"plain\" (alloc-size 64)\n"
                     "  blocks of 64 bytes at multiples of 16, 16 in a chunk\n"
                     "  1 allocated, 1 at the peak, 15 free\n"
                     "  1024 bytes in 1 chunk\n"
                     "  64 bytes live, * free *, 0 given back; * of bookkeeping\n"
                     "  0x*     1/16 #_______________\n");
}

static void
test_small_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("drawn", 64, 0, 1024, 100, NULL);
  gpointer blocks[21];
  g_autofree char *text = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 1; i < 5; i++)
    fsmm_test_free (pool, blocks[i]);

  text = fsmm_pool_dump (pool);
  g_test_message ("%s", text);
  g_assert_true (g_pattern_match_simple ("pool \"drawn\" (alloc-size 64)\n"
                                         "  blocks of 64 bytes at multiples of 16, 16 in a chunk\n"
                                         "  17 allocated, 21 at the peak, * free, at most 100\n"
                                         "  * bytes in * chunks\n"
                                         "  1088 bytes live, *\n"
                                         "  0x*    12/16 #....###########\n"
                                         "  0x*     5/16 #####___________\n*",
                                         text));
}

static void
test_large_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 256 * 1024);
  g_autofree char *text = NULL;
  gpointer blocks[100];

  g_assert_true (fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, NULL));
  text = fsmm_pool_dump (pool);
  g_assert_nonnull (strstr (text, "  100/4096 #+______________________________________________________________\n"));
}

static void
test_many_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (1024, 1024);
  g_autofree char *text = NULL;

  for (guint i = 0; i < 100; i++)
    fsmm_test_alloc (pool);
  text = fsmm_pool_dump (pool);
  g_assert_nonnull (strstr (text, "  and 36 more\n"));
}

static void
test_broken_pool (void)
{
  g_autoptr (FsmmPool) pool = g_object_new (FSMM_TYPE_POOL, "name", "broken", NULL);
  g_autofree char *text = fsmm_pool_dump (pool);

  g_assert_nonnull (strstr (text, "alloc-size is 0"));
}

/* As many as there are columns, and one more. */
static void
test_widths (void)
{
  for (gsize n_blocks = 64; n_blocks <= 65; n_blocks++)
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, n_blocks * 64);
      g_autofree char *map = g_strnfill (n_blocks == 64 ? 64 : 33, '#');
      g_autofree char *pattern = g_strdup_printf ("*  0x*    %u/%u %s\n", (guint) n_blocks,
                                                  (guint) n_blocks, map);

      for (gsize i = 0; i < n_blocks; i++)
        fsmm_test_alloc (pool);
      assert_dump (pool, pattern);
    }
}

/* A block that was used before is one of many in its column. */
static void
test_used_before (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  assert_dump (pool, "*     0/1024 ._______________________________________________________________\n");
}

/* Memory that is only kept because a program reads from it is no part of the pool. */
static void
test_dropped_chunk (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) handle = fsmm_pool_acquire (pool, NULL);
  g_autoptr (GBytes) pin = fsmm_block_get_bytes (handle, NULL);

  g_assert_nonnull (pin);
  fsmm_pool_free_all (pool);
  assert_dump (pool, "*\n  0 bytes in 0 chunks\n  0 bytes live, 0 free *\n");
}

static void
test_flags (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("debugged", 64, 0, 1024, 0, NULL);

  assert_dump (pool, "*\n  0 bytes in 0 chunks\n*\n  FSMM_DEBUG: poison, wipe\n");
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "debugged:poison,wipe;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/dump/nothing-but-what-there-is", test_nothing_but_what_there_is);
  g_test_add_func ("/dump/small-chunks", test_small_chunks);
  g_test_add_func ("/dump/large-chunks", test_large_chunks);
  g_test_add_func ("/dump/many-chunks", test_many_chunks);
  g_test_add_func ("/dump/widths", test_widths);
  g_test_add_func ("/dump/used-before", test_used_before);
  g_test_add_func ("/dump/dropped-chunk", test_dropped_chunk);
  g_test_add_func ("/dump/flags", test_flags);
  g_test_add_func ("/dump/broken-pool", test_broken_pool);

  return g_test_run ();
}
