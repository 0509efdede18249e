/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a raw pool does after mistakes. Which addresses are refused, and how, is in test-addresses.c
 * and test-double-free.c. */

#include "fsmm-test.h"

#include <string.h>

/* A fault of an ancestor: a block that was never handed out could be freed. */
static void
test_never_handed_out (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  guint8 *p = fsmm_test_alloc (pool);

  for (guint i = 1; i < 16; i++)
    fsmm_test_assert_refused (pool, p + i * 64, FSMM_ERROR_DOUBLE_FREE, "never handed out");

  g_assert_true (fsmm_test_alloc (pool) == p + 64);
  fsmm_test_free (pool, p + 64);
  fsmm_test_assert_refused (pool, p + 64, FSMM_ERROR_DOUBLE_FREE, "free already");
}

static void
test_use_goes_on_after_errors (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[100];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      blocks[i] = fsmm_test_alloc (pool);
      g_assert_false (fsmm_test_try_free (pool, (guint8 *) blocks[i] + 1));
    }
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_test_free (pool, blocks[i]);
      fsmm_test_assert_refused (pool, blocks[i], FSMM_ERROR_DOUBLE_FREE, "free already");
    }
  fsmm_test_assert_counts (pool, 0, 7);
}

/* A program that writes where it must not harms its own data, but not the pool's bookkeeping. */
static void
test_wild_writes_do_not_reach_the_bookkeeping (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("unwatched", 64, 0, 1024, 0, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint8 *blocks[16];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);

  memset (blocks[0], 0xff, 1024);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_test_free (pool, blocks[i]);
      memset (blocks[i], 0xa5, 64);
    }

  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);

  /* The same blocks come again, each once. */
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    g_hash_table_add (seen, fsmm_test_alloc (pool));
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    g_assert_true (g_hash_table_remove (seen, blocks[i]));
}

static void
assert_fsmm_free_complains (gpointer address, const char *pattern)
{
  fsmm_test_expect_report (pattern);
  fsmm_free (address);
  fsmm_test_assert_reported ();
}

static void
test_fsmm_free_complains (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 1024);
  guint8 *p = fsmm_test_alloc (pool);

  assert_fsmm_free_complains (&pool, "*lies in no chunk of any pool*");
  assert_fsmm_free_complains (p + 8, "*\"test\"*offset 8 of the block*");
  fsmm_free (p);
  assert_fsmm_free_complains (p, "*\"test\"*free already*");

  g_object_unref (pool);
  assert_fsmm_free_complains (p, "*lies in no chunk of any pool*");
}

int
main (int argc, char *argv[])
{
  /* For the one test that does what a tool must not let pass. */
  g_setenv ("FSMM_DEBUG", "unwatched:no-tools", FALSE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/misuse/never-handed-out", test_never_handed_out);
  g_test_add_func ("/pool/misuse/use-goes-on-after-errors", test_use_goes_on_after_errors);
  g_test_add_func ("/pool/misuse/wild-writes-do-not-reach-the-bookkeeping",
                   test_wild_writes_do_not_reach_the_bookkeeping);
  g_test_add_func ("/pool/misuse/fsmm-free-complains", test_fsmm_free_complains);

  return g_test_run ();
}
