/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"
#include "fsmm-glib/base/fsmm-system.h"

#include <string.h>

/* --- A pool that is large enough for huge pages --- */

static void
test_large_pool (gconstpointer data)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (8192, GPOINTER_TO_SIZE (data));
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  gpointer blocks[2500];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      blocks[i] = fsmm_test_alloc (pool);
      *(gpointer *) blocks[i] = blocks[i];
      ((gpointer *) blocks[i])[1023] = blocks[i];
    }
  fsmm_test_assert_sound (pool);

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      guint j = g_rand_int_range (rand, 0, G_N_ELEMENTS (blocks));
      gpointer swapped = blocks[i];

      blocks[i] = blocks[j];
      blocks[j] = swapped;
    }
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      g_assert_true (*(gpointer *) blocks[i] == blocks[i]);
      g_assert_true (((gpointer *) blocks[i])[1023] == blocks[i]);
      fsmm_test_free (pool, blocks[i]);
      if (i % 500 == 0)
        fsmm_pool_trim (pool);
    }

  fsmm_test_assert_sound (pool);
  fsmm_pool_trim (pool);
  fsmm_test_assert_counts (pool, 0, 0);
  fsmm_test_assert_sound (pool);
}

/* --- The checker itself --- */

static void
assert_fault (FsmmPool *pool, const char *words)
{
  g_autofree char *fault = fsmm_heap_find_fault (&pool->store);

  g_assert_nonnull (fault);
  if (strstr (fault, words) == NULL)
    g_error ("“%s” does not say “%s”", fault, words);
}

/* A checker that finds nothing is worth nothing: break what it looks at, one thing at a time. */
static void
test_checker_finds_faults_in_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  FsmmChunk *chunk;

  for (guint i = 0; i < 17; i++)
    fsmm_test_alloc (pool);
  /* Brings what is in the cache back to the store. */
  g_assert_true (fsmm_pool_reserve (pool, 0, NULL));
  fsmm_test_assert_sound (pool);
  chunk = g_queue_peek_head (&store->open);

  chunk->states[0] = FSMM_STATE_FREE;
  assert_fault (pool, "block 0 is not free, but its state is 1");
  chunk->states[0] = FSMM_STATE_LIVE;

  chunk->states[1] = FSMM_STATE_HELD;
  assert_fault (pool, "block 1 is free, but its state is 3");
  chunk->states[1] = FSMM_STATE_UNUSED;

  chunk->free[0] |= (guint64) 1 << 16;
  assert_fault (pool, "behind the last one");
  chunk->free[0] &= ~((guint64) 1 << 16);

  chunk->groups[0] = 0;
  assert_fault (pool, "group bit");
  chunk->groups[0] = 1;

  chunk->first_group = 1;
  assert_fault (pool, "before the first group");
  chunk->first_group = 0;

  chunk->n_out++;
  assert_fault (pool, "15 blocks in it and 2 out of it are not 16");
  chunk->n_out--;

  chunk->serial = 0;
  assert_fault (pool, "out of order");
  chunk->serial = 1;

  chunk->detached = TRUE;
  assert_fault (pool, "still in the table");
  g_hash_table_remove (store->chunks, chunk->base);
  assert_fault (pool, "still in the page map");
  fsmm_segment_set_content (&store->segments, chunk->segment, chunk->base, NULL);
  assert_fault (pool, "nobody pins");
  fsmm_store_make_known (store, chunk);
  chunk->detached = FALSE;

  g_queue_unlink (&store->open, &chunk->open_link);
  assert_fault (pool, "missing in the queue");
  g_queue_push_tail_link (&store->open, &chunk->open_link);

  fsmm_segment_set_content (&store->segments, chunk->segment, chunk->base, NULL);
  assert_fault (pool, "not in the page map");
  fsmm_segment_set_content (&store->segments, chunk->segment, chunk->base, chunk);

  g_hash_table_remove (store->chunks, chunk->base);
  assert_fault (pool, "not in the table");
  g_hash_table_insert (store->chunks, chunk->base, chunk);

  g_hash_table_insert (store->chunks, store, chunk);
  assert_fault (pool, "3 chunks are in the table, 2 in the page map, and 2 in the list");
  g_hash_table_remove (store->chunks, store);

  chunk->segment->n_contents++;
  assert_fault (pool, "2 chunks are in the table, 3 in the page map, and 2 in the list");
  chunk->segment->n_contents--;

  store->n_out++;
  assert_fault (pool, "17 blocks are out, 18 are counted");
  store->n_out--;

  store->n_free++;
  assert_fault (pool, "15 blocks are free, 16 are counted");
  store->n_free--;

  fsmm_test_assert_sound (pool);
}

static void
test_checker_finds_faults_in_caches (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  FsmmCache *cache;
  FsmmState *state;

  fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  cache = g_queue_peek_head (&store->readers);
  state = cache->slots[0].state;

  *state = FSMM_STATE_LIVE;
  assert_fault (pool, "is in a cache, but its state is 2");
  *state = cache->mark;

  cache->slots[0].state = state + 1;
  assert_fault (pool, "is in a cache, and is no block");
  cache->slots[0].state = state;

  cache->reader.known[0] = (FsmmKnownChunk) { 1 << 20, cache->slots[0].state };
  assert_fault (pool, "that is gone or closed");
  cache->reader.known[0].base = FSMM_NO_BASE;

  cache->low = cache->n_blocks + 1;
  assert_fault (pool, "and never less than");
  cache->low = cache->n_blocks;

  store->n_marks++;
  assert_fault (pool, "1 caches have 1 marks, and 2 are counted");
  store->n_marks--;

  cache->n_blocks--;
  cache->low = cache->n_blocks;
  store->peak_live = 1;
  g_assert_null (fsmm_heap_find_fault (store));
  g_assert_cmpuint (store->peak_live, ==, 2);
  cache->n_blocks++;

  fsmm_test_assert_sound (pool);
}

/* --- Memory runs out --- */

/* The system refuses the k-th request, for every k: each call fails as a whole, and works when
 * it is made again. */
static void
test_no_memory_at_any_request (gconstpointer data)
{
  gsize n_blocks = GPOINTER_TO_SIZE (data);
  guint nth = 0;
  guint n_refused = 0;
  gboolean failed, taken;

  do
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (1024, 16384);
      g_autofree gpointer *blocks = g_new0 (gpointer, n_blocks);
      gpointer first = fsmm_test_alloc (pool);

      fsmm_system_fail_nth (++nth);
      taken = fsmm_pool_alloc_many (pool, n_blocks, blocks, NULL);
      if (taken)
        g_assert_true (fsmm_pool_free_many (pool, n_blocks, blocks, NULL));
      failed = fsmm_system_fail_none ();
      n_refused += !taken;

      if (!taken)
        {
          g_assert_null (blocks[0]);
          fsmm_test_assert_counts (pool, 1, 1);
          g_assert_true (fsmm_pool_alloc_many (pool, n_blocks, blocks, NULL));
          g_assert_true (fsmm_pool_free_many (pool, n_blocks, blocks, NULL));
        }

      fsmm_test_free (pool, first);
      fsmm_test_assert_sound (pool);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
    }
  while (failed);

  /* It did come to a failure for each chunk at least. Where one was all that was missing, what the
   * thread keeps for itself may have helped out. */
  g_assert_cmpuint (nth, >, n_blocks / 16);
  g_assert_cmpuint (n_refused, >=, n_blocks / 16 - 1);
}

/* What the first block of a pool takes: a place in the thread's table, a cache, room in the
 * table of chunks, a segment, its memory, the chunk. It can do without the first two. */
static void
test_no_memory_for_the_first_chunk (void)
{
  g_autoptr (FsmmPool) other = fsmm_test_pool_new (64, 0);
  guint n_refused = 0;
  gboolean failed = TRUE;

  fsmm_test_alloc (other);
  for (guint nth = 1; failed; nth++)
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
      gpointer block;

      fsmm_system_fail_nth (nth);
      block = fsmm_pool_alloc (pool, NULL);
      failed = fsmm_system_fail_none ();
      n_refused += block == NULL;
      fsmm_test_assert_counts (pool, block != NULL, block != NULL);
      fsmm_test_assert_sound (pool);
    }

  g_assert_cmpuint (n_refused, >=, 4);
}

static void
test_no_memory_says_so (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autoptr (GError) error = NULL;

  /* So that there are caches, and a handle: then there is nothing to ask for but a chunk. */
  fsmm_block_unref (fsmm_pool_acquire (pool, NULL));
  g_assert_cmpuint (fsmm_pool_trim (pool), >, 0);

  fsmm_system_fail_nth (1);
  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
  g_assert_nonnull (strstr (error->message, "\"test\""));
  g_clear_error (&error);

  fsmm_system_fail_nth (1);
  g_assert_null (fsmm_pool_acquire (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);

  fsmm_test_free (pool, fsmm_test_alloc (pool));
}

int
main (int argc, char *argv[])
{
  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/store/large/default-chunks", NULL, test_large_pool);
  g_test_add_data_func ("/store/large/small-chunks", GSIZE_TO_POINTER (16384), test_large_pool);
  g_test_add_data_func ("/store/large/odd-chunks", GSIZE_TO_POINTER (100000), test_large_pool);
  g_test_add_data_func ("/store/large/large-chunks", GSIZE_TO_POINTER (4 << 20), test_large_pool);
  g_test_add_func ("/store/checker-finds-faults/chunks", test_checker_finds_faults_in_chunks);
  if (has_caches)
    g_test_add_func ("/store/checker-finds-faults/caches", test_checker_finds_faults_in_caches);
  g_test_add_data_func ("/store/no-memory/one-chunk", GSIZE_TO_POINTER (16),
                        test_no_memory_at_any_request);
  g_test_add_data_func ("/store/no-memory/many-chunks", GSIZE_TO_POINTER (200),
                        test_no_memory_at_any_request);
  g_test_add_func ("/store/no-memory/first-chunk", test_no_memory_for_the_first_chunk);
  g_test_add_func ("/store/no-memory/says-so", test_no_memory_says_so);

  return g_test_run ();
}
