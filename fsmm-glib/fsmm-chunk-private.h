/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One chunk: blocks of one size side by side, and which of them are free.
 *
 * The state of a block is one bit in a map outside the chunk's own memory, so that whatever a program
 * writes into its blocks, beyond them, or after it freed them, the pool stays whole. Free blocks are
 * found through the map, lowest address first; nothing is threaded through the blocks themselves.
 *
 * Not thread-safe. A block changes its state nowhere but in fsmm_chunk_take (), fsmm_chunk_give ()
 * and fsmm_chunk_take_again (). */

#pragma once

#include <glib.h>

#include "fsmm-geometry-private.h"
#include "fsmm-segment-private.h"

G_BEGIN_DECLS

/* What an address is, to a chunk or to a pool. */
typedef enum {
  FSMM_ADDRESS_LIVE,     /* the start of a block that is allocated */
  FSMM_ADDRESS_FREED,    /* the start of a block that was allocated once */
  FSMM_ADDRESS_UNUSED,   /* the start of a block that was never handed out */
  FSMM_ADDRESS_INTERIOR, /* in a block, but not its start */
  FSMM_ADDRESS_TAIL,     /* behind the last block of a chunk */
  FSMM_ADDRESS_FOREIGN,  /* in no chunk of the pool */
} FsmmAddressKind;

typedef struct {
  GList all_link;  /* in FsmmStore.all */
  GList open_link; /* in FsmmStore.open, while a block is free */
  guint64 serial;  /* counts up with each chunk of a pool */
  gsize n_pins;    /* how many readers need the memory to stay */
  gboolean detached; /* no longer part of the pool: there only until the last pin is gone */

  const FsmmGeometry *geometry;
  FsmmSegment *segment;
  guint8 *base;
  gsize n_live;
  gsize n_touched;    /* blocks from this one on were never handed out */
  gsize first_group;  /* in groups[]: no bit is set before this one */
  guint64 *groups;    /* a bit is set for each word of free[] that is not 0 */
  guint64 free[];     /* a bit is set for each block that is free */
} FsmmChunk;

FsmmChunk *fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment);
void fsmm_chunk_free (FsmmChunk *self);

gpointer fsmm_chunk_take (FsmmChunk *self);
FsmmAddressKind fsmm_chunk_give (FsmmChunk *self, gconstpointer address);
void fsmm_chunk_take_again (FsmmChunk *self, gconstpointer address);
FsmmAddressKind fsmm_chunk_inspect (const FsmmChunk *self, gconstpointer address);
gpointer fsmm_chunk_next_live (const FsmmChunk *self, gsize index);
gsize fsmm_chunk_index (const FsmmChunk *self, gconstpointer address);

char *fsmm_chunk_find_fault (const FsmmChunk *self);

static inline gboolean
fsmm_chunk_is_full (const FsmmChunk *self)
{
  return self->n_live == self->geometry->n_blocks;
}

G_END_DECLS
