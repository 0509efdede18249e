/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-chunk.h"

#include "base/fsmm-system.h"

#include <string.h>

static gsize
count_blocks_in_region (const FsmmGeometry *geometry, gsize region)
{
  gsize end = region + 1 < geometry->n_regions
                ? fsmm_geometry_first_in_region (geometry, region + 1)
                : geometry->n_blocks;

  return end - fsmm_geometry_first_in_region (geometry, region);
}

static void
init_region (FsmmChunk *self, gsize index, FsmmState **cells, FsmmBits **bits)
{
  FsmmRegion *region = &self->regions[index];

  region->chunk = self;
  region->first = (guint32) fsmm_geometry_first_in_region (self->geometry, index);
  region->n_blocks = (guint32) count_blocks_in_region (self->geometry, index);
  region->base = (guintptr) fsmm_chunk_address (self, region->first);
  region->cells = *cells;
  region->remote = *bits;
  region->owned_link.data = region;
  region->queued_link.data = region;
  memset (region->cells, FSMM_STATE_UNUSED, region->n_blocks);

  *cells += fsmm_region_count_words (region) * FSMM_WORD_CELLS;
  *bits += fsmm_region_count_bits_words (region);
}

/* Cells that are less than a word need no line for themselves. */
static gboolean
is_small (const FsmmGeometry *geometry)
{
  return geometry->n_blocks <= FSMM_WORD_CELLS;
}

static gpointer
take_memory (const FsmmGeometry *geometry, gsize size)
{
  return is_small (geometry) ? fsmm_system_try_new0 (size)
                             : fsmm_system_try_new0_cache_aligned (size);
}

/* Where each part of a chunk's bookkeeping is in one piece of memory. Cells come first, since they are the
 * most strictly aligned; each region is two lines. */
typedef struct {
  gsize chunk_at;
  gsize bits_at;
  gsize size;
} Plan;

static Plan
plan_memory (const FsmmGeometry *geometry)
{
  gsize padding = is_small (geometry) ? 0 : -sizeof (FsmmChunk) % FSMM_SYSTEM_CACHE_LINE;
  gsize n_cells = 0, n_bits = 0;
  Plan plan;

  for (gsize i = 0; i < geometry->n_regions; i++)
    {
      gsize n_blocks = count_blocks_in_region (geometry, i);

      n_cells += fsmm_region_words_for (n_blocks) * FSMM_WORD_CELLS;
      n_bits += fsmm_region_bits_words_for (n_blocks);
    }

  plan.chunk_at = n_cells + padding;
  plan.bits_at = plan.chunk_at + sizeof (FsmmChunk) + geometry->n_regions * sizeof (FsmmRegion);
  plan.size = plan.bits_at + n_bits * sizeof (FsmmBits);

  return plan;
}

gsize
fsmm_chunk_get_memory_size (const FsmmGeometry *geometry)
{
  return plan_memory (geometry).size;
}

/* A chunk whose blocks are all idle, in the memory at @base. NULL if there is no memory for its
 * bookkeeping. */
FsmmChunk *
fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment)
{
  Plan plan = plan_memory (geometry);
  FsmmState *cells = take_memory (geometry, plan.size);
  FsmmChunk *self;
  FsmmBits *bits;

  if (cells == NULL)
    return NULL;

  self = (FsmmChunk *) (gpointer) (cells + plan.chunk_at);
  bits = (FsmmBits *) (gpointer) (cells + plan.bits_at);

  self->all_link.data = self;
  self->geometry = geometry;
  self->segment = segment;
  self->base = base;
  for (gsize i = 0; i < geometry->n_regions; i++)
    init_region (self, i, &cells, &bits);

  return self;
}

/* Where the bookkeeping starts, as malloc () returned it. */
gpointer
fsmm_chunk_get_memory (const FsmmChunk *self)
{
  FsmmState *cells = self->regions[0].cells;

  return is_small (self->geometry) ? cells : fsmm_system_get_unaligned (cells);
}

void
fsmm_chunk_free (FsmmChunk *self)
{
  g_free (self->histories);
  g_free (self->told);
  g_free (fsmm_chunk_get_memory (self));
}

/* --- Walking --- */

/* The first block of a region that is live or held, from the one with number @index in it on.
 * G_MAXSIZE: none. */
static gsize
next_whole_in_region (const FsmmRegion *region, gsize index)
{
  for (; index < region->n_blocks; index++)
    if (fsmm_state_is_in_use (&region->cells[index]))
      return index;

  return G_MAXSIZE;
}

/* The first block that is live or held, from the one with number @index on, or NULL. */
gpointer
fsmm_chunk_next_whole (const FsmmChunk *self, gsize index)
{
  gsize i = fsmm_geometry_region_of (self->geometry, index);

  for (; i < self->geometry->n_regions; i++)
    {
      const FsmmRegion *region = &self->regions[i];
      gsize from = index > region->first ? index - region->first : 0;
      gsize found = next_whole_in_region (region, from);

      if (found != G_MAXSIZE)
        return fsmm_chunk_address (self, region->first + found);
    }

  return NULL;
}

/* How many blocks are live or held. */
gsize
fsmm_chunk_count_whole (const FsmmChunk *self)
{
  gsize n_whole = 0;

  for (gsize i = 0; i < self->geometry->n_regions; i++)
    for (gsize j = 0; j < self->regions[i].n_blocks; j++)
      n_whole += fsmm_state_is_in_use (&self->regions[i].cells[j]);

  return n_whole;
}

/* How many blocks are CLAIMED. No state may change meanwhile. */
gsize
fsmm_chunk_count_claimed (const FsmmChunk *self)
{
  gsize n_claimed = 0;

  for (gsize i = 0; i < self->geometry->n_regions; i++)
    {
      const FsmmState *end = self->regions[i].cells + self->regions[i].n_blocks;
      const FsmmState *cell = self->regions[i].cells;

      while ((cell = memchr (cell, FSMM_STATE_CLAIMED, end - cell)) != NULL)
        {
          n_claimed++;
          cell++;
        }
    }

  return n_claimed;
}

gsize
fsmm_chunk_count_idle (const FsmmChunk *self)
{
  gsize n_idle = 0;

  for (gsize i = 0; i < self->geometry->n_regions; i++)
    n_idle += fsmm_region_count_idle (&self->regions[i]);

  return n_idle;
}

/* --- Dropping --- */

/* Eight cells at a time. Those of blocks that are out are the only ones that have one of the two lowest
 * bits, and FREE is the top bit alone. */
static guint64
drop_in_cells (guint64 cells)
{
  const guint64 lowest = 0x0101010101010101u;
  guint64 is_out = (cells | cells >> 1) & lowest;

  return (cells & ~(3 * lowest)) | is_out * FSMM_STATE_FREE;
}

/* What was out is free. No other thread looks at a state, and no block is CLAIMED or REMOTE. */
static void
drop_in_region (FsmmRegion *region)
{
  gsize n_words = fsmm_region_count_words (region);

  G_STATIC_ASSERT (((FSMM_STATE_FREE | FSMM_STATE_UNUSED | FSMM_STATE_TAIL) & 3) == 0);

  for (gsize i = 0; i < n_words; i++)
    {
      FsmmState *word = region->cells + i * FSMM_WORD_CELLS;
      guint64 cells;

      if (fsmm_cells_find_idle (word) == G_MAXUINT64)
        continue;
      for (gsize j = 0; j < FSMM_WORD_CELLS; j += sizeof cells)
        {
          memcpy (&cells, word + j, sizeof cells);
          cells = drop_in_cells (cells);
          memcpy (word + j, &cells, sizeof cells);
        }
    }
}

void
fsmm_chunk_drop_blocks (FsmmChunk *self)
{
  for (gsize i = 0; i < self->geometry->n_regions; i++)
    drop_in_region (&self->regions[i]);
}

/* --- Checking --- */

static gboolean
is_state (FsmmState state)
{
  return (state >= FSMM_STATE_LIVE && state <= FSMM_STATE_QUARANTINED) ||
         state == FSMM_STATE_FREE || state == FSMM_STATE_UNUSED;
}

static char *
find_fault_in_region (const FsmmChunk *self, const FsmmRegion *region)
{
  gsize n_cells = fsmm_region_count_words (region) * FSMM_WORD_CELLS;
  gsize alignment = is_small (self->geometry) ? sizeof (gpointer) : FSMM_WORD_CELLS;

  if ((guintptr) region->cells % alignment != 0)
    return g_strdup_printf ("chunk %p: cells at %p", self->base, region->cells);

  for (gsize i = 0; i < n_cells; i++)
    {
      FsmmState state = fsmm_state_get (&region->cells[i]);

      if (i < region->n_blocks ? !is_state (state) : state != FSMM_STATE_TAIL)
        return g_strdup_printf ("chunk %p: block %" G_GSIZE_FORMAT " has the state %u", self->base,
                                region->first + i, state);
    }

  return NULL;
}

/* Checks the chunk against everything that must be true of it at any time. Returns what is not, or
 * NULL. */
char *
fsmm_chunk_find_fault (const FsmmChunk *self)
{
  const FsmmGeometry *geometry = self->geometry;
  gsize n_blocks = 0;

  if ((guintptr) self->base % geometry->chunk_alignment != 0)
    return g_strdup_printf ("chunk %p does not start at a multiple of its alignment", self->base);

  for (gsize i = 0; i < geometry->n_regions; i++)
    {
      const FsmmRegion *region = &self->regions[i];
      char *fault = find_fault_in_region (self, region);

      if (fault != NULL)
        return fault;
      if (region->first != n_blocks)
        return g_strdup_printf ("chunk %p: region %" G_GSIZE_FORMAT " starts with block %u",
                                self->base, i, region->first);
      n_blocks += region->n_blocks;
    }

  if (n_blocks != geometry->n_blocks)
    return g_strdup_printf ("chunk %p: %" G_GSIZE_FORMAT
                            " blocks are in regions, not %" G_GSIZE_FORMAT,
                            self->base, n_blocks, geometry->n_blocks);

  return NULL;
}
