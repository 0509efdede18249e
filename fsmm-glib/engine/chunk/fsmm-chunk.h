/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One chunk: blocks of one size side by side, in regions, and what state each is in.
 *
 * States are kept outside the chunk's own memory, so that whatever a program writes into its
 * blocks, beyond them, or after it freed them, the pool stays whole. Nothing is threaded through
 * the blocks.
 *
 * Any thread may access the states (fsmm-block-state.h), and a region's owner what is its own; all
 * else here belongs to the thread that has the store's lock. */

#pragma once

#include <glib.h>

#include "base/fsmm-system.h"
#include "debug/fsmm-call-stack.h"
#include "engine/chunk/fsmm-block-state.h"
#include "engine/chunk/fsmm-geometry.h"
#include "engine/chunk/fsmm-region.h"
#include "engine/chunk/fsmm-segment.h"

G_BEGIN_DECLS

/* What Memcheck has been told of the blocks of a chunk. Only addresses in the middle of a chunk's
 * bookkeeping are kept elsewhere, for which Memcheck would report it as possibly lost: so there is
 * that of its start. */
typedef struct {
  GList link;        /* in a list of all; its data is where the bookkeeping starts */
  guint8 is_taken[]; /* of each block */
} FsmmTold;

struct _FsmmChunk
{
  GList all_link; /* in FsmmStore.all */
  guint64 serial; /* counts up with each chunk of a pool */
  gsize n_pins;   /* how many need the memory to stay */
  gsize drop_id;  /* not 0: closed, which means that nothing is taken from it; by which drop */
  gsize n_left;   /* once it is closed: blocks that are out */
  gconstpointer dropper; /* (nullable): the FsmmThread that clears it; NULL if that was given up */
  FsmmChunk *next_emptied; /* (nullable): in FsmmDeferred */
  gboolean detached;       /* no longer part of the pool: there only until the last pin is gone */

  const FsmmGeometry *geometry;
  FsmmSegment *segment;   /* (nullable): NULL where the block comes from malloc () */
  FsmmHistory *histories; /* (owned) (nullable): of each block, where that is asked for */
  FsmmTold *told;         /* (owned) (nullable): where Memcheck is told of blocks */
  guint8 *base;
  FsmmRegion regions[]; /* as many as the geometry says */
};

/* A block, and where its state is. */
typedef struct {
  gpointer block;
  FsmmState *state;
  FsmmRegion *region;
} FsmmSlot;

#define FSMM_NO_SLOT ((FsmmSlot) { NULL, NULL, NULL })

FsmmChunk *fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment);
void fsmm_chunk_free (FsmmChunk *self);
gpointer fsmm_chunk_get_memory (const FsmmChunk *self);
gsize fsmm_chunk_get_memory_size (const FsmmGeometry *geometry);

gpointer fsmm_chunk_next_whole (const FsmmChunk *self, gsize index);
gsize fsmm_chunk_count_whole (const FsmmChunk *self);
gsize fsmm_chunk_count_claimed (const FsmmChunk *self);
gsize fsmm_chunk_count_idle (const FsmmChunk *self);

void fsmm_chunk_drop_blocks (FsmmChunk *self);

char *fsmm_chunk_find_fault (const FsmmChunk *self);

static inline FsmmState *
fsmm_chunk_get_state (const FsmmChunk *self, gsize block)
{
  const FsmmRegion *region = &self->regions[fsmm_geometry_region_of (self->geometry, block)];

  return &region->cells[block - region->first];
}

static inline gpointer
fsmm_chunk_address (const FsmmChunk *self, gsize block)
{
  return self->base + block * self->geometry->block_size;
}

/* The block with that number. */
static inline FsmmSlot
fsmm_chunk_get_slot (FsmmChunk *self, gsize block)
{
  FsmmRegion *region = &self->regions[fsmm_geometry_region_of (self->geometry, block)];

  return (FsmmSlot) { fsmm_chunk_address (self, block), &region->cells[block - region->first],
                     region };
}

/* The number of a block of this chunk. */
static inline gsize
fsmm_chunk_number (const FsmmChunk *self, gconstpointer block)
{
  return fsmm_geometry_block_at (self->geometry, (const guint8 *) block - self->base);
}

/* The block that starts at @address, which lies in the chunk's aligned range. A slot without a
 * block if none does. */
static inline FsmmSlot
fsmm_chunk_find (FsmmChunk *self, const FsmmGeometry *geometry, gconstpointer address)
{
  gsize offset = (guintptr) address & geometry->offset_mask;
  FsmmRegion *region;
  gsize block;

  if (G_UNLIKELY (!fsmm_geometry_is_start (geometry, offset, &block) ||
                  block >= geometry->n_blocks))
    return FSMM_NO_SLOT;

  region = &self->regions[offset >> geometry->region_shift];
  return (FsmmSlot) { (gpointer) address, &region->cells[block - region->first], region };
}

G_END_DECLS
