/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of a block that two threads have freed at the same moment, one of them the owner of
 * its region: both calls succeed, the block is free once, and that is reported as soon as somebody
 * looks at what the other thread has left. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

static FsmmState *
state_of (FsmmPool *pool, gpointer block)
{
  return fsmm_store_find (&pool->store, block).state;
}

/* As if this thread, which owns the block's region, had looked at the state just before the other
 * one freed the block: it writes over what that has written. */
static void
free_at_the_same_moment (FsmmPool *pool, gpointer block, Other *other)
{
  other_free (other, pool, block);
  g_assert_cmpuint (*state_of (pool, block), ==, FSMM_STATE_REMOTE);
  fsmm_state_set (state_of (pool, block), FSMM_STATE_LIVE);
  fsmm_test_free (pool, block);
}

static void
expect_report (const char *count)
{
  g_autofree char *pattern =
      g_strdup_printf ("*\"test\"*%s double free* found: two threads freed*", count);

  fsmm_test_expect_report (pattern);
}

/* All sixteen blocks of a chunk, which is one word: what is freed is the next to be taken. */
static FsmmPool *
new_full_pool (gpointer blocks[16], gsize max_blocks)
{
  FsmmPool *pool = fsmm_pool_new_full ("test", 64, 0, 1024, max_blocks, NULL);

  for (guint i = 0; i < 16; i++)
    blocks[i] = fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 16, 1);

  return pool;
}

/* --- When it is found out --- */

typedef enum
{
  AT_TRIM,
  AT_FREE_ALL,
  AT_RESERVE,
  AT_TAKE,
  AT_END_OF_OTHER,
  AT_FINALIZE
} Moment;

static void
find_out (FsmmPool **pool, Moment moment, Other *other)
{
  switch (moment)
    {
    case AT_TRIM:
      g_assert_cmpuint (fsmm_pool_trim (*pool), ==, 0);
      break;
    case AT_FREE_ALL:
      g_assert_cmpuint (fsmm_pool_free_all (*pool), ==, 15);
      break;
    case AT_RESERVE:
      g_assert_true (fsmm_pool_reserve (*pool, 1, NULL));
      break;
    case AT_TAKE:
      /* The other thread hands its news over when it needs a block itself. */
      other_call (other, take_one, *pool);
      fsmm_test_alloc (*pool);
      fsmm_test_alloc (*pool);
      break;
    case AT_END_OF_OTHER:
      other_end (other);
      fsmm_test_alloc (*pool);
      fsmm_test_alloc (*pool);
      break;
    case AT_FINALIZE:
    default:
      g_clear_object (pool);
    }
}

static void
test_found_out (gconstpointer data)
{
  Moment moment = GPOINTER_TO_UINT (data);
  gpointer blocks[16];
  FsmmPool *pool = new_full_pool (blocks, 0);
  Other other;

  other_start (&other);
  free_at_the_same_moment (pool, blocks[3], &other);

  expect_report ("1");
  find_out (&pool, moment, &other);
  fsmm_test_assert_reported ();
  if (pool != NULL)
    {
      gsize n_live[] = { 15, 0, 15, 18, 17, 0 };

      fsmm_test_assert_sound (pool);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_live[moment]);
      g_object_unref (pool);
    }

  if (moment != AT_END_OF_OTHER)
    other_end (&other);
}

/* More than a report has room for. */
static void
test_many (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 0);
  Other other;

  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    free_at_the_same_moment (pool, blocks[i], &other);

  expect_report ("16");
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 0);

  other_end (&other);
}

/* --- The block has been handed out again --- */

static void
assert_taken_again (FsmmPool *pool, gpointer block)
{
  g_assert_true (fsmm_test_alloc (pool) == block);
  g_assert_cmpuint (*state_of (pool, block), ==, FSMM_STATE_LIVE);
}

/* Its new user keeps it, and it goes to nobody else. */
static void
test_new_user_keeps_it (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 0);
  Other other;

  other_start (&other);
  free_at_the_same_moment (pool, blocks[3], &other);
  assert_taken_again (pool, blocks[3]);

  expect_report ("1");
  fsmm_pool_trim (pool);
  fsmm_test_assert_reported ();
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[3]));
  fsmm_test_assert_counts (pool, 16, 1);
  for (guint i = 0; i < 16; i++)
    g_assert_true (fsmm_test_alloc (pool) != blocks[3]);
  fsmm_test_free (pool, blocks[3]);

  other_end (&other);
}

/* It is rightly freed by the same thread, which remembers that it has freed it. */
static void
test_freed_again_by_the_same_thread (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 0);
  Other other;

  other_start (&other);
  free_at_the_same_moment (pool, blocks[3], &other);
  assert_taken_again (pool, blocks[3]);

  expect_report ("1");
  other_free (&other, pool, blocks[3]);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 15, 1);
  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 15, 1);

  other_end (&other);
}

/* This thread and the other free the block at the same moment; this one takes it again, and a third one, which
 * ends, frees it rightly. The other is started, and has not told anybody yet. */
static void
free_again_by_a_third_thread (FsmmPool *pool, gpointer block, Other *other)
{
  Other third;

  other_start (other);
  other_start (&third);
  free_at_the_same_moment (pool, block, other);
  assert_taken_again (pool, block);
  other_free (&third, pool, block);
  other_end (&third);
}

/* It is rightly freed by a third thread: whichever tells the owner later finds that it knows. */
static void
test_freed_again_by_a_third_thread (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 0);
  Other other;

  free_again_by_a_third_thread (pool, blocks[3], &other);

  expect_report ("1");
  other_end (&other);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 15, 1);
  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 15, 1);
}

/* The same, but the owner has collected the third thread's free already, and the block is free. */
static void
test_found_out_when_free_again (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 0);
  Other other;

  free_again_by_a_third_thread (pool, blocks[3], &other);
  assert_taken_again (pool, blocks[3]);

  other_end (&other);
  expect_report ("1");
  fsmm_pool_trim (pool);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 16, 1);
}

/* --- Whoever is told uses the pool --- */

static guint n_told;

static void
take_and_free (const char *message, gpointer pool)
{
  n_told++;
  fsmm_test_free (pool, fsmm_test_alloc (pool));
}

/* In a thread that is at its end, and has no cache of the pool any more. */
static void
test_told_at_the_end_of_a_thread (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 0);
  Other other;

  free_again_by_a_third_thread (pool, blocks[3], &other);

  fsmm_test_watch_reports (take_and_free, pool);
  other_end (&other);
  fsmm_test_watch_reports (NULL, NULL);
  g_assert_cmpuint (n_told, ==, 1);
  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 15, 1);
}

/* --- Limits --- */

/* What was counted twice makes no room: not one block more is handed out than there may be. */
static void
test_limit_holds (gconstpointer at_once)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 16);
  g_autoptr (GError) error = NULL;
  gpointer more[2];
  Other other;

  other_start (&other);
  free_at_the_same_moment (pool, blocks[3], &other);

  expect_report ("1");
  if (at_once)
    g_assert_false (fsmm_pool_alloc_many (pool, 2, more, &error));
  else
    {
      g_assert_true (fsmm_test_alloc (pool) == blocks[3]);
      g_assert_null (fsmm_pool_alloc (pool, &error));
    }
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, at_once ? 15 : 16, 1);

  other_end (&other);
}

/* Too many at once are refused before any is taken. */
static void
test_limit_takes_none (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_full_pool (blocks, 32);
  g_autoptr (GError) error = NULL;
  gpointer more[18];
  Other other;

  other_start (&other);
  free_at_the_same_moment (pool, blocks[3], &other);

  expect_report ("1");
  g_assert_false (fsmm_pool_alloc_many (pool, 18, more, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  fsmm_test_assert_reported ();
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 16);
  fsmm_test_assert_counts (pool, 15, 1);

  other_end (&other);
}

/* --- Handles --- */

/* A stale free has hit the block of a handle: the handle finds out, and does not free another
 * user's block. */
static void
test_block_of_a_handle (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  FsmmAllocResult result;
  gsize epoch;
  FsmmSlot held[2];

  for (guint i = 0; i < 2; i++)
    {
      held[i] = fsmm_heap_alloc (store, FSMM_STATE_HELD, (FsmmFill){ 0 }, &epoch, &result);
      fsmm_state_set (held[i].state, FSMM_STATE_LIVE);
      fsmm_test_free (pool, held[i].block);
    }

  g_assert_false (fsmm_heap_disown (store, held[0].block, epoch));
  expect_report ("1");
  g_assert_true (fsmm_heap_free_held (store, held[1].block, epoch));
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 1);
}

#define ADD_MOMENT(path, moment)                                                                   \
  g_test_add_data_func ("/late-double-free/" path, GUINT_TO_POINTER (moment), test_found_out)

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  ADD_MOMENT ("found-out/trim", AT_TRIM);
  ADD_MOMENT ("found-out/free-all", AT_FREE_ALL);
  ADD_MOMENT ("found-out/reserve", AT_RESERVE);
  ADD_MOMENT ("found-out/take", AT_TAKE);
  ADD_MOMENT ("found-out/end-of-the-other-thread", AT_END_OF_OTHER);
  ADD_MOMENT ("found-out/finalize", AT_FINALIZE);
  g_test_add_func ("/late-double-free/many", test_many);
  g_test_add_func ("/late-double-free/new-user-keeps-it", test_new_user_keeps_it);
  g_test_add_func ("/late-double-free/freed-again-by-the-same-thread",
                   test_freed_again_by_the_same_thread);
  g_test_add_func ("/late-double-free/freed-again-by-a-third-thread",
                   test_freed_again_by_a_third_thread);
  g_test_add_func ("/late-double-free/found-out-when-free-again", test_found_out_when_free_again);
  g_test_add_func ("/late-double-free/told-at-the-end-of-a-thread",
                   test_told_at_the_end_of_a_thread);
  g_test_add_data_func ("/late-double-free/limit-holds/one-by-one", NULL, test_limit_holds);
  g_test_add_data_func ("/late-double-free/limit-holds/many-at-once", "", test_limit_holds);
  g_test_add_func ("/late-double-free/limit-takes-none", test_limit_takes_none);
  g_test_add_func ("/late-double-free/block-of-a-handle", test_block_of_a_handle);

  return g_test_run ();
}
