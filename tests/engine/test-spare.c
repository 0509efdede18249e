/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a pool leaves is there for the next one: how much of it, and what of what is in it. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"
#include "fsmm-glib/engine/chunk/fsmm-spare.h"

#include <string.h>

#define GRANULE FSMM_SYSTEM_GRANULE

static gpointer
new_piece (void)
{
  return fsmm_system_map (GRANULE, GRANULE);
}

static void
test_keeps_some (void)
{
  gpointer pieces[FSMM_SPARE_PIECES];
  gpointer too_many = new_piece ();

  fsmm_spare_give_back ();
  g_assert_null (fsmm_spare_take ());
  for (guint i = 0; i < FSMM_SPARE_PIECES; i++)
    {
      pieces[i] = memset (new_piece (), 1 + (int) i, GRANULE);
      g_assert_true (fsmm_spare_keep (pieces[i]));
      g_assert_cmpuint (fsmm_spare_count_bytes (), ==, (i + 1) * GRANULE);
    }
  g_assert_false (fsmm_spare_keep (too_many));
  fsmm_system_unmap (too_many, GRANULE);

  for (guint i = 0; i < FSMM_SPARE_PIECES; i++)
    {
      guint8 *piece = fsmm_spare_take ();

      g_assert_nonnull (piece);
      g_assert_true (piece == pieces[*piece - 1]);
      pieces[*piece - 1] = NULL;
      fsmm_system_unmap (piece, GRANULE);
    }
  g_assert_null (fsmm_spare_take ());
}

/* A piece is never with two threads at a time: each writes its number, and finds it again. */
static gpointer
take_and_keep (gpointer data)
{
  guint8 number = (guint8) GPOINTER_TO_UINT (data);

  for (guint i = 0; i < 20000; i++)
    {
      volatile guint8 *piece = fsmm_spare_take ();

      if (piece == NULL)
        continue;
      piece[i % GRANULE] = number;
      g_assert_cmpuint (piece[i % GRANULE], ==, number);
      if (!fsmm_spare_keep ((gpointer) piece))
        fsmm_system_unmap ((gpointer) piece, GRANULE);
    }

  return NULL;
}

static void
test_pieces_have_one_owner (void)
{
  GThread *threads[4];

  fsmm_spare_give_back ();
  for (guint i = 0; i < 3; i++)
    g_assert_true (fsmm_spare_keep (new_piece ()));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("pieces", take_and_keep, GUINT_TO_POINTER (i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (fsmm_spare_give_back (), ==, 3 * GRANULE);
}

/* Fills a pool with blocks of 64 bytes whose first byte is that, and drops it. */
static gpointer
use_and_drop_pool (guint n_blocks, int byte)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer first = memset (fsmm_test_alloc (pool), byte, 64);

  for (guint i = 1; i < n_blocks; i++)
    memset (fsmm_test_alloc (pool), byte, 64);
  fsmm_test_assert_sound (pool);

  return first;
}

static void
test_next_pool_gets_it (void)
{
  g_autoptr (FsmmPool) pool = NULL;
  gpointer left;

  fsmm_spare_give_back ();
  left = use_and_drop_pool (1, 7);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, GRANULE);

  pool = fsmm_test_pool_new (64, 0);
  g_assert_true (fsmm_test_alloc (pool) == left);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, 0);
  fsmm_test_assert_counts (pool, 1, 1);
}

/* Whatever another pool has left in it. */
static void
test_zeroes_are_zeroes (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  use_and_drop_pool (3000, 7);
  g_assert_cmpuint (fsmm_spare_count_bytes (), >, 0);
  for (guint i = 0; i < 3000; i++)
    {
      const guint8 *block = fsmm_pool_alloc0 (pool, NULL);

      for (guint j = 0; j < 64; j++)
        g_assert_cmpuint (block[j], ==, 0);
    }
}

static void
test_a_large_pool_leaves_little (void)
{
  use_and_drop_pool (200000, 7);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, FSMM_SPARE_PIECES * GRANULE);
  use_and_drop_pool (200000, 7);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, FSMM_SPARE_PIECES * GRANULE);
}

/* What is trimmed is for the system, and that is true of all that has been kept before. */
static void
test_trimming_keeps_nothing (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_trim_all ();
  fsmm_test_free (pool, fsmm_test_alloc (pool));
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, GRANULE);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, 0);

  use_and_drop_pool (1, 7);
  g_assert_cmpuint (fsmm_trim_all (), ==, GRANULE);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, 0);
}

/* Pools that are debugged see memory that nobody has written to, and leave none. */
static void
test_debugging_goes_without (void)
{
  g_autoptr (FsmmPool) pool = NULL;
  gpointer left;

  fsmm_spare_give_back ();
  left = use_and_drop_pool (1, 7);
  pool = fsmm_test_pool_new_named ("debugged", 64, 0);
  g_assert_true (fsmm_test_alloc (pool) != left);
  g_clear_object (&pool);
  g_assert_cmpuint (fsmm_spare_count_bytes (), ==, GRANULE);
}

int
main (int argc, char *argv[])
{
  gboolean has_caches;

  g_setenv ("FSMM_DEBUG", "debugged:wipe;*:no-tools", FALSE);
  has_caches = g_str_has_prefix (g_getenv ("FSMM_DEBUG"), "debugged");
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/spare/keeps-some", test_keeps_some);
  g_test_add_func ("/spare/one-owner", test_pieces_have_one_owner);
  g_test_add_func ("/spare/zeroes", test_zeroes_are_zeroes);
  if (has_caches)
    {
      g_test_add_func ("/spare/next-pool", test_next_pool_gets_it);
      g_test_add_func ("/spare/large-pool", test_a_large_pool_leaves_little);
      g_test_add_func ("/spare/trimming", test_trimming_keeps_nothing);
      g_test_add_func ("/spare/debugging", test_debugging_goes_without);
    }

  return g_test_run ();
}
