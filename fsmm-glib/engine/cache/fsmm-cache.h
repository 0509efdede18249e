/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a thread keeps of a store for itself: free blocks, to be handed out without a lock.
 *
 * A free looks at the block's state, which must be LIVE, and writes the mark of the thread's cache
 * into it. Nothing else is written, and nothing atomically exchanged, so that two threads which
 * free the same block at the same moment may both find it LIVE and both keep it. But its state
 * holds one mark only. Before a block is handed out again, or goes back to the store, its state is
 * looked at once more: where it is not the cache's own mark, the block is somebody else's, and the
 * free was one too many, which is reported then. tests/engine/test-cache-model.c proves on a model
 * that no order of steps leads to a block being handed out twice.
 *
 * While a thread does any of this, it is busy. Whoever frees chunks, or wants what lies in
 * others' caches, has the store's lock, and stops all caches first: from then on until they
 * resume, no thread is busy, and whoever comes goes to the lock instead. */

#pragma once

#include "base/fsmm-barrier.h"
#include "engine/store/fsmm-store-locked.h"
#include "engine/cache/fsmm-thread.h"

#include <stddef.h>
#include <string.h>

G_BEGIN_DECLS

/* What a block starts with. */
typedef struct {
  gsize n_bytes;
  gconstpointer source; /* NULL: zeroes */
} FsmmFill;

struct _FsmmCache {
  FsmmReader reader; /* first, so that either is found by the other's address */
  guint n_blocks;    /* (atomic), for reading: how many of the slots are in use */
  guint low;         /* (atomic): the least of n_blocks since the peak was last worked out */
  guint capacity;    /* how many slots there are */
  FsmmState mark;
  gboolean was_filled; /* so that it has been emptied when it is filled once more */

  FsmmStore *store;
  FsmmThread *thread; /* whose it is */
  GList link;         /* in FsmmStore.readers */
  FsmmSlot slots[];   /* the last one in is the first one out */
};

G_STATIC_ASSERT (offsetof (FsmmCache, reader) == 0);

static inline void
fsmm_cache_leave (FsmmCache *self)
{
  fsmm_reader_leave (&self->reader);
}

/* Returns the calling thread's cache of the store with that key, which is busy until
 * fsmm_cache_leave (). NULL if fsmm_cache_enter () must be asked. */
static inline FsmmCache *
fsmm_cache_enter_quickly (gconstpointer key)
{
  FsmmCache *self = fsmm_thread_get_quick_cache (key);

  if (G_UNLIKELY (self == NULL))
    return NULL;
  if (G_LIKELY (fsmm_barrier_light (&self->reader.busy, &self->reader.stop) == 0))
    return self;

  fsmm_cache_leave (self);
  return NULL;
}

/* The same, also for stores that are not found so quickly. NULL if the store's lock must be taken
 * instead. */
static inline FsmmCache *
fsmm_cache_enter (FsmmStore *store)
{
  FsmmCache *self = fsmm_thread_get_cache (store->index);

  if (G_UNLIKELY (self == NULL || !fsmm_reader_enter (&self->reader)))
    return NULL;

  return self;
}

/* --- For a thread that is busy, or has the lock, on its own cache --- */

static inline void
fsmm_cache_set_n_blocks (FsmmCache *self, guint n_blocks)
{
  __atomic_store_n (&self->n_blocks, n_blocks, __ATOMIC_RELAXED);
}

static inline void
fsmm_fill (gpointer block, FsmmFill fill)
{
  if (fill.source != NULL)
    memcpy (block, fill.source, fill.n_bytes);
  else
    memset (block, 0, fill.n_bytes);
}

/* A slot without a block: the cache is empty, or the block at its top is somebody else's.
 *
 * Slots are read and written one pointer at a time: a load of both does not find what two stores
 * have just written before that has reached the memory, which takes longer than all else here. */
static inline FsmmSlot
fsmm_cache_pop_filled (FsmmCache *self, FsmmState to, FsmmFill fill)
{
  guint n_left = self->n_blocks - 1;
  gpointer block;
  FsmmState *state;

  if (G_UNLIKELY (n_left == G_MAXUINT))
    return FSMM_NO_SLOT;

  block = self->slots[n_left].block;
  state = self->slots[n_left].state;
  if (G_UNLIKELY (!fsmm_state_has_mark (fsmm_state_get (state), self->mark)))
    return FSMM_NO_SLOT;

  /* In this order: what is LIVE is whole. */
  if (fill.n_bytes > 0)
    {
      fsmm_fill (block, fill);
      fsmm_state_publish (state, to);
    }
  else
    fsmm_state_set (state, to);
  fsmm_cache_set_n_blocks (self, n_left);
  if (G_UNLIKELY (n_left < __atomic_load_n (&self->low, __ATOMIC_RELAXED)))
    __atomic_store_n (&self->low, n_left, __ATOMIC_RELAXED);

  return (FsmmSlot) { block, state };
}

static inline FsmmSlot
fsmm_cache_pop (FsmmCache *self, FsmmState to)
{
  return fsmm_cache_pop_filled (self, to, (FsmmFill) { 0, NULL });
}

static inline gboolean
fsmm_cache_is_full (const FsmmCache *self)
{
  return self->n_blocks == self->capacity;
}

/* There must be room. */
static inline void
fsmm_cache_push (FsmmCache *self, gpointer block, FsmmState *state)
{
  guint n_blocks = self->n_blocks;

  fsmm_state_set (state, self->mark);
  self->slots[n_blocks].block = block;
  self->slots[n_blocks].state = state;
  fsmm_cache_set_n_blocks (self, n_blocks + 1);
}

/* As fsmm_store_find_state (), but may return NULL also where the thread has not met the chunk
 * yet. */
static inline FsmmState *
fsmm_cache_find_state (FsmmCache *self, const FsmmGeometry *geometry, gconstpointer address)
{
  return fsmm_reader_find_state (&self->reader, geometry, address);
}

/* --- For a thread that is busy, or has the lock --- */

/* Becomes busy, or takes the lock: either keeps all chunks where they are. */
static inline FsmmCache *
fsmm_store_enter (FsmmStore *self)
{
  FsmmCache *cache = fsmm_cache_enter (self);

  if (G_UNLIKELY (cache == NULL))
    fsmm_lock (&self->lock);

  return cache;
}

/* @cache is what fsmm_store_enter () returned. */
static inline void
fsmm_store_leave (FsmmStore *self, FsmmCache *cache)
{
  if (G_LIKELY (cache != NULL))
    fsmm_cache_leave (cache);
  else
    fsmm_unlock (&self->lock);
}

/* As fsmm_store_find_state (), but NULL also for a chunk that is closed, of which other threads ask
 * with the lock. The thread, which is busy with its cache, has met the chunk then. */
static inline FsmmState *
fsmm_cache_meet (FsmmCache *self, gconstpointer address)
{
  const FsmmGeometry *geometry = &self->store->geometry;
  FsmmChunk *chunk = fsmm_store_find_chunk (self->store, address);

  if (chunk == NULL || chunk->drop_id != 0)
    return NULL;

  *fsmm_reader_get_known_place (&self->reader, geometry, (guintptr) chunk->base) =
    (FsmmKnownChunk) { (guintptr) chunk->base, chunk->states };

  return fsmm_chunk_find_state (chunk, geometry, address);
}

/* The same, quicker where the thread has met the chunk. */
static inline FsmmState *
fsmm_cache_find_or_meet (FsmmCache *self, const FsmmGeometry *geometry, gconstpointer address)
{
  FsmmState *state = fsmm_cache_find_state (self, geometry, address);

  return G_LIKELY (state != NULL) ? state : fsmm_cache_meet (self, address);
}

/* The state of a handle's block, whose chunk is not closed, between fsmm_store_enter (), which returned
 * @cache, and fsmm_store_leave (). */
static inline FsmmState *
fsmm_store_find_held (FsmmStore *self, FsmmCache *cache, gconstpointer block)
{
  return G_LIKELY (cache != NULL) ? fsmm_cache_find_or_meet (cache, &self->geometry, block)
                                  : fsmm_store_find_state (self, block);
}

/* --- For whoever has the store's lock: fsmm-cache.c --- */

guint fsmm_cache_max_blocks (const FsmmGeometry *geometry);
FsmmCache *fsmm_store_add_cache (FsmmStore *self, FsmmThread *thread);
void fsmm_store_remove_cache (FsmmStore *self, FsmmCache *cache, FsmmDeferred *deferred);
void fsmm_cache_free (FsmmCache *self);

FsmmCache *fsmm_cache_fill_up (FsmmCache *self, FsmmDeferred *deferred);
FsmmCache *fsmm_cache_make_room (FsmmCache *self, FsmmDeferred *deferred);
void fsmm_cache_drop_double_frees (FsmmCache *self, FsmmDeferred *deferred);

gsize fsmm_store_count_cached (FsmmStore *self);
void fsmm_store_note_peak (FsmmStore *self);
void fsmm_store_quiesce (FsmmStore *self, FsmmDeferred *deferred);

G_END_DECLS
