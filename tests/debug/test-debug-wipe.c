/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=wipe: nothing is left in memory of what was in a block. */

#include "fsmm-test.h"

#include <string.h>

static void
test_wipe_leaves_nothing (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("wiped", 64, 1024);
  guint8 *block = memset (fsmm_test_alloc (pool), 0x77, 64);

  fsmm_test_free (pool, block);
  for (guint i = 0; i < 64; i++)
    g_assert_cmphex (block[i], ==, 0);
}

/* What free_all () drops is gone from the memory, too: 63 more chunks are in the same mapping, which
 * is kept for one of them. */
static void
test_wipe_by_free_all (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("wiped", 64, 1024);
  g_autoptr (FsmmBlock) handle = fsmm_pool_acquire (pool, NULL);
  g_autoptr (GBytes) pin = fsmm_block_get_bytes (handle, NULL);
  guint8 *blocks[64];

  g_assert_nonnull (pin);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = memset (fsmm_test_alloc (pool), 0x77, 64);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 65);

  for (guint i = 16; i < G_N_ELEMENTS (blocks); i++)
    for (guint k = 0; k < 64; k++)
      g_assert_cmphex (blocks[i][k], ==, 0);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "wiped:wipe;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/wipe/when-freed", test_wipe_leaves_nothing);
  g_test_add_func ("/debug/wipe/by-free-all", test_wipe_by_free_all);

  return g_test_run ();
}
