/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes back because it has not been needed: each look is one call here. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <string.h>

#define CHUNK ((gsize) 64 * 1024)
#define PER_CHUNK 1024

static gsize
look (void)
{
  return fsmm_heap_decay_all ();
}

/* So that nothing is left of other tests. */
static FsmmPool *
start (void)
{
  fsmm_trim_all ();
  look ();
  return fsmm_test_pool_new (64, 0);
}

static gpointer *
fill (FsmmPool *pool, guint n_blocks)
{
  gpointer *blocks = g_new (gpointer, n_blocks);

  for (guint i = 0; i < n_blocks; i++)
    blocks[i] = memset (fsmm_test_alloc (pool), 1, 64);

  return blocks;
}

static void
fill_and_free (FsmmPool *pool, guint n_blocks)
{
  g_autofree gpointer *blocks = fill (pool, n_blocks);

  for (guint i = 0; i < n_blocks; i++)
    fsmm_test_free (pool, blocks[i]);
}

/* What was live since the last look is needed; after one more it has been idle for long enough. */
static void
test_a_burst_goes_back (void)
{
  g_autoptr (FsmmPool) pool = start ();

  fill_and_free (pool, 100 * PER_CHUNK);
  g_assert_cmpuint (look (), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), >=, 100);
  g_assert_cmpuint (look (), >=, 100 * CHUNK);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 0);
  g_assert_cmpuint (look (), ==, 0);
}

/* However often there is a burst, while it is no longer ago than a look. */
static void
test_what_is_needed_stays (void)
{
  g_autoptr (FsmmPool) pool = start ();

  for (guint i = 0; i < 20; i++)
    {
      fill_and_free (pool, 50 * PER_CHUNK);
      g_assert_cmpuint (look (), ==, 0);
    }
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), >=, 50);
}

static void
test_what_is_live_stays (void)
{
  g_autoptr (FsmmPool) pool = start ();
  g_autofree gpointer *blocks = fill (pool, 50 * PER_CHUNK);

  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (look (), ==, 0);
  for (guint i = 0; i < 50 * PER_CHUNK; i++)
    g_assert_cmpuint (*(guint8 *) blocks[i], ==, 1);
}

/* A few that survive keep a page each. That these do not go back is known after the first time. */
static void
test_survivors_are_left_alone (void)
{
  g_autoptr (FsmmPool) pool = start ();
  g_autofree gpointer *blocks = fill (pool, 100 * PER_CHUNK);
  gsize left;

  for (guint i = 0; i < 100 * PER_CHUNK; i++)
    if (i % 300 != 0)
      fsmm_test_free (pool, blocks[i]);
  look ();
  g_assert_cmpuint (look (), >, 70 * CHUNK);
  left = fsmm_pool_get_reserved_bytes (pool);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (look (), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, left);

  /* When most of them go as well, so do their pages. */
  for (guint i = 0; i < 100 * PER_CHUNK; i += 300)
    if (i % 900 != 0)
      fsmm_test_free (pool, blocks[i]);
  look ();
  g_assert_cmpuint (look (), >=, left / 2);
}

/* How few blocks once shared a page says nothing of those that come later. */
static void
test_a_burst_after_survivors (void)
{
  g_autoptr (FsmmPool) pool = start ();
  g_autofree gpointer *blocks = fill (pool, 50 * PER_CHUNK);
  g_autofree gpointer *others = NULL;
  gsize left;

  for (guint i = 0; i < 50 * PER_CHUNK; i++)
    if (i % 64 != 0)
      fsmm_test_free (pool, blocks[i]);
  fsmm_pool_trim (pool);
  left = fsmm_pool_get_reserved_bytes (pool);
  g_assert_cmpuint (left, >, 40 * CHUNK);

  others = fill (pool, 200 * PER_CHUNK);
  look ();
  for (guint i = 10 * PER_CHUNK; i < 200 * PER_CHUNK; i++)
    fsmm_test_free (pool, others[i]);
  look ();
  g_assert_cmpuint (look (), >, 100 * CHUNK);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (look (), ==, 0);
}

static void
clear_one (gpointer block)
{
  memset (block, 0, 64);
}

/* Chunks that are being dropped are not trimmed, and are no sign of what blocks need. */
static void
test_a_burst_after_a_drop (void)
{
  g_autoptr (FsmmPool) pool = start ();
  g_autofree gpointer *blocks = NULL;
  FsmmHeapDrop drop;
  gpointer block;

  g_free (fill (pool, 50 * PER_CHUNK));
  fsmm_heap_drop_begin (&drop, &pool->store);
  for (guint i = 0; i < 49 * PER_CHUNK; i++)
    clear_one (fsmm_heap_drop_next (&drop));
  fsmm_pool_trim (pool);
  while ((block = fsmm_heap_drop_next (&drop)) != NULL)
    clear_one (block);
  fsmm_heap_drop_end (&drop);
  look ();

  blocks = fill (pool, 40 * PER_CHUNK);
  look ();
  for (guint i = PER_CHUNK; i < 40 * PER_CHUNK; i++)
    fsmm_test_free (pool, blocks[i]);
  look ();
  g_assert_cmpuint (look (), >, 35 * CHUNK);
}

/* Where what was given back is taken again, it is given back ever more seldom. */
static void
test_vain_trims_get_rare (void)
{
  g_autoptr (FsmmPool) pool = start ();
  guint n_trims = 0;

  for (guint i = 0; i < 300; i++)
    {
      if (i % 2 == 0)
        fill_and_free (pool, 20 * PER_CHUNK);
      n_trims += look () > 0;
    }
  g_assert_cmpuint (n_trims, <=, 15);

  /* But not for ever. */
  for (guint i = 0; i < 40; i++)
    look ();
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 0);
}

/* A pool of little is not trimmed for less than a chunk, unless nothing in it is live. */
static void
test_small_pools (void)
{
  g_autoptr (FsmmPool) pool = start ();
  gpointer block = fsmm_test_alloc (pool);

  for (guint i = 0; i < 5; i++)
    g_assert_cmpuint (look (), ==, 0);
  fsmm_test_free (pool, block);
  look ();
  g_assert_cmpuint (look (), ==, CHUNK);
}

static gpointer
fill_and_free_many (FsmmPool *pool)
{
  fill_and_free (pool, 50 * PER_CHUNK);
  return NULL;
}

/* Also what another thread has, which does nothing. */
static void
test_idle_threads (void)
{
  g_autoptr (FsmmPool) pool = start ();
  Other other;

  other_start (&other);
  other_call (&other, fill_and_free_many, pool);
  look ();
  g_assert_cmpuint (look (), >=, 50 * CHUNK);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  other_end (&other);
}

/* Retained memory and spare memory are idle as well. */
static void
test_what_is_kept_goes_too (void)
{
  FsmmPool *pool = start ();

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  g_free (fill (pool, 10 * PER_CHUNK));
  fsmm_pool_free_all (pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 10);
  look ();
  g_assert_cmpuint (look (), ==, 10 * CHUNK);

  fsmm_test_alloc (pool);
  g_object_unref (pool);
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, CHUNK);
  look ();
  g_assert_cmpuint (look (), ==, CHUNK);
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, 0);
}

int
main (int argc, char *argv[])
{
  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);
  if (!has_caches)
    return 0;

  g_test_add_func ("/decay/burst", test_a_burst_goes_back);
  g_test_add_func ("/decay/needed", test_what_is_needed_stays);
  g_test_add_func ("/decay/live", test_what_is_live_stays);
  g_test_add_func ("/decay/survivors", test_survivors_are_left_alone);
  g_test_add_func ("/decay/survivors-first", test_a_burst_after_survivors);
  g_test_add_func ("/decay/drop-first", test_a_burst_after_a_drop);
  g_test_add_func ("/decay/vain", test_vain_trims_get_rare);
  g_test_add_func ("/decay/small", test_small_pools);
  g_test_add_func ("/decay/idle-threads", test_idle_threads);
  g_test_add_func ("/decay/kept", test_what_is_kept_goes_too);

  return g_test_run ();
}
