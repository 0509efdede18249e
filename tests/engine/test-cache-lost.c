/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of a block that two threads have freed at the same moment. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

static FsmmState *
state_of (FsmmPool *pool, gpointer block)
{
  return fsmm_store_find_state (&pool->store, block);
}

static gpointer block_to_free;

static gpointer
free_that_block (FsmmPool *pool)
{
  fsmm_test_free (pool, block_to_free);

  return NULL;
}

/* As if the thread had looked at the state just before another one freed the block. */
static void
free_at_the_same_moment (FsmmPool *pool, gpointer block, Other *other)
{
  fsmm_state_set (state_of (pool, block), FSMM_STATE_LIVE);
  block_to_free = block;
  if (other != NULL)
    other_call (other, free_that_block, pool);
  else
    free_that_block (pool);
}

static void
expect_report (const char *count)
{
  g_autofree char *pattern =
      g_strdup_printf ("*\"test\"*%s double free* found: two threads freed*", count);

  fsmm_test_expect_report (pattern);
}

static void
test_lost_when_handed_out (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);
  Other other;

  other_start (&other);
  fsmm_test_free (pool, block);
  free_at_the_same_moment (pool, block, &other);

  expect_report ("1");
  g_assert_true (fsmm_test_alloc (pool) != block);
  fsmm_test_assert_reported ();
  g_assert_true (other_call (&other, take_one, pool) == block);
  fsmm_test_assert_counts (pool, 2, 1);
  fsmm_test_assert_sound (pool);

  other_end (&other);
}

static void
test_lost_when_brought_back (gconstpointer by_free_all)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer blocks[2] = { fsmm_test_alloc (pool), fsmm_test_alloc (pool) };
  Other other;

  other_start (&other);
  for (guint i = 0; i < 2; i++)
    {
      fsmm_test_free (pool, blocks[i]);
      free_at_the_same_moment (pool, blocks[i], &other);
    }

  expect_report ("2");
  if (by_free_all)
    g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  else
    g_assert_cmpuint (fsmm_pool_trim (pool), >, 0);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 0);

  other_end (&other);
}

/* The other thread's free was the first, its block came here and was freed once more: now it is
 * in the same cache twice. */
static void
test_lost_twice_in_one_cache (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer kept = fsmm_test_alloc (pool);
  gpointer block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  free_at_the_same_moment (pool, block, NULL);

  expect_report ("1");
  fsmm_pool_trim (pool);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 1, 1);
  fsmm_test_assert_sound (pool);
  fsmm_test_free (pool, kept);
}

typedef enum { AT_TRIM, AT_FREE_ALL, AT_TAKE, AT_TAKE_MANY, AT_PUT_BACK } Moment;

/* A thread brought the block back to the store, and another one then wrote its mark and has
 * handed it out: it is live, and free to be taken as well. */
static void
test_lost_in_the_store (gconstpointer data)
{
  Moment moment = GPOINTER_TO_UINT (data);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer block = fsmm_test_alloc (pool);
  gpointer blocks[15];

  fsmm_test_free (pool, block);
  g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  g_assert_null (count_own (pool));
  fsmm_state_set (state_of (pool, block), FSMM_STATE_LIVE);

  expect_report ("1");
  switch (moment)
    {
    case AT_TRIM:
      g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
      break;
    case AT_FREE_ALL:
      g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
      break;
    case AT_TAKE:
      g_assert_true (fsmm_test_alloc (pool) != block);
      break;
    case AT_TAKE_MANY:
      g_assert_true (fsmm_pool_alloc_many (pool, 15, blocks, NULL));
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        g_assert_true (blocks[i] != block);
      break;
    case AT_PUT_BACK:
    default:
      fsmm_test_free (pool, block);
      g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
    }
  fsmm_test_assert_reported ();
  fsmm_test_assert_sound (pool);

  if (moment == AT_TRIM)
    fsmm_test_assert_counts (pool, 1, 1);
  if (moment != AT_FREE_ALL && moment != AT_PUT_BACK)
    fsmm_test_free (pool, block);
}

/* Many are taken while one in the own cache, the top or another, is another user's: no more than there
 * may be. */
static void
take_many_beside_lost (gsize max_blocks, guint lost)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, max_blocks, NULL);
  g_autoptr (GError) error = NULL;
  gpointer blocks[32];
  gpointer more[16];

  for (guint i = 0; i < 16; i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 8; i < 16; i++)
    fsmm_test_free (pool, blocks[i]);
  /* Freed by two threads at once, and handed out by the other one since. */
  fsmm_state_set (state_of (pool, blocks[lost]), FSMM_STATE_LIVE);

  expect_report ("1");
  g_assert_cmpint (fsmm_pool_alloc_many (pool, 8, more, &error), ==, max_blocks == 0);
  fsmm_test_assert_reported ();
  fsmm_test_assert_sound (pool);
  fsmm_test_assert_counts (pool, max_blocks == 0 ? 17 : 9, 1);
  if (max_blocks != 0)
    g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
}

static void
test_lost_while_many_are_taken (gconstpointer data)
{
  for (guint lost = 8; lost < 16; lost++)
    take_many_beside_lost (GPOINTER_TO_SIZE (data), lost);
}

/* The same where the cache has too few: what lies below the lost one is taken before more comes from the
 * store, so that no more leave it than the limit allows. */
static void
test_lost_while_more_are_taken (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 150, NULL);
  gpointer blocks[100];
  gpointer more[100];

  g_assert_true (fsmm_pool_alloc_many (pool, 100, blocks, NULL));
  for (guint i = 0; i < 60; i++)
    fsmm_test_free (pool, blocks[i]);
  fsmm_state_set (state_of (pool, blocks[50]), FSMM_STATE_LIVE);

  expect_report ("1");
  g_assert_true (fsmm_pool_alloc_many (pool, 100, more, NULL));
  fsmm_test_assert_reported ();
  fsmm_test_assert_sound (pool);
  fsmm_test_assert_counts (pool, 141, 1);
}

/* More than a report has room for. */
static void
test_many_lost (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer blocks[20];
  Other other;

  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      fsmm_test_free (pool, blocks[i]);
      free_at_the_same_moment (pool, blocks[i], &other);
    }

  expect_report ("20");
  fsmm_pool_trim (pool);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 0);

  other_end (&other);
}

/* What is live beside a lost block is not lost. */
static void
test_lost_beside_live (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer block = fsmm_test_alloc (pool);
  gpointer live = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  fsmm_state_set (state_of (pool, block), FSMM_STATE_LIVE);

  expect_report ("1");
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 2, 1);
  fsmm_test_free (pool, block);
  fsmm_test_free (pool, live);
}

/* The only block that was free. */
static void
test_lost_as_the_last (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[16];

  g_assert_true (fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, NULL));
  fsmm_test_free (pool, blocks[3]);
  g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  fsmm_state_set (state_of (pool, blocks[3]), FSMM_STATE_LIVE);

  expect_report ("1");
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 16, 1);
}

/* Blocks that are too large for a cache are taken one by one. */
static void
test_lost_without_a_cache (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (256 * 1024, 0);
  gpointer block = fsmm_test_alloc (pool);

  g_assert_cmpuint (pool->store.max_cached, ==, 0);
  fsmm_test_free (pool, block);
  g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  fsmm_state_set (state_of (pool, block), FSMM_STATE_LIVE);

  expect_report ("1");
  g_assert_true (fsmm_test_alloc (pool) != block);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 2, 1);
}

/* Where nothing may be taken in place of the lost one, none is taken. */
static void
test_lost_at_the_limit (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 16, NULL);
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_test_alloc (pool);
  gpointer blocks[16];

  fsmm_test_free (pool, block);
  g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  fsmm_state_set (state_of (pool, block), FSMM_STATE_LIVE);

  expect_report ("1");
  g_assert_false (fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 1, 1);
}

/* A stale free has hit the block of a handle: the handle finds out, and does not free another user's
 * block. */
static void
test_lost_by_a_handle (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  FsmmAllocResult result;
  gsize epoch;
  FsmmSlot held[2];

  for (guint i = 0; i < 2; i++)
    {
      held[i] = fsmm_heap_alloc (store, FSMM_STATE_HELD, (FsmmFill) { 0 }, &epoch, &result);
      fsmm_state_set (held[i].state, FSMM_STATE_LIVE);
      fsmm_test_free (pool, held[i].block);
    }

  g_assert_false (fsmm_heap_disown (store, held[0].block, epoch));
  expect_report ("1");
  g_assert_true (fsmm_heap_free_held (store, held[1].block, epoch));
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cache/lost/when-handed-out", test_lost_when_handed_out);
  g_test_add_data_func ("/cache/lost/when-trimmed", NULL, test_lost_when_brought_back);
  g_test_add_data_func ("/cache/lost/when-dropped", "", test_lost_when_brought_back);
  g_test_add_func ("/cache/lost/twice-in-one-cache", test_lost_twice_in_one_cache);
  g_test_add_data_func ("/cache/lost/in-store/trim", GUINT_TO_POINTER (AT_TRIM),
                        test_lost_in_the_store);
  g_test_add_data_func ("/cache/lost/in-store/free-all", GUINT_TO_POINTER (AT_FREE_ALL),
                        test_lost_in_the_store);
  g_test_add_data_func ("/cache/lost/in-store/take", GUINT_TO_POINTER (AT_TAKE),
                        test_lost_in_the_store);
  g_test_add_data_func ("/cache/lost/in-store/take-many", GUINT_TO_POINTER (AT_TAKE_MANY),
                        test_lost_in_the_store);
  g_test_add_data_func ("/cache/lost/in-store/put-back", GUINT_TO_POINTER (AT_PUT_BACK),
                        test_lost_in_the_store);
  g_test_add_data_func ("/cache/lost/while-many-are-taken", NULL, test_lost_while_many_are_taken);
  g_test_add_data_func ("/cache/lost/while-many-are-taken-below-a-limit", GSIZE_TO_POINTER (16),
                        test_lost_while_many_are_taken);
  g_test_add_func ("/cache/lost/while-more-are-taken", test_lost_while_more_are_taken);
  g_test_add_func ("/cache/lost/at-the-limit", test_lost_at_the_limit);
  g_test_add_func ("/cache/lost/many", test_many_lost);
  g_test_add_func ("/cache/lost/beside-live", test_lost_beside_live);
  g_test_add_func ("/cache/lost/as-the-last", test_lost_as_the_last);
  g_test_add_func ("/cache/lost/without-a-cache", test_lost_without_a_cache);
  g_test_add_func ("/cache/lost/by-a-handle", test_lost_by_a_handle);

  return g_test_run ();
}
