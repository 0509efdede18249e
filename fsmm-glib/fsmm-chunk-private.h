/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One chunk: blocks of one size side by side, and what state each is in.
 *
 * The state of a block is three bits in a map outside the chunk's own memory, so that whatever a
 * program writes into its blocks, beyond them, or after it freed them, the pool stays whole. Free
 * blocks are found through the map, lowest address first; nothing is threaded through the blocks.
 *
 * Not thread-safe. A block changes its state nowhere but in fsmm_chunk_take (), fsmm_chunk_move ()
 * and, 64 at a time, in fsmm_chunk_claim_word () and fsmm_chunk_finish_word (). */

#pragma once

#include <glib.h>

#include "fsmm-geometry-private.h"
#include "fsmm-segment-private.h"

G_BEGIN_DECLS

/* How many blocks have their states side by side. */
#define FSMM_WORD_BITS 64

typedef enum {
  FSMM_BLOCK_FREE,
  FSMM_BLOCK_LIVE,     /* whoever has its address may give it back */
  FSMM_BLOCK_HELD,     /* only the handle that owns it may give it back */
  FSMM_BLOCK_CHANGING, /* what lives in it is being made or cleared by some thread */
} FsmmBlockState;

/* What an address is, to a chunk or to a pool. The first four are the start of a block. */
typedef enum {
  FSMM_ADDRESS_FREE = FSMM_BLOCK_FREE,
  FSMM_ADDRESS_LIVE = FSMM_BLOCK_LIVE,
  FSMM_ADDRESS_HELD = FSMM_BLOCK_HELD,
  FSMM_ADDRESS_CHANGING = FSMM_BLOCK_CHANGING,
  FSMM_ADDRESS_UNUSED,   /* the start of a block that is free, and was never handed out */
  FSMM_ADDRESS_DROPPED,  /* the start of a block that is being dropped with all others */
  FSMM_ADDRESS_INTERIOR, /* in a block, but not its start */
  FSMM_ADDRESS_TAIL,     /* behind the last block of a chunk */
  FSMM_ADDRESS_FOREIGN,  /* in no chunk of the pool */
} FsmmAddressKind;

/* The states of 64 blocks. */
typedef struct {
  guint64 free;     /* set: FREE, and the other two are not set */
  guint64 reserved; /* set: HELD or CHANGING */
  guint64 held;     /* set: HELD */
} FsmmBlockBits;

typedef struct {
  GList all_link;  /* in FsmmStore.all */
  GList open_link; /* in FsmmStore.open, while a block is free to be taken */
  guint64 serial;  /* counts up with each chunk of a pool */
  gsize n_pins;    /* how many need the memory to stay */
  gsize drop_id;    /* not 0: closed, which means that nothing is taken from it; by which drop */
  GThread *dropper; /* (not owned): the thread that closed it */
  gboolean detached; /* no longer part of the pool: there only until the last pin is gone */

  const FsmmGeometry *geometry;
  FsmmSegment *segment;
  guint8 *base;
  gsize n_live;
  gsize n_touched;    /* blocks from this one on were never handed out */
  gsize first_group;  /* in groups[]: no bit is set before this one */
  guint64 *groups;    /* a bit is set for each element of bits[] with a free block */
  FsmmBlockBits bits[];
} FsmmChunk;

FsmmChunk *fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment);
void fsmm_chunk_free (FsmmChunk *self);

gpointer fsmm_chunk_take (FsmmChunk *self, FsmmBlockState to);
FsmmAddressKind fsmm_chunk_move (FsmmChunk *self,
                                 gconstpointer address,
                                 FsmmBlockState from,
                                 FsmmBlockState to);
FsmmAddressKind fsmm_chunk_inspect (const FsmmChunk *self, gconstpointer address);
gpointer fsmm_chunk_next_whole (const FsmmChunk *self, gsize index);
gsize fsmm_chunk_claim_word (FsmmChunk *self, gsize word, guint64 *claimed);
void fsmm_chunk_finish_word (FsmmChunk *self, gsize word, guint64 claimed);
gsize fsmm_chunk_index (const FsmmChunk *self, gconstpointer address);

char *fsmm_chunk_find_fault (const FsmmChunk *self);

static inline gboolean
fsmm_chunk_is_full (const FsmmChunk *self)
{
  return self->n_live == self->geometry->n_blocks;
}

G_END_DECLS
