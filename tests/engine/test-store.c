/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"
#include "fsmm-glib/base/fsmm-system.h"

#include <string.h>

/* --- A random walk beside an independent model --- */

/* What the pool ought to hold: every block that is live, with the byte it is filled with, and every
 * address that was live once. */
typedef struct {
  FsmmPool *pool;
  GRand *rand;
  GPtrArray *live;
  GHashTable *is_live; /* by address: the byte */
  GPtrArray *gone;
  gsize max_blocks;
  gsize peak;
  guint8 next_byte;
} Walk;

static void
walk_init (Walk *walk, guint32 seed, gsize alloc_size, gsize max_blocks)
{
  walk->pool = fsmm_pool_new_full ("test", alloc_size, 8, 1024, max_blocks, NULL);
  walk->rand = g_rand_new_with_seed (seed);
  walk->live = g_ptr_array_new ();
  walk->is_live = g_hash_table_new (NULL, NULL);
  walk->gone = g_ptr_array_new ();
  walk->max_blocks = max_blocks;
  walk->peak = 0;
  walk->next_byte = 0;
}

static void
walk_clear (Walk *walk)
{
  g_object_unref (walk->pool);
  g_rand_free (walk->rand);
  g_ptr_array_unref (walk->live);
  g_hash_table_unref (walk->is_live);
  g_ptr_array_unref (walk->gone);
}

static void
walk_add (Walk *walk, gpointer block)
{
  guint8 byte = ++walk->next_byte;

  /* Nothing may be handed out that is live. */
  g_assert_true (g_hash_table_insert (walk->is_live, block, GUINT_TO_POINTER (byte)));
  g_ptr_array_add (walk->live, block);
  memset (block, byte, fsmm_pool_get_alloc_size (walk->pool));
  walk->peak = MAX (walk->peak, walk->live->len);
}

static void
walk_check (Walk *walk, guint index)
{
  guint8 *block = walk->live->pdata[index];
  guint byte = GPOINTER_TO_UINT (g_hash_table_lookup (walk->is_live, block));

  for (gsize i = 0; i < fsmm_pool_get_alloc_size (walk->pool); i++)
    g_assert_cmpuint (block[i], ==, byte);
}

static void
walk_remove (Walk *walk, guint index)
{
  gpointer block = g_ptr_array_remove_index_fast (walk->live, index);

  g_hash_table_remove (walk->is_live, block);
  g_ptr_array_add (walk->gone, block);
}

static gsize
walk_room (Walk *walk)
{
  return walk->max_blocks == 0 ? G_MAXSIZE : walk->max_blocks - walk->live->len;
}

static void
step_alloc (Walk *walk)
{
  gpointer block = g_rand_boolean (walk->rand) ? fsmm_pool_alloc (walk->pool, NULL)
                                               : fsmm_pool_alloc0 (walk->pool, NULL);

  g_assert_cmpint (block != NULL, ==, walk_room (walk) > 0);
  if (block != NULL)
    walk_add (walk, block);
}

static void
step_alloc_many (Walk *walk)
{
  gpointer blocks[64];
  guint n = g_rand_int_range (walk->rand, 0, 64);
  gboolean taken = fsmm_pool_alloc_many (walk->pool, n, blocks, NULL);

  g_assert_cmpint (taken, ==, n <= walk_room (walk));
  for (guint i = 0; taken && i < n; i++)
    walk_add (walk, blocks[i]);
}

static void
step_free (Walk *walk)
{
  guint index;

  if (walk->live->len == 0)
    return;

  index = g_rand_int_range (walk->rand, 0, (gint32) walk->live->len);
  walk_check (walk, index);
  fsmm_test_free (walk->pool, walk->live->pdata[index]);
  walk_remove (walk, index);
}

static void
step_free_many (Walk *walk)
{
  gpointer blocks[64];
  guint wanted = g_rand_int_range (walk->rand, 0, 64);
  guint n = MIN (walk->live->len, wanted);
  guint first = walk->live->len - n;

  for (guint i = 0; i < n; i++)
    {
      walk_check (walk, first + i);
      blocks[i] = walk->live->pdata[first + i];
    }

  /* Every other time with one that is bad. */
  if (n > 0 && g_rand_boolean (walk->rand))
    {
      guint bad = g_rand_int_range (walk->rand, 0, (gint32) n);

      blocks[bad] = g_rand_boolean (walk->rand) ? (guint8 *) blocks[bad] + 1 : blocks[(bad + 1) % n];
      if (blocks[bad] != walk->live->pdata[first + bad])
        {
          g_autoptr (GError) error = NULL;

          g_assert_false (fsmm_pool_free_many (walk->pool, n, blocks, &error));
          g_assert_nonnull (error);
          return;
        }
    }

  g_assert_true (fsmm_pool_free_many (walk->pool, n, blocks, NULL));
  while (n-- > 0)
    walk_remove (walk, walk->live->len - 1);
}

static void
step_bad_free (Walk *walk)
{
  g_autoptr (GError) error = NULL;
  guint8 *address;

  if (walk->gone->len == 0)
    return;

  address = walk->gone->pdata[g_rand_int_range (walk->rand, 0, (gint32) walk->gone->len)];
  address += g_rand_int_range (walk->rand, 0, 3) * 4;
  if (g_hash_table_contains (walk->is_live, address))
    return;

  g_assert_false (fsmm_pool_is_allocated (walk->pool, address));
  g_assert_false (fsmm_pool_free (walk->pool, address, &error));
  g_assert_true (g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE) ||
                 g_error_matches (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER));
}

static void
step_reserve (Walk *walk)
{
  gsize n = g_rand_int_range (walk->rand, 0, 100);

  g_assert_cmpint (fsmm_pool_reserve (walk->pool, n, NULL), ==, n <= walk_room (walk));
  if (n <= walk_room (walk))
    g_assert_cmpuint (fsmm_pool_get_n_free (walk->pool), >=, n);
}

static void
step_trim (Walk *walk)
{
  gsize before = fsmm_pool_get_reserved_bytes (walk->pool);
  gsize trimmed = fsmm_pool_trim (walk->pool);

  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (walk->pool), ==, before - trimmed);
}

static void
step_free_all (Walk *walk)
{
  g_assert_cmpuint (fsmm_pool_free_all (walk->pool), ==, walk->live->len);
  g_ptr_array_extend (walk->gone, walk->live, NULL, NULL);
  g_ptr_array_set_size (walk->live, 0);
  g_hash_table_remove_all (walk->is_live);
}

static void
expect_live (gpointer block, gpointer user_data)
{
  g_assert_true (g_hash_table_remove (user_data, block));
}

static void
step_foreach (Walk *walk)
{
  g_autoptr (GHashTable) expected = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < walk->live->len; i++)
    g_hash_table_add (expected, walk->live->pdata[i]);
  fsmm_pool_foreach (walk->pool, expect_live, expected);
  g_assert_cmpuint (g_hash_table_size (expected), ==, 0);
}

static void
walk_step (Walk *walk)
{
  guint dice = g_rand_int_range (walk->rand, 0, 1000);

  if (dice < 350)
    step_alloc (walk);
  else if (dice < 420)
    step_alloc_many (walk);
  else if (dice < 760)
    step_free (walk);
  else if (dice < 820)
    step_free_many (walk);
  else if (dice < 950)
    step_bad_free (walk);
  else if (dice < 970)
    step_reserve (walk);
  else if (dice < 990)
    step_trim (walk);
  else if (dice < 997)
    step_foreach (walk);
  else
    step_free_all (walk);

  g_assert_cmpuint (fsmm_pool_get_n_allocated (walk->pool), ==, walk->live->len);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (walk->pool), ==, walk->peak);
  fsmm_test_assert_sound (walk->pool);
}

static void
test_random_walk (void)
{
  const gsize sizes[] = { 8, 24, 64, 100, 700, 3000 };
  guint n_steps = fsmm_test_is_slow_environment () ? 1000 : 10000;

  for (guint i = 0; i < 2 * G_N_ELEMENTS (sizes); i++)
    {
      Walk walk;

      walk_init (&walk, g_test_rand_int (), sizes[i / 2], i % 2 ? 0 : 90);
      for (guint step = 0; step < n_steps; step++)
        walk_step (&walk);
      walk_clear (&walk);
    }
}

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
  assert_fault (pool, "nobody pins");
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
  assert_fault (pool, "3 chunks are in the table");
  g_hash_table_remove (store->chunks, store);

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

  g_test_add_func ("/store/random-walk", test_random_walk);
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
