/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One chunk: blocks of one size side by side, and what state each is in.
 *
 * States are kept outside the chunk's own memory, so that whatever a program writes into its
 * blocks, beyond them, or after it freed them, the pool stays whole. Nothing is threaded through
 * the blocks. Free ones are found through a map with a bit for each, lowest address first.
 *
 * Any thread may access the states (fsmm-block-state.h); all else here belongs to the thread that
 * has the store's lock. */

#pragma once

#include <glib.h>

#include "engine/chunk/fsmm-geometry.h"
#include "debug/fsmm-call-stack.h"
#include "engine/chunk/fsmm-segment.h"
#include "engine/chunk/fsmm-block-state.h"
#include "base/fsmm-system.h"

G_BEGIN_DECLS

/* How many blocks have their bits side by side. */
#define FSMM_WORD_BITS 64

typedef struct {
  GList all_link;    /* in FsmmStore.all */
  GList open_link;   /* in FsmmStore.open, while a block is free to be taken */
  guint64 serial;    /* counts up with each chunk of a pool */
  gsize n_pins;      /* how many need the memory to stay */
  gsize drop_id;     /* not 0: closed, which means that nothing is taken from it; by which drop */
  gconstpointer dropper; /* (nullable): the FsmmThread that clears it; NULL if that was given up */
  gboolean detached; /* no longer part of the pool: there only until the last pin is gone */

  const FsmmGeometry *geometry;
  FsmmSegment *segment;   /* (nullable): NULL where the block comes from malloc () */
  FsmmHistory *histories; /* (owned) (nullable): of each block, where that is asked for */
  guint8 *base;
  gsize n_out;       /* blocks that are not in the store, but live or in a cache */
  gsize first_group; /* in groups[]: no bit is set before this one */
  guint64 *free;     /* a bit is set for each block that can be taken */
  guint64 *groups;   /* a bit is set for each word of free[] that is not 0 */
  FsmmState *states; /* those of a word are in one cache line: threads that take whole words share none */
  guint64 memory[];  /* for the three */
} FsmmChunk;

/* Blocks whose bits are in one word. */
typedef struct {
  gsize word;
  guint64 bits;
} FsmmChunkBlocks;

FsmmChunk *fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment);
void fsmm_chunk_free (FsmmChunk *self);

FsmmChunkBlocks fsmm_chunk_take (FsmmChunk *self, gsize max_blocks);
gsize fsmm_chunk_give (FsmmChunk *self, FsmmChunkBlocks blocks, guint64 *again);
guint64 fsmm_chunk_mark (FsmmChunk *self, FsmmChunkBlocks blocks, FsmmState mark, gboolean is_alone);
guint64 fsmm_chunk_unmark (FsmmChunk *self,
                           FsmmChunkBlocks blocks,
                           FsmmState mark,
                           gboolean is_alone);
gsize fsmm_chunk_count_in_store (const FsmmChunk *self);
void fsmm_chunk_take_again (FsmmChunk *self, gsize block);

gpointer fsmm_chunk_next_whole (const FsmmChunk *self, gsize index);
FsmmChunkBlocks fsmm_chunk_next_whole_word (const FsmmChunk *self, gsize word);
gsize fsmm_chunk_count_whole (const FsmmChunk *self);
gsize fsmm_chunk_count_claimed (const FsmmChunk *self);

char *fsmm_chunk_find_fault (const FsmmChunk *self);

static inline gboolean
fsmm_chunk_is_full (const FsmmChunk *self)
{
  return self->n_out == self->geometry->n_blocks;
}

/* The state of the block that starts at @address, which lies in the chunk's address range:
 * FSMM_STATE_TAIL behind the last one. NULL for an address in a block. */
static inline FsmmState *
fsmm_chunk_find_state (FsmmChunk *self, const FsmmGeometry *geometry, gconstpointer address)
{
  gsize offset = (guintptr) address & geometry->offset_mask;
  gsize block;

  return G_LIKELY (fsmm_geometry_is_start (geometry, offset, &block)) ? &self->states[block] : NULL;
}

/* Whether that is the state of a block in here. */
static inline gboolean
fsmm_chunk_has_state (const FsmmChunk *self, const FsmmState *state)
{
  return (gsize) (state - self->states) < self->geometry->n_blocks;
}

static inline gboolean
fsmm_chunk_is_free (const FsmmChunk *self, gsize block)
{
  return (self->free[block / FSMM_WORD_BITS] >> (block % FSMM_WORD_BITS) & 1) != 0;
}

static inline gpointer
fsmm_chunk_address (const FsmmChunk *self, gsize block)
{
  return self->base + block * self->geometry->block_size;
}

static inline FsmmChunkBlocks
fsmm_chunk_blocks_one (gsize block)
{
  return (FsmmChunkBlocks) { block / FSMM_WORD_BITS, (guint64) 1 << (block % FSMM_WORD_BITS) };
}

static inline gsize
fsmm_chunk_blocks_count (FsmmChunkBlocks self)
{
  /* A single one is common, and a processor that can count bits is not promised. */
  if ((self.bits & (self.bits - 1)) == 0)
    return self.bits != 0;

  return (gsize) __builtin_popcountll (self.bits);
}

/* The lowest of the blocks, which is left out from then on. */
static inline gsize
fsmm_chunk_blocks_next (FsmmChunkBlocks *self)
{
  gsize block = self->word * FSMM_WORD_BITS + __builtin_ctzll (self->bits);

  self->bits &= self->bits - 1;

  return block;
}

G_END_DECLS
