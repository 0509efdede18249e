/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/engine/chunk/fsmm-spare.h"
#include "fsmm-glib/engine/cache/fsmm-thread.h"
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

static const FsmmState no_states[] = {
  FSMM_STATE_TAIL, FSMM_STATE_QUARANTINED + 1, 0x7f, 0x81, 0xbf, 0xc1, 0xff
};

static void
test_checker_finds_faults_in_cells (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 40, 8, 1024, 0, NULL);
  FsmmState *cells;
  gpointer block = fsmm_test_alloc (pool);

  cells = fsmm_store_find (&pool->store, block).region->cells;
  fsmm_test_assert_sound (pool);

  for (guint i = 0; i < G_N_ELEMENTS (no_states); i++)
    {
      g_autofree char *words = g_strdup_printf ("block 7 has the state %u", no_states[i]);

      cells[7] = no_states[i];
      assert_fault (pool, words);
      cells[7] = FSMM_STATE_UNUSED;
    }

  g_assert_cmpuint (pool->store.geometry.n_blocks, ==, 25);
  cells[25] = FSMM_STATE_FREE;
  assert_fault (pool, "block 25 has the state 128");
  cells[25] = FSMM_STATE_TAIL;

  cells[1] = FSMM_STATE_LIVE;
  assert_fault (pool, "are claimed, and not idle");
  cells[1] = FSMM_STATE_REMOTE;
  assert_fault (pool, "are claimed, and not idle");
  cells[1] = FSMM_STATE_UNUSED;

  cells[0] = FSMM_STATE_FREE;
  assert_fault (pool, "0 blocks are out, 1 are counted");
  cells[0] = FSMM_STATE_CLAIMED;
  fsmm_test_assert_sound (pool);
  cells[0] = FSMM_STATE_LIVE;
  fsmm_test_assert_sound (pool);
}

static void
test_checker_finds_faults_in_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  FsmmChunk *chunk;

  for (guint i = 0; i < 17; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  chunk = store->all.tail->data;

  chunk->serial = 0;
  assert_fault (pool, "out of order");
  chunk->serial = 1;

  chunk->regions[0].n_blocks--;
  assert_fault (pool, "block 15 has the state 192");
  chunk->regions[0].n_blocks++;

  chunk->regions[0].first++;
  assert_fault (pool, "starts with block 1");
  chunk->regions[0].first--;

  chunk->base += 64;
  g_hash_table_insert (store->chunks, chunk->base, chunk);
  assert_fault (pool, "chunk");
  g_hash_table_remove (store->chunks, chunk->base);
  chunk->base -= 64;

  chunk->detached = TRUE;
  assert_fault (pool, "still in the table");
  g_hash_table_remove (store->chunks, chunk->base);
  assert_fault (pool, "still in the page map");
  fsmm_segment_set_content (&store->segments, chunk->segment, chunk->base, NULL);
  fsmm_store_make_known (store, chunk);
  chunk->detached = FALSE;

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

  fsmm_test_assert_sound (pool);
}

static void
test_checker_finds_faults_in_counts (gconstpointer max_blocks)
{
  g_autoptr (FsmmPool) pool =
      fsmm_pool_new_full ("test", 64, 0, 1024, GPOINTER_TO_SIZE (max_blocks), NULL);
  FsmmStore *store = &pool->store;

  for (guint i = 0; i < 17; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);

  store->n_live++;
  assert_fault (pool, "17 blocks are out, 18 are counted");
  store->n_live -= 2;
  assert_fault (pool, "17 blocks are out, 16 are counted");
  store->n_live++;

  store->n_blocks++;
  assert_fault (pool, "there are 32 blocks, 33 are counted");
  store->n_blocks--;

  if (max_blocks != NULL)
    {
      gsize n_counted = store->n_counted;

      store->n_counted = 16;
      assert_fault (pool, "17 blocks are out, but only 16 count for the limit");
      store->n_counted = n_counted;
    }

  fsmm_test_assert_sound (pool);
}

/* --- Owners --- */

/* A region that a thread owns, and the other one of the same chunk, which is for any. */
typedef struct
{
  FsmmPool *pool;
  FsmmCache *cache;
  FsmmRegion *owned;
  FsmmRegion *fresh;
} Scene;

static void
scene_init (Scene *self)
{
  self->pool = fsmm_test_pool_new (64, 2 * FSMM_REGION_BYTES);
  self->owned = fsmm_store_find (&self->pool->store, fsmm_test_alloc (self->pool)).region;
  self->fresh = g_queue_peek_head (&self->pool->store.fresh);
  self->cache = fsmm_region_get_owner (self->owned);
  g_assert_nonnull (self->cache);
  g_assert_nonnull (self->fresh);
  fsmm_test_assert_sound (self->pool);
}

static void
scene_clear (Scene *self)
{
  fsmm_test_assert_sound (self->pool);
  g_object_unref (self->pool);
}

static void
test_checker_finds_faults_in_owners (void)
{
  g_autoptr (FsmmPool) another = fsmm_test_pool_new (64, 0);
  Scene scene;

  scene_init (&scene);

  scene.owned->owner = &scene.pool->store.common;
  assert_fault (scene.pool, "is among those of another thread");
  scene.owned->owner = &another->store.common;
  assert_fault (scene.pool, "has an owner of another store");
  scene.owned->owner = NULL;
  assert_fault (scene.pool, "has no owner and is not in a queue");
  scene.owned->owner = scene.cache;

  scene.fresh->owner = scene.cache;
  assert_fault (scene.pool, "has an owner and is in a queue");
  scene.fresh->owner = NULL;

  scene_clear (&scene);
}

/* A region says whose it is, and that thread knows nothing of it: nobody hands its blocks out. */
static void
test_checker_finds_unknown_owners (void)
{
  Scene scene;

  scene_init (&scene);

  fsmm_store_take_region (scene.fresh);
  assert_fault (scene.pool, "has no owner and is not in a queue");
  scene.fresh->owner = scene.cache;
  assert_fault (scene.pool, "owner");
  scene.fresh->owner = NULL;
  fsmm_store_keep_region (&scene.pool->store.fresh, scene.fresh);

  scene_clear (&scene);
}

static void
test_checker_finds_faults_in_claims (void)
{
  Scene scene;
  FsmmCache *cache;
  FsmmState *cells;
  guint64 bits;

  scene_init (&scene);
  cache = scene.cache;
  cells = cache->front.word_cells;
  bits = cache->front.bits;
  g_assert_cmphex (bits, !=, 0);

  cache->front.bits |= 1;
  assert_fault (scene.pool, "are claimed, and not idle");
  cache->front.bits = bits;

  cache->front.word_cells = scene.fresh->cells;
  assert_fault (scene.pool, "has claimed blocks of no region");
  cache->front.word_cells = cells;

  cache->current = NULL;
  assert_fault (scene.pool, "has claimed blocks of no region");
  cache->current = scene.owned;

  scene.owned->is_queued = !scene.owned->is_queued;
  assert_fault (scene.pool, "wrongly said to be queued");
  scene.owned->is_queued = !scene.owned->is_queued;

  scene_clear (&scene);
}

/* --- Names --- */

/* A store is known by its name until it is gone, and one that has come in its place, at the same
 * address, is another. */
static void
test_names_of_stores (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);
  FsmmStoreName name = fsmm_store_get_name (&pool->store);
  FsmmStoreName earlier = name;

  earlier.id--;
  g_assert_false (fsmm_thread_lock_store (&earlier));
  g_assert_true (fsmm_thread_lock_store (&name));
  fsmm_unlock (pool->store.lock);
  g_object_unref (pool);
  g_assert_false (fsmm_thread_lock_store (&name));
}

/* --- Walking --- */

/* A chunk that has come in the place of the one that a walk has got to is too new for it. */
static void
test_walk_leaves_out_new_chunks (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[17], block;
  FsmmHeapWalk walk;
  guint n_shown = 0;

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (pool);
  fsmm_heap_walk_begin (&walk, &pool->store);
  g_assert_true (fsmm_heap_walk_next (&walk) == blocks[0]);

  for (guint i = 0; i < 16; i++)
    fsmm_test_free (pool, blocks[i]);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
  for (guint i = 1; i < 32; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 32, 2);
  g_assert_true (fsmm_pool_is_allocated (pool, blocks[0]));

  for (; (block = fsmm_heap_walk_next (&walk)) != NULL; n_shown++)
    g_assert_true (fsmm_test_region_of (pool, block) == fsmm_test_region_of (pool, blocks[16]));
  g_assert_cmpuint (n_shown, ==, 16);
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

      fsmm_spare_give_back ();
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
    {
      g_test_add_func ("/store/checker-finds-faults/cells", test_checker_finds_faults_in_cells);
      g_test_add_data_func ("/store/checker-finds-faults/counts", NULL,
                            test_checker_finds_faults_in_counts);
      g_test_add_data_func ("/store/checker-finds-faults/counts-below-a-limit",
                            GSIZE_TO_POINTER (100), test_checker_finds_faults_in_counts);
      g_test_add_func ("/store/checker-finds-faults/owners", test_checker_finds_faults_in_owners);
      g_test_add_func ("/store/checker-finds-faults/unknown-owners",
                       test_checker_finds_unknown_owners);
      g_test_add_func ("/store/checker-finds-faults/claims", test_checker_finds_faults_in_claims);
    }
  g_test_add_func ("/store/names", test_names_of_stores);
  g_test_add_func ("/store/walk/leaves-out-new-chunks", test_walk_leaves_out_new_chunks);
  g_test_add_data_func ("/store/no-memory/one-chunk", GSIZE_TO_POINTER (16),
                        test_no_memory_at_any_request);
  g_test_add_data_func ("/store/no-memory/many-chunks", GSIZE_TO_POINTER (200),
                        test_no_memory_at_any_request);
  g_test_add_func ("/store/no-memory/first-chunk", test_no_memory_for_the_first_chunk);
  g_test_add_func ("/store/no-memory/says-so", test_no_memory_says_so);

  return g_test_run ();
}
