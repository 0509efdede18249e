/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the store share. Every function here is called with the store's lock held. */

#pragma once

#include "debug/fsmm-report.h"
#include "base/fsmm-lock.h"
#include "engine/store/fsmm-store-lookup.h"

G_BEGIN_DECLS

/* Work that is put off until the lock has been released. */
typedef struct {
  gboolean is_stopped;   /* caches are, and have to resume */
  GQueue emptied;        /* (element-type FsmmChunk): to be removed */
  GQueue unused;         /* (element-type FsmmSegment): for the system */
  FsmmLateDoubleFrees double_frees;       /* to be logged: a handler of messages may use the pool */
  GQueue damage_reports; /* (element-type FsmmDamageReport): to be logged as well */
  const FsmmStack *site; /* (nullable): where the program takes or frees blocks */
} FsmmDeferred;

#define FSMM_DEFERRED_INIT { .unused = G_QUEUE_INIT }

/* For a thread that is about to take or free blocks. The lock is not held yet. */
static inline FsmmDeferred
fsmm_deferred_at_this_site (const FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  if (G_UNLIKELY (self->debug & FSMM_DEBUG_HISTORY))
    deferred.site = fsmm_stack_capture ();

  return deferred;
}

void fsmm_store_unlock_and_finish (FsmmStore *self, FsmmDeferred *deferred);

/* --- Chunks: fsmm-store.c --- */

/* Whether blocks are taken from the chunk. If so, it is in the queue of open ones. */
static inline gboolean
fsmm_store_chunk_is_open (const FsmmChunk *chunk)
{
  return chunk->drop_id == 0 && !fsmm_chunk_is_full (chunk);
}

FsmmChunk *fsmm_store_add_chunk (FsmmStore *self, FsmmDeferred *deferred);
void fsmm_store_close_chunk (FsmmStore *self,
                             FsmmChunk *chunk,
                             gsize drop_id,
                             FsmmDeferred *deferred);
void fsmm_store_remove_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);
void fsmm_store_abandon_drops_of_others (FsmmStore *self);

FsmmChunk *fsmm_store_pin_chunk (FsmmChunk *chunk);
void fsmm_store_unpin_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);

/* --- Blocks leave the store and come back: fsmm-store-blocks.c --- */

void fsmm_store_note_double_free (FsmmStore *self, gpointer block, FsmmDeferred *deferred);
void fsmm_store_note_double_frees (FsmmStore *self,
                          FsmmChunk *chunk,
                          FsmmChunkBlocks lost,
                          FsmmDeferred *deferred);
FsmmChunkBlocks fsmm_store_take_word (FsmmStore *self, gsize max_blocks, FsmmChunk **chunk);
/* Whether this is the only thread that can write to states without the lock. */
static inline gboolean
fsmm_store_is_alone (FsmmStore *self)
{
  return self->readers.length <= 1;
}

/* Of two threads that freed a block at once, one has brought it back, from where it was just
 * taken, and the other has it still. */
static inline gboolean
fsmm_store_is_double_free (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred)
{
  if (G_LIKELY (fsmm_state_is_in_store (fsmm_state_get (&chunk->states[block]))))
    return FALSE;

  fsmm_store_note_double_free (self, fsmm_chunk_address (chunk, block), deferred);
  return TRUE;
}

void fsmm_store_find_double_frees (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);
void fsmm_store_note_taken (FsmmStore *self, FsmmChunk *chunk, gsize n_blocks);
void fsmm_store_put_back (FsmmStore *self,
                          FsmmChunk *chunk,
                          FsmmChunkBlocks blocks,
                          FsmmDeferred *deferred);
/* Blocks on their way back to the store, those of a word of a chunk at a time. */
typedef struct {
  FsmmStore *store;
  FsmmDeferred *deferred;
  FsmmState mark; /* of the cache they come from, or 0: their states say already that they are free */
  FsmmChunk *chunk;
  FsmmChunkBlocks blocks;
} FsmmReturn;

void fsmm_return_add (FsmmReturn *self, FsmmSlot slot);
void fsmm_return_finish (FsmmReturn *self);

void fsmm_store_give (FsmmStore *self, const FsmmPlace *place, FsmmDeferred *deferred);

/* --- Threads that look at chunks without the lock: fsmm-store-readers.c --- */

void fsmm_store_forget_chunk (FsmmStore *self, gconstpointer base);
void fsmm_store_stop (FsmmStore *self);
void fsmm_store_resume (FsmmStore *self);
void fsmm_store_stop_for (FsmmStore *self, FsmmDeferred *deferred);

G_END_DECLS
