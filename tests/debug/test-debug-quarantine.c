/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=quarantine: a block that was freed is not handed out for a while. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"
#include "fsmm-glib/debug/fsmm-debug-flags.h"

static void
test_quarantine_keeps_blocks_for_a_while (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("quarantined", 64, 1024);
  gpointer first = fsmm_test_alloc (pool);
  guint n_others = 0;

  fsmm_test_free (pool, first);
  fsmm_test_assert_refused_in (pool, first, FSMM_ERROR_DOUBLE_FREE, "free already");
  for (;;)
    {
      gpointer block = fsmm_test_alloc (pool);

      if (block == first)
        break;
      fsmm_test_free (pool, block);
      n_others++;
    }

  g_assert_cmpuint (n_others, >=, 1024);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 1);
  fsmm_test_assert_sound (pool);
}

static void
test_quarantine_refuses_nobody (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("quarantined", 64, 0, 1024, 16, NULL);
  gpointer blocks[16];

  for (guint round = 0; round < 100; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        blocks[i] = fsmm_test_alloc (pool);
      g_assert_null (fsmm_pool_alloc (pool, NULL));
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        fsmm_test_free (pool, blocks[i]);
      fsmm_test_assert_counts (pool, 0, 1);
    }

  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
}

static void
test_quarantine_without_memory (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = NULL;
  gpointer block;

  fsmm_system_fail_nth (1);
  pool = fsmm_test_pool_new_named (name, 64, 1024);
  g_assert_true (fsmm_system_fail_none ());
  g_assert_cmpint (pool->store.debug & FSMM_DEBUG_QUARANTINE, ==, 0);

  block = fsmm_test_alloc (pool);
  fsmm_test_free (pool, block);
  fsmm_test_take_again (pool, block);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "quarantined:quarantine;everything:all;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/quarantine/a-while", test_quarantine_keeps_blocks_for_a_while);
  g_test_add_func ("/debug/quarantine/refuses-nobody", test_quarantine_refuses_nobody);
  g_test_add_data_func ("/debug/quarantine/without-memory/alone", "quarantined",
                        test_quarantine_without_memory);
  g_test_add_data_func ("/debug/quarantine/without-memory/all", "everything",
                        test_quarantine_without_memory);

  return g_test_run ();
}
