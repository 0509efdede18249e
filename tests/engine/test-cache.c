/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What threads keep for themselves, and that nobody else misses it. What two of them do to the
 * same block is in test-threads.c, and every order of it in test-cache-model.c. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <sys/wait.h>
#include <unistd.h>

/* --- A second thread that does what it is told, and keeps its cache meanwhile --- */

typedef gpointer (*OtherFunc) (FsmmPool *pool);

typedef struct {
  OtherFunc func; /* NULL: the thread is to end */
  FsmmPool *pool;
  gpointer result;
} Call;

/* Hands over by atomic operations alone, which ThreadSanitizer can follow, unlike what GLib does
 * inside. */
typedef struct {
  GThread *thread;
  gpointer call; /* (atomic): to be done */
} Other;

static gpointer
run_other (gpointer data)
{
  Other *self = data;
  gboolean is_last;
  Call *call;

  do
    {
      while ((call = g_atomic_pointer_get (&self->call)) == NULL)
        g_usleep (20);
      if (call->func != NULL)
        call->result = call->func (call->pool);
      is_last = call->func == NULL;
      g_atomic_pointer_set (&self->call, NULL);
    }
  while (!is_last);

  return NULL;
}

static void
other_start (Other *self)
{
  self->call = NULL;
  self->thread = g_thread_new ("other", run_other, self);
}

static gpointer
other_call (Other *self, OtherFunc func, FsmmPool *pool)
{
  Call call = { func, pool, NULL };

  g_atomic_pointer_set (&self->call, &call);
  while (g_atomic_pointer_get (&self->call) != NULL)
    g_usleep (20);

  return call.result;
}

static void
other_end (Other *self)
{
  other_call (self, NULL, NULL);
  g_thread_join (self->thread);
}

static gpointer
take_and_give_100 (FsmmPool *pool)
{
  gpointer blocks[100];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (pool, blocks[i]);

  return NULL;
}

static gpointer
take_one (FsmmPool *pool)
{
  return fsmm_test_alloc (pool);
}

static gpointer
count_own (FsmmPool *pool)
{
  FsmmCache *cache = fsmm_thread_get_cache (pool->store.index);

  return GUINT_TO_POINTER (cache != NULL ? cache->n_blocks : 0);
}

/* --- Limits and counts --- */

/* All blocks that there can be are idle in another thread's cache: nobody is refused for that. */
static void
test_no_refusal_for_idle_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 100, NULL);
  g_autoptr (GError) error = NULL;
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), >, 50);

  for (guint i = 0; i < 99; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  g_assert_nonnull (other_call (&other, take_one, pool));
  fsmm_test_assert_counts (pool, 100, 1);

  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 100);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);

  other_end (&other);
}

static void
test_many_are_taken_from_idle_blocks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 100, NULL);
  gpointer blocks[100];
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  fsmm_test_free (pool, fsmm_test_alloc (pool));

  g_assert_true (fsmm_pool_alloc_many (pool, 100, blocks, NULL));
  g_assert_false (fsmm_pool_alloc_many (pool, 1, blocks, NULL));
  fsmm_test_assert_counts (pool, 100, 1);
  g_assert_true (fsmm_pool_free_many (pool, 100, blocks, NULL));
  g_assert_true (fsmm_pool_reserve (pool, 100, NULL));
  fsmm_test_assert_counts (pool, 0, 1);

  other_end (&other);
}

/* Nor where the system has no memory left. */
static void
test_idle_blocks_instead_of_memory (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer block;
  Other other;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  fsmm_pool_trim (pool);
  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  fsmm_test_assert_counts (pool, 0, 7);
  g_assert_cmpuint (pool->store.n_free, ==, 0);

  fsmm_system_fail_nth (1);
  block = fsmm_pool_alloc (pool, NULL);
  g_assert_true (fsmm_system_fail_none ());
  g_assert_nonnull (block);
  fsmm_test_assert_counts (pool, 1, 7);
  fsmm_test_assert_sound (pool);

  other_end (&other);
}

static void
test_counts_with_caches (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer mine[10];
  Other other;

  other_start (&other);
  for (guint i = 0; i < G_N_ELEMENTS (mine); i++)
    mine[i] = fsmm_test_alloc (pool);
  other_call (&other, take_one, pool);
  other_call (&other, take_one, pool);

  fsmm_test_assert_counts (pool, 12, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 12);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 4096 - 12);

  for (guint i = 0; i < G_N_ELEMENTS (mine); i++)
    fsmm_test_free (pool, mine[i]);
  fsmm_test_assert_counts (pool, 2, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 12);

  other_call (&other, take_and_give_100, pool);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 102);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 2);
  g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), ==, 0);
  fsmm_test_assert_counts (pool, 0, 0);

  other_end (&other);
}

/* What is idle in a cache keeps no chunk from the system. */
static void
test_trim_takes_from_caches (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  Other other;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  take_and_give_100 (pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), >=, 7);

  g_assert_cmpuint (fsmm_pool_trim (pool), >=, 7 * 1024);
  fsmm_test_assert_counts (pool, 0, 0);
  g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), ==, 0);

  other_call (&other, take_and_give_100, pool);
  fsmm_test_assert_sound (pool);
  other_end (&other);
}

/* What a thread keeps is no reason for a pool to grow. */
static void
test_caches_add_no_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  for (guint i = 1; i <= 40; i++)
    {
      fsmm_test_alloc (pool);
      g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, (i + 15) / 16);
    }
}

/* --- Who has a cache --- */

static void
test_large_blocks_are_not_kept (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (1024 * 1024, 0);

  for (guint i = 0; i < 20; i++)
    {
      guint8 *block = fsmm_pool_alloc0 (pool, NULL);

      g_assert_cmpuint (block[0] + block[1024 * 1024 - 1], ==, 0);
      block[0] = 1;
      fsmm_test_free (pool, block);
      fsmm_test_assert_refused (pool, block, FSMM_ERROR_DOUBLE_FREE, "free already");
      g_assert_null (count_own (pool));
    }
  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);
}

/* There are marks for so many threads; all others use the lock. */
static void
test_more_threads_than_marks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  Other others[FSMM_MAX_MARKS + 10];

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      other_start (&others[i]);
      other_call (&others[i], take_and_give_100, pool);
    }

  g_assert_cmpuint (pool->store.n_marks, ==, FSMM_MAX_MARKS);
  g_assert_cmpuint (pool->store.readers.length, ==, FSMM_MAX_MARKS);
  fsmm_test_assert_sound (pool);
  fsmm_test_assert_counts (pool, 0, fsmm_pool_get_n_chunks (pool));
  g_assert_nonnull (other_call (&others[G_N_ELEMENTS (others) - 1], take_one, pool));
  g_assert_nonnull (other_call (&others[0], take_one, pool));

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    other_end (&others[i]);

  g_assert_cmpuint (pool->store.n_marks, ==, 0);
  fsmm_test_assert_counts (pool, 2, fsmm_pool_get_n_chunks (pool));
  fsmm_test_assert_sound (pool);
}

/* More than a thread finds quickly: each must get its own all the same. */
static void
test_many_pools_in_one_thread (void)
{
  FsmmPool *pools[1000];
  gpointer blocks[G_N_ELEMENTS (pools)];

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      pools[i] = fsmm_test_pool_new (64, 1024);
      blocks[i] = fsmm_test_alloc (pools[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      FsmmPool *wrong = pools[(i + 1) % G_N_ELEMENTS (pools)];

      fsmm_test_assert_refused (wrong, blocks[i], FSMM_ERROR_INVALID_POINTER, "free it there");
      fsmm_test_free (pools[i], blocks[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (pools); i += 2)
    {
      fsmm_test_assert_sound (pools[i]);
      g_object_unref (pools[i]);
      pools[i] = fsmm_test_pool_new (32, 1024);
    }
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      g_assert_nonnull (fsmm_test_alloc (pools[i]));
      fsmm_test_assert_counts (pools[i], 1, 1);
      g_object_unref (pools[i]);
    }
}

/* A pool that dies takes its caches along; one that is born in its place has none of them. */
static void
test_pool_dies_before_threads (void)
{
  Other other;

  other_start (&other);
  for (guint i = 0; i < 100; i++)
    {
      FsmmPool *pool = fsmm_test_pool_new (i % 2 ? 64 : 32, 0);

      other_call (&other, take_and_give_100, pool);
      take_and_give_100 (pool);
      fsmm_test_assert_counts (pool, 0, 1);
      g_object_unref (pool);
    }
  other_end (&other);
}

/* --- What becomes of a block that two threads have freed at the same moment --- */

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

/* Many are taken while one in the own cache, the top or another, is somebody else's: no more than there
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

/* A stale free has hit the block of a handle: the handle finds out, and lets nobody else's block
 * go. */
static void
test_lost_by_a_handle (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  FsmmTakeResult result;
  gsize epoch;
  FsmmSlot held[2];

  for (guint i = 0; i < 2; i++)
    {
      held[i] = fsmm_store_take (store, FSMM_STATE_HELD, (FsmmFill) { 0 }, &epoch, &result);
      fsmm_state_set (held[i].state, FSMM_STATE_LIVE);
      fsmm_test_free (pool, held[i].block);
    }

  g_assert_false (fsmm_store_let_go (store, held[0].block, epoch));
  expect_report ("1");
  g_assert_true (fsmm_store_give_held (store, held[1].block, epoch));
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 1);
  fsmm_test_assert_sound (pool);
}

/* All or none: what was given before the fault came up is live again. */
static void
test_free_many_undone_in_cache (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autoptr (GError) error = NULL;
  gpointer blocks[3];

  for (guint i = 0; i < 3; i++)
    blocks[i] = fsmm_test_alloc (pool);
  fsmm_test_free (pool, blocks[2]);

  g_assert_false (fsmm_pool_free_many (pool, 3, blocks, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[0]));
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[1]));
  fsmm_test_assert_counts (pool, 2, 1);
  fsmm_test_assert_sound (pool);
}

static void
test_stopped_caches_are_not_entered (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  FsmmCache *cache;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  cache = fsmm_thread_get_cache (store->index);

  g_assert_nonnull (cache);
  g_assert_true (fsmm_cache_enter (store) == cache);
  fsmm_cache_leave (cache);
  g_assert_true (fsmm_cache_enter_quickly (pool) == cache);
  fsmm_cache_leave (cache);

  cache->reader.stop |= FSMM_READER_STOPPED;
  g_assert_null (fsmm_cache_enter (store));
  g_assert_null (fsmm_cache_enter_quickly (pool));
  g_assert_cmpint (cache->reader.busy, ==, 0);
  fsmm_test_free (pool, fsmm_test_alloc (pool));
  cache->reader.stop &= ~FSMM_READER_STOPPED;

  cache->reader.stop |= FSMM_READER_FENCED;
  g_assert_null (fsmm_cache_enter_quickly (pool));
  g_assert_true (fsmm_cache_enter (store) == cache);
  fsmm_cache_leave (cache);
  fsmm_test_assert_sound (pool);
}

/* --- What it costs --- */

static void
test_cost_of_a_thread (void)
{
  FsmmPool *pools[200];
  gpointer *blocks = g_new0 (gpointer, 10000);
  gsize before;
  double cost;

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      pools[i] = fsmm_test_pool_new (64, 0);
      g_assert_true (fsmm_pool_reserve (pools[i], 1, NULL));
    }

  /* As large as a cache becomes, without the blocks and their chunk. */
  before = fsmm_test_resident_bytes ();
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      for (guint j = 0; j < 10000; j++)
        blocks[j] = fsmm_test_alloc (pools[i]);
      for (guint j = 0; j < 10000; j++)
        fsmm_test_free (pools[i], blocks[j]);
      g_assert_cmpuint (GPOINTER_TO_UINT (count_own (pools[i])), >=, 500);
      fsmm_pool_free_all (pools[i]);
    }
  cost = (double) (fsmm_test_resident_bytes () - before) / G_N_ELEMENTS (pools);
  g_test_message ("%.0f bytes are resident for a thread that has used a pool", cost);
  g_assert_cmpfloat (cost, <=, 16 * 1024);

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    g_object_unref (pools[i]);
  g_free (blocks);
}

/* --- Without the kernel's help, and after a fork () --- */

static void
test_fenced_caches (void)
{
  gboolean was_symmetric = fsmm_barrier_is_symmetric;
  FsmmPool *pool;
  Other other;

  fsmm_barrier_is_symmetric = TRUE;
  pool = fsmm_test_pool_new (64, 1024);
  other_start (&other);

  for (guint i = 0; i < 20; i++)
    {
      other_call (&other, take_and_give_100, pool);
      take_and_give_100 (pool);
      g_assert_cmpuint (GPOINTER_TO_UINT (other_call (&other, count_own, pool)), >, 0);
      fsmm_pool_trim (pool);
      fsmm_test_assert_counts (pool, 0, 0);
    }

  other_end (&other);
  g_object_unref (pool);
  fsmm_barrier_is_symmetric = was_symmetric;
}

/* Other threads do not exist in the child, but their blocks do. */
static void
test_child_gets_blocks_of_others (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 0, 100, NULL);
  Other other;
  int status;
  pid_t child;

  other_start (&other);
  other_call (&other, take_and_give_100, pool);
  g_assert_nonnull (other_call (&other, take_one, pool));
  fsmm_test_alloc (pool);

  child = fsmm_test_fork ();
  if (child == 0)
    {
      for (guint i = 0; i < 98; i++)
        if (fsmm_pool_alloc (pool, NULL) == NULL)
          _exit (1);
      _exit (fsmm_pool_alloc (pool, NULL) == NULL && pool->store.readers.length == 1 ? 0 : 2);
    }

  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
  g_assert_nonnull (other_call (&other, take_one, pool));
  fsmm_test_assert_counts (pool, 3, 1);
  other_end (&other);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  /* First, so that what others leave on the heap does not hide it. */
  if (!fsmm_test_is_slow_environment ())
    g_test_add_func ("/cache/cost-of-a-thread", test_cost_of_a_thread);

  g_test_add_func ("/cache/no-refusal-for-idle-blocks", test_no_refusal_for_idle_blocks);
  g_test_add_func ("/cache/many-are-taken-from-idle-blocks", test_many_are_taken_from_idle_blocks);
  g_test_add_func ("/cache/idle-blocks-instead-of-memory", test_idle_blocks_instead_of_memory);
  g_test_add_func ("/cache/counts", test_counts_with_caches);
  g_test_add_func ("/cache/trim-takes-from-caches", test_trim_takes_from_caches);
  g_test_add_func ("/cache/adds-no-chunks", test_caches_add_no_chunks);
  g_test_add_func ("/cache/large-blocks-are-not-kept", test_large_blocks_are_not_kept);
  g_test_add_func ("/cache/more-threads-than-marks", test_more_threads_than_marks);
  g_test_add_func ("/cache/many-pools-in-one-thread", test_many_pools_in_one_thread);
  g_test_add_func ("/cache/pool-dies-before-threads", test_pool_dies_before_threads);
  g_test_add_func ("/cache/free-many-undone", test_free_many_undone_in_cache);
  g_test_add_func ("/cache/stopped", test_stopped_caches_are_not_entered);
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
  g_test_add_func ("/cache/fenced", test_fenced_caches);
  g_test_add_func ("/cache/child-gets-blocks-of-others", test_child_gets_blocks_of_others);

  return g_test_run ();
}
