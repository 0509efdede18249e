/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The table in which a thread finds the regions that it owns, without looking anywhere else. What
 * it finds there it frees without any further check: so it must find every block that it may free
 * so, and no other address. */

#include "other-thread.h"
#include "watched-memory.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"
#include "fsmm-glib/base/fsmm-system.h"

#include <string.h>

static gboolean
try_free (FsmmPool *pool, gconstpointer address)
{
  return fsmm_cache_try_free_own (pool->store.key, (gpointer) address, FSMM_STATE_LIVE, NULL, 0);
}

static void
know (FsmmPool *pool, FsmmRegion *region)
{
  fsmm_reader_know (&fsmm_thread, region, fsmm_region_get_owner (region));
}

/* --- Which addresses are found --- */

static void
assert_frees_just_starts (FsmmPool *pool, FsmmRegion *region)
{
  gsize size = pool->store.geometry.block_size;
  guintptr end = region->base + region->n_blocks * size;
  gsize n_freed = 0;

  for (guintptr i = region->base - 2 * size; i < end + 2 * size; i++)
    {
      gboolean is_start = i >= region->base && i < end && (i - region->base) % size == 0;

      if (try_free (pool, (gconstpointer) i) != is_start)
        g_error ("the address %" G_GINTPTR_FORMAT
                 " bytes behind a region of %u blocks of %" G_GSIZE_FORMAT " bytes is%s freed",
                 (gintptr) (i - region->base), region->n_blocks, size, is_start ? " not" : "");
      n_freed += is_start;
    }

  g_assert_cmpuint (n_freed, ==, region->n_blocks);
  g_assert_cmpuint (fsmm_region_count_idle (region), ==, region->n_blocks);
  g_assert_false (try_free (pool, (gconstpointer) region->base));
}

/* Each region of a chunk that is full, as if it were the only one that the thread owns. */
static void
test_every_start_and_nothing_else (gconstpointer data)
{
  g_autoptr (FsmmPool) pool =
      fsmm_pool_new_full ("test", GPOINTER_TO_SIZE (data), 1, 200000, 0, NULL);
  gsize n_blocks = pool->store.geometry.n_blocks;
  gpointer block = NULL;
  FsmmChunk *chunk;

  for (gsize i = 0; i < n_blocks; i++)
    block = fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, n_blocks, 1);

  chunk = fsmm_test_region_of (pool, block)->chunk;
  for (gsize i = 0; i < pool->store.geometry.n_regions; i++)
    fsmm_reader_forget (&fsmm_thread, &chunk->regions[i]);
  for (gsize i = 0; i < pool->store.geometry.n_regions; i++)
    {
      know (pool, &chunk->regions[i]);
      assert_frees_just_starts (pool, &chunk->regions[i]);
      fsmm_reader_forget (&fsmm_thread, &chunk->regions[i]);
    }
  fsmm_test_assert_counts (pool, 0, 1);
}

/* What any address is may be asked. */
static void
test_wild_addresses (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);

  g_assert_false (try_free (pool, NULL));
  g_assert_false (try_free (pool, (gpointer) G_MAXSIZE));
  for (guint bit = 0; bit < 8 * sizeof (gpointer); bit++)
    {
      g_assert_false (try_free (pool, (gpointer) ((guintptr) 1 << bit)));
      g_assert_false (try_free (pool, (gpointer) ((guintptr) block ^ (guintptr) 1 << bit)));
    }

  g_assert_true (try_free (pool, block));
  g_assert_false (try_free (pool, block));
}

static void
test_block_of_another_pool (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autoptr (FsmmPool) wrong = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);

  fsmm_test_alloc (wrong);
  g_assert_false (try_free (wrong, block));
  g_assert_true (try_free (pool, block));
}

/* Only what is LIVE: all other states are left as they are. */
static void
test_states (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);
  FsmmState *state = fsmm_store_find (&pool->store, block).state;

  for (guint i = 0; i < 256; i++)
    if (i != FSMM_STATE_LIVE)
      {
        *state = (FsmmState) i;
        g_assert_false (try_free (pool, block));
        g_assert_cmpuint (*state, ==, i);
      }
  *state = FSMM_STATE_LIVE;
  g_assert_true (try_free (pool, block));
}

/* Behind the last block lies what is not of the region, whatever is written there. */
static void
test_end_of_a_region (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (16, 1024);
  FsmmRegion *region = fsmm_test_region_of (pool, fsmm_test_alloc (pool));
  FsmmState *behind = region->cells + region->n_blocks;
  FsmmState kept = *behind;

  g_assert_cmpuint (region->n_blocks, ==, FSMM_WORD_CELLS);
  know (pool, region);
  *behind = FSMM_STATE_LIVE;
  g_assert_false (try_free (pool, (gpointer) (region->base + 1024)));
  g_assert_cmpuint (*behind, ==, FSMM_STATE_LIVE);
  *behind = kept;
}

/* --- Busy meanwhile --- */

static gboolean was_busy;

static void
note_whether_busy (void)
{
  was_busy = fsmm_thread.front.busy;
}

static void
free_or_claim (FsmmPool *pool, gpointer block, gboolean claims)
{
  FsmmClaim claim;
  FsmmLook look;

  if (claims)
    g_assert_true (fsmm_heap_claim (&pool->store, block, &claim, &look));
  else
    g_assert_true (try_free (pool, block));
}

/* A thread that is stopped is waited for only while it says that it is busy: so it says so before
 * it looks at a cell, as if its region had the cells that are watched here. */
static void
test_busy_while_it_looks (gconstpointer claims)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);
  FsmmRegion *region = fsmm_test_region_of (pool, block);
  FsmmRegion watched = *region;

  watched.cells = watched_new ();
  watched.cells[((guintptr) block - region->base) / 64] = FSMM_STATE_LIVE;
  know (pool, &watched);

  was_busy = FALSE;
  watched_begin (watched.cells, note_whether_busy);
  free_or_claim (pool, block, claims != NULL);
  watched_end (watched.cells);
  g_assert_true (was_busy);
  g_assert_cmpint (fsmm_thread.front.busy, ==, FALSE);

  /* What was freed so has been counted, but not in its own cell. */
  if (claims == NULL)
    fsmm_cache_count_freed (fsmm_region_get_owner (region), -1);
  know (pool, region);
  fsmm_test_free (pool, block);
  fsmm_test_assert_counts (pool, 0, 1);
  watched_free (watched.cells);
}

/* --- Two in one place --- */

/* Chunks of 1 KiB lie side by side, and are looked for in the same place. The one that is not found
 * there is found elsewhere. */
static void
test_two_in_one_place (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[32];
  FsmmRegion *first, *second;

  for (guint i = 0; i < 32; i++)
    blocks[i] = fsmm_test_alloc (pool);
  first = fsmm_test_region_of (pool, blocks[0]);
  second = fsmm_test_region_of (pool, blocks[31]);
  g_assert_true (first != second);
  g_assert_true (fsmm_reader_get_own_place (blocks[0]) ==
                 fsmm_reader_get_own_place (blocks[31]));

  know (pool, first);
  know (pool, second);
  g_assert_false (try_free (pool, blocks[0]));
  fsmm_reader_forget (&fsmm_thread, first);
  g_assert_true (try_free (pool, blocks[31]));

  fsmm_test_free (pool, blocks[0]);
  fsmm_test_free (pool, blocks[30]);
  fsmm_test_assert_refused (pool, blocks[0], FSMM_ERROR_DOUBLE_FREE, "free already");
  fsmm_test_assert_refused (pool, blocks[31], FSMM_ERROR_DOUBLE_FREE, "free already");
  fsmm_test_assert_counts (pool, 29, 2);

  know (pool, first);
  fsmm_reader_forget (&fsmm_thread, first);
  g_assert_false (try_free (pool, blocks[1]));
}

/* --- Regions that go --- */

static void
test_forgotten_with_what_is_dropped (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);
  gpointer block = fsmm_test_alloc (pool);

  g_assert_true (try_free (pool, block));
  g_assert_cmpuint (fsmm_pool_trim (pool), >, 0);
  g_assert_false (try_free (pool, block));

  block = fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  g_assert_false (try_free (pool, block));

  block = fsmm_test_alloc (pool);
  g_assert_true (fsmm_reader_get_own_place (block)->n_bytes > 0);
  g_object_unref (pool);
  g_assert_cmpuint (fsmm_reader_get_own_place (block)->n_bytes, ==, 0);
}

static gpointer
take_two_regions (FsmmPool *pool)
{
  gpointer first = fsmm_test_alloc (pool);

  for (guint i = 0; i < 1024; i++)
    fsmm_test_alloc (pool);

  return first;
}

/* A thread whose caches of one pool are stopped may be at work with another, and write to its
 * table: so whatever others do to its regions, they only strike out what is there. */
static void
test_others_only_strike_out (gconstpointer drops)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autofree FsmmKnownRegion *before = NULL;
  FsmmThread *thread;
  gpointer block;
  gsize n_places;
  Other other;

  other_start (&other);
  block = other_call (&other, take_two_regions, pool);
  thread = ((FsmmCache *) other_call (&other, get_own_cache, pool))->thread;
  n_places = thread->front.known_mask / sizeof *before + 1;
  before = g_memdup2 (thread->front.known, n_places * sizeof *before);

  fsmm_test_free (pool, block);
  if (drops)
    g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1024);
  else
    g_assert_true (fsmm_pool_reserve (pool, 1, NULL));
  for (gsize i = 0; i < n_places; i++)
    g_assert_true (thread->front.known[i].n_bytes == 0 ||
                   memcmp (&thread->front.known[i], &before[i], sizeof *before) == 0);

  fsmm_test_assert_sound (pool);
  other_end (&other);
}

/* --- The table itself --- */

#define N_REGIONS 300
/* No test touches the memory of a chunk, so that none is needed. */
#define SOME_BASE ((guintptr) 1 << (GLIB_SIZEOF_VOID_P == 8 ? 40 : 30))

typedef struct
{
  FsmmThread thread;
  FsmmCache cache;
  FsmmGeometry geometry;
  FsmmChunk *chunk;
} Table;

static void
table_init (Table *self)
{
  self->thread = (FsmmThread) {
    .front.known = fsmm_no_regions,
    .front.known_mask = sizeof fsmm_no_regions - sizeof *fsmm_no_regions,
  };
  fsmm_geometry_init (&self->geometry, 64, 0, N_REGIONS * FSMM_REGION_BYTES, NULL);
  self->chunk = fsmm_chunk_new (&self->geometry, (gpointer) SOME_BASE, NULL);
  g_assert_cmpuint (self->geometry.n_regions, ==, N_REGIONS);
}

static void
table_clear (Table *self)
{
  fsmm_reader_clear (&self->thread);
  g_assert_true (self->thread.front.known == fsmm_no_regions);
  fsmm_chunk_free (self->chunk);
}

static gboolean
table_has (Table *self, guint index)
{
  const FsmmRegion *region = &self->chunk->regions[index];
  const FsmmKnownRegion *known =
      fsmm_reader_get_place (self->thread.front.known, self->thread.front.known_mask,
                             (gconstpointer) (region->base + FSMM_REGION_BYTES - 1));

  return known->n_bytes > 0 && known->base == region->base && known->cells == region->cells &&
         known->front == &self->cache.front;
}

static gsize
table_count_places (Table *self)
{
  return self->thread.front.known_mask / sizeof (FsmmKnownRegion) + 1;
}

/* It has two places for each region at least, and keeps what it has as it grows. */
static void
test_grows (void)
{
  Table table;

  table_init (&table);
  for (guint i = 0; i < N_REGIONS; i++)
    {
      fsmm_reader_make_room (&table.thread, i + 1);
      fsmm_reader_know (&table.thread, &table.chunk->regions[i], &table.cache);
      g_assert_cmpuint (table_count_places (&table), >=, 2 * (i + 1));
      for (guint j = 0; j < N_REGIONS; j++)
        g_assert_cmpint (table_has (&table, j), ==, j <= i);
    }
  g_assert_cmpuint (table_count_places (&table), <=, 8 * N_REGIONS);

  for (guint i = 0; i < N_REGIONS; i += 2)
    fsmm_reader_forget (&table.thread, &table.chunk->regions[i]);
  fsmm_reader_make_room (&table.thread, 8 * N_REGIONS);
  for (guint i = 0; i < N_REGIONS; i++)
    g_assert_cmpint (table_has (&table, i), ==, i % 2);

  table_clear (&table);
}

/* Without a table of its own a thread knows no region, and does not write to the one that all
 * share. */
static void
test_no_memory (void)
{
  const FsmmKnownRegion nothing = { .front = &fsmm_no_cache.front };
  Table table;

  table_init (&table);
  fsmm_system_fail_nth (1);
  fsmm_reader_make_room (&table.thread, 1);
  g_assert_true (fsmm_system_fail_none ());
  fsmm_reader_know (&table.thread, &table.chunk->regions[0], &table.cache);
  fsmm_reader_forget (&table.thread, &table.chunk->regions[0]);
  for (guint i = 0; i < FSMM_FIRST_KNOWN; i++)
    g_assert_cmpmem (&fsmm_no_regions[i], sizeof nothing, &nothing, sizeof nothing);

  fsmm_reader_make_room (&table.thread, 1);
  fsmm_reader_know (&table.thread, &table.chunk->regions[0], &table.cache);
  fsmm_system_fail_nth (1);
  fsmm_reader_make_room (&table.thread, N_REGIONS);
  g_assert_true (fsmm_system_fail_none ());
  g_assert_true (table_has (&table, 0));

  table_clear (&table);
}

/* A region of one block that is larger than what a place can tell of is never known. */
static void
test_large_blocks_are_not_known (void)
{
  FsmmGeometry geometry;
  FsmmThread thread = {
    .front.known = fsmm_no_regions,
    .front.known_mask = sizeof fsmm_no_regions - sizeof *fsmm_no_regions,
  };
  FsmmCache cache = { 0 };
  FsmmChunk *chunk;

  fsmm_geometry_init (&geometry, FSMM_REGION_BYTES + 16, 0, 1 << 20, NULL);
  chunk = fsmm_chunk_new (&geometry, (gpointer) SOME_BASE, NULL);
  fsmm_reader_make_room (&thread, 1);
  fsmm_reader_know (&thread, &chunk->regions[0], &cache);
  g_assert_cmpuint (
      fsmm_reader_get_place (thread.front.known, thread.front.known_mask, chunk->base)->n_bytes, ==, 0);

  fsmm_reader_clear (&thread);
  fsmm_chunk_free (chunk);
}

int
main (int argc, char *argv[])
{
  static const gsize sizes[] = { 8,     9,     16,    17,    24,    40,    48,    56,
                                 63,    64,    65,    100,   127,   128,   1000,  1023,
                                 1024,  4095,  4097,  10000, 21845, 21846, 32767, 32768,
                                 32769, 40000, 50000, 65535, 65536 };

  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/known-regions/every-start/%" G_GSIZE_FORMAT, sizes[i]);

      g_test_add_data_func (path, GSIZE_TO_POINTER (sizes[i]), test_every_start_and_nothing_else);
    }
  g_test_add_func ("/known-regions/wild-addresses", test_wild_addresses);
  g_test_add_func ("/known-regions/block-of-another-pool", test_block_of_another_pool);
  g_test_add_func ("/known-regions/states", test_states);
  g_test_add_func ("/known-regions/end", test_end_of_a_region);
  if (watched_is_possible ())
    {
      g_test_add_data_func ("/known-regions/busy/free", NULL, test_busy_while_it_looks);
      g_test_add_data_func ("/known-regions/busy/claim", "", test_busy_while_it_looks);
    }
  g_test_add_func ("/known-regions/two-in-one-place", test_two_in_one_place);
  g_test_add_func ("/known-regions/forgotten-with-what-is-dropped",
                   test_forgotten_with_what_is_dropped);
  g_test_add_data_func ("/known-regions/others-only-strike-out/reserve", NULL,
                        test_others_only_strike_out);
  g_test_add_data_func ("/known-regions/others-only-strike-out/free-all", "",
                        test_others_only_strike_out);
  g_test_add_func ("/known-regions/grows", test_grows);
  g_test_add_func ("/known-regions/no-memory", test_no_memory);
  g_test_add_func ("/known-regions/large-blocks", test_large_blocks_are_not_known);

  return g_test_run ();
}
