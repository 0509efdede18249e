/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the store share. Every function here is called with the store's lock held; those
 * that may let go of memory collect it in @unused, for fsmm_store_unlock_and_release (). */

#pragma once

#include "fsmm-lock-private.h"
#include "fsmm-store-private.h"

G_BEGIN_DECLS

/* Whether blocks are taken from the chunk: just then it is in the queue of open ones. */
static inline gboolean
fsmm_store_chunk_is_open (const FsmmChunk *chunk)
{
  return chunk->drop_id == 0 && !fsmm_chunk_is_full (chunk);
}

FsmmChunk *fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address);
void fsmm_store_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id);
void fsmm_store_remove_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused);

FsmmTakeResult fsmm_store_ensure_free (FsmmStore *self, gsize n_blocks, GQueue *unused);
gpointer fsmm_store_take_one (FsmmStore *self, FsmmBlockState to, FsmmFill fill, FsmmChunk **chunk);
FsmmAddressKind fsmm_store_move_one (FsmmStore *self,
                                     FsmmChunk *chunk,
                                     gconstpointer address,
                                     FsmmBlockState from,
                                     FsmmBlockState to);

FsmmChunk *fsmm_store_pin_chunk (FsmmChunk *chunk);
void fsmm_store_unpin_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused);

void fsmm_store_unlock_and_release (FsmmStore *self, GQueue *unused);

G_END_DECLS
