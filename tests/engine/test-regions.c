/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the blocks of a chunk lie in regions: every block is found by its address, in the region that
 * it starts in, and no other address finds one. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/chunk/fsmm-chunk.h"
#include "fsmm-glib/base/fsmm-system.h"

#include <string.h>

/* No test touches the memory of a chunk, so that none is needed. */
#define SOME_BASE ((guintptr) 1 << (GLIB_SIZEOF_VOID_P == 8 ? 40 : 30))

static FsmmGeometry
make (gsize block_size, gsize chunk_bytes)
{
  g_autoptr (GError) error = NULL;
  FsmmGeometry geometry;

  fsmm_geometry_init (&geometry, block_size, 1, chunk_bytes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (geometry.block_size, ==, block_size);

  return geometry;
}

static void
assert_finds_block (FsmmChunk *chunk, gsize block, FsmmState **last)
{
  const FsmmGeometry *geometry = chunk->geometry;
  guint8 *address = chunk->base + block * geometry->block_size;
  FsmmSlot slot = fsmm_chunk_find (chunk, geometry, address);
  FsmmSlot by_number = fsmm_chunk_get_slot (chunk, block);

  g_assert_true (slot.block == address);
  g_assert_true (by_number.block == address);
  g_assert_true (slot.state == by_number.state && slot.region == by_number.region);
  g_assert_true (slot.state == fsmm_chunk_get_state (chunk, block));
  g_assert_true (slot.state > *last);
  g_assert_true (fsmm_region_has_cell (slot.region, slot.state));
  g_assert_true (slot.region->chunk == chunk);
  g_assert_cmpuint (fsmm_chunk_number (chunk, address), ==, block);
  g_assert_cmpuint ((guintptr) address - slot.region->base, ==,
                    (gsize) (slot.state - slot.region->cells) * geometry->block_size);
  *last = slot.state;
}

static gboolean
finds (FsmmChunk *chunk, gsize offset)
{
  return fsmm_chunk_find (chunk, chunk->geometry, chunk->base + offset).block != NULL;
}

/* Of a large block, only what is near its ends. */
static void
assert_finds_nothing_within (FsmmChunk *chunk, gsize block)
{
  gsize size = chunk->geometry->block_size;
  gsize step = 1;

  for (gsize i = 1; i < size; i += step)
    {
      g_assert_false (finds (chunk, block * size + i));
      g_assert_false (finds (chunk, block * size + size - i));
      step = i < 16 || block < 2 ? step : 2 * step;
    }
}

static void
assert_finds_nothing_behind (FsmmChunk *chunk)
{
  const FsmmGeometry *geometry = chunk->geometry;

  for (gsize offset = geometry->n_blocks * geometry->block_size; offset < geometry->chunk_alignment;
       offset += geometry->block_size % 2 ? 1 : MAX (geometry->block_size / 16, 1))
    g_assert_false (finds (chunk, offset));
}

static void
assert_regions (FsmmChunk *chunk)
{
  const FsmmGeometry *geometry = chunk->geometry;
  gsize n_blocks = 0;

  for (gsize i = 0; i < geometry->n_regions; i++)
    {
      FsmmRegion *region = &chunk->regions[i];

      g_assert_cmpuint (region->n_blocks, >, 0);
      g_assert_cmpuint (region->first, ==, n_blocks);
      g_assert_cmpuint (fsmm_region_count_idle (region), ==, region->n_blocks);
      if (geometry->block_size <= FSMM_REGION_BYTES)
        {
          guintptr last = region->base + (region->n_blocks - 1) * geometry->block_size;

          g_assert_cmpuint (region->base >> FSMM_REGION_SHIFT, ==, last >> FSMM_REGION_SHIFT);
        }
      n_blocks += region->n_blocks;
    }
  g_assert_cmpuint (n_blocks, ==, geometry->n_blocks);
}

static void
assert_chunk (gsize block_size, gsize chunk_bytes)
{
  FsmmGeometry geometry = make (block_size, chunk_bytes);
  gpointer base = (gpointer) (SOME_BASE & ~geometry.offset_mask);
  FsmmChunk *chunk = fsmm_chunk_new (&geometry, base, NULL);
  g_autofree char *fault = fsmm_chunk_find_fault (chunk);
  FsmmState *last = NULL;

  g_assert_cmpstr (fault, ==, NULL);
  assert_regions (chunk);
  for (gsize i = 0; i < geometry.n_blocks; i++)
    assert_finds_block (chunk, i, &last);
  for (gsize i = 0; i < geometry.n_blocks; i += 1 + i / 4)
    assert_finds_nothing_within (chunk, i);
  assert_finds_nothing_within (chunk, geometry.n_blocks - 1);
  assert_finds_nothing_behind (chunk);
  g_assert_cmpuint (fsmm_chunk_count_idle (chunk), ==, geometry.n_blocks);

  fsmm_chunk_free (chunk);
}

static const gsize chunk_sizes[] = {
  1024, 3000, 16384, 65535, 65536, 65537, 100000, 262144, 1 << 22
};

static void
test_sizes_of_blocks (gconstpointer data)
{
  static const gsize sizes[] = { 8,     9,     16,    17,    24,    40,    48,    56,    63,   64,
                                 65,    96,    100,   127,   128,   1000,  1023,  1024,  4095, 4097,
                                 10000, 21845, 21846, 32767, 32768, 32769, 50000, 65535, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    assert_chunk (sizes[i], GPOINTER_TO_SIZE (data));
}

/* Each has a chunk for itself, or a large chunk is one region. */
static void
test_blocks_larger_than_a_region (void)
{
  static const gsize sizes[] = { 65537, 65600, 100000, 131072, 131073, 1000000, 1 << 20, 5000000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint j = 0; j < G_N_ELEMENTS (chunk_sizes); j++)
      {
        g_assert_cmpuint (make (sizes[i], chunk_sizes[j]).n_regions, ==, 1);
        assert_chunk (sizes[i], chunk_sizes[j]);
      }
}

/* What threads write to at the same moment is not in one line of the processors' caches, and one
 * region's word is not a part of another's. */
static void
test_cells_of_regions_are_apart (void)
{
  static const gsize sizes[] = { 8, 24, 1000, 40000, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      FsmmGeometry geometry = make (sizes[i], 1 << 20);
      FsmmChunk *chunk = fsmm_chunk_new (&geometry, (gpointer) SOME_BASE, NULL);

      g_assert_cmpuint (geometry.n_regions, >, 1);
      for (gsize j = 1; j < geometry.n_regions; j++)
        {
          const FsmmRegion *region = &chunk->regions[j - 1];
          const FsmmState *end = region->cells + fsmm_region_count_words (region) * FSMM_WORD_CELLS;

          g_assert_true (chunk->regions[j].cells >= end);
          g_assert_true (chunk->regions[j].remote >=
                         region->remote + fsmm_region_count_bits_words (region));
          if (geometry.n_blocks > FSMM_WORD_CELLS)
            g_assert_cmpuint ((guintptr) chunk->regions[j].cells % FSMM_SYSTEM_CACHE_LINE, ==, 0);
        }
      fsmm_chunk_free (chunk);
    }
}

/* --- Counting and walking --- */

static void
test_walk_meets_what_is_whole (void)
{
  FsmmGeometry geometry = make (1000, 200000);
  FsmmChunk *chunk = fsmm_chunk_new (&geometry, (gpointer) SOME_BASE, NULL);
  static const FsmmState states[] = { FSMM_STATE_LIVE, FSMM_STATE_CLAIMED, FSMM_STATE_HELD,
                                      FSMM_STATE_FREE, FSMM_STATE_REMOTE };
  gsize n_whole = 0, n_claimed = 0, n_idle = geometry.n_blocks, i = 0;
  gpointer block;

  g_assert_null (fsmm_chunk_next_whole (chunk, 0));
  for (gsize n = 0; n < geometry.n_blocks; n += 1 + n / 5)
    {
      FsmmState state = states[n % G_N_ELEMENTS (states)];

      *fsmm_chunk_get_state (chunk, n) = state;
      n_whole += state == FSMM_STATE_LIVE || state == FSMM_STATE_HELD;
      n_claimed += state == FSMM_STATE_CLAIMED;
      n_idle -= state != FSMM_STATE_FREE;
    }

  g_assert_cmpuint (fsmm_chunk_count_whole (chunk), ==, n_whole);
  g_assert_cmpuint (fsmm_chunk_count_claimed (chunk), ==, n_claimed);
  g_assert_cmpuint (fsmm_chunk_count_idle (chunk), ==, n_idle);
  g_assert_cmpuint (n_whole * n_claimed, >, 0);
  for (; (block = fsmm_chunk_next_whole (chunk, i)) != NULL; n_whole--)
    {
      g_assert_true (fsmm_state_is_in_use (fsmm_chunk_find (chunk, &geometry, block).state));
      i = fsmm_chunk_number (chunk, block) + 1;
    }
  g_assert_cmpuint (n_whole, ==, 0);

  fsmm_chunk_free (chunk);
}

static void
test_no_memory_for_a_chunk (void)
{
  FsmmGeometry geometry = make (64, 0);

  fsmm_system_fail_nth (1);
  g_assert_null (fsmm_chunk_new (&geometry, (gpointer) SOME_BASE, NULL));
  g_assert_true (fsmm_system_fail_none ());
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (chunk_sizes); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/regions/sizes-of-blocks/%" G_GSIZE_FORMAT, chunk_sizes[i]);

      g_test_add_data_func (path, GSIZE_TO_POINTER (chunk_sizes[i]), test_sizes_of_blocks);
    }
  g_test_add_func ("/regions/blocks-larger-than-one", test_blocks_larger_than_a_region);
  g_test_add_func ("/regions/cells-are-apart", test_cells_of_regions_are_apart);
  g_test_add_func ("/regions/walk-meets-what-is-whole", test_walk_meets_what_is_whole);
  g_test_add_func ("/regions/no-memory", test_no_memory_for_a_chunk);

  return g_test_run ();
}
