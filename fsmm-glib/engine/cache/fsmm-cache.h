/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a thread keeps of a store for itself: free blocks, to be handed out without a lock.
 *
 * A free looks at the block's state, which must be LIVE, and writes the mark of the thread's cache
 * into it. Nothing else is written, and nothing atomically exchanged, so that two threads which
 * free the same block at the same moment may both find it LIVE and both keep it. But its state
 * holds one mark only. Before a block is handed out again, or goes back to the store, its state is
 * looked at once more: where it is not the cache's own mark, the block is somebody else's, and the
 * free was one too many, which is reported then. tests/test-cache-model.c proves on a model that no
 * order of steps leads to a block being handed out twice.
 *
 * While a thread does any of this, it is busy. Whoever frees chunks, or wants what lies in
 * others' caches, has the store's lock, and stops all caches first: from then on until they
 * resume, no thread is busy, and whoever comes goes to the lock instead. */

#pragma once

#include "base/fsmm-barrier.h"
#include "engine/store/fsmm-store.h"
#include "engine/cache/fsmm-thread.h"

#include <string.h>

G_BEGIN_DECLS

/* The thread must take the lock. */
#define FSMM_CACHE_STOPPED 1
/* The thread must look twice, always, because it has to do without the kernel's help. */
#define FSMM_CACHE_FENCED 2

/* A chunk that the thread has met. */
typedef struct {
  guintptr base; /* FSMM_NO_BASE: none */
  FsmmState *states;
} FsmmKnownChunk;

/* Nothing is a multiple of a span there. */
#define FSMM_NO_BASE ((guintptr) 1)

struct _FsmmCache {
  gint busy;      /* (atomic): written by the thread */
  gint stop;      /* (atomic): FSMM_CACHE_STOPPED and such; written with the store's lock held */
  guint n_blocks; /* (atomic), for reading: how many of the slots are in use */
  guint low;      /* (atomic): the least of n_blocks since the peak was last worked out */
  guint capacity; /* how many slots there are */
  FsmmState mark;
  guint known_mask;      /* how many known chunks there are, a power of two, less 1 */
  FsmmKnownChunk *known; /* by a hash of their bases */
  gboolean was_filled; /* so that it has been emptied when it is filled once more */

  FsmmStore *store;
  FsmmThread *thread; /* whose it is */
  GList link;         /* in FsmmStore.caches */
  FsmmSlot slots[];   /* the last one in is the first one out */
};

static inline void
fsmm_cache_leave (FsmmCache *self)
{
  __atomic_store_n (&self->busy, 0, __ATOMIC_RELEASE);
}

/* Returns the calling thread's cache of the store with that key, which is busy until
 * fsmm_cache_leave (). NULL if fsmm_cache_enter () must be asked. */
static inline FsmmCache *
fsmm_cache_enter_quickly (gconstpointer key)
{
  FsmmCache *self = fsmm_thread_get_quick_cache (key);

  if (G_UNLIKELY (self == NULL))
    return NULL;
  if (G_LIKELY (fsmm_barrier_raise_and_look (&self->busy, &self->stop) == 0))
    return self;

  fsmm_cache_leave (self);
  return NULL;
}

/* The same. NULL if the store's lock must be taken instead. */
static inline FsmmCache *
fsmm_cache_enter (FsmmStore *store)
{
  FsmmCache *self = fsmm_thread_get_cache (store->index);
  gint stop;

  if (G_UNLIKELY (self == NULL))
    return NULL;

  stop = fsmm_barrier_raise_and_look (&self->busy, &self->stop);
  if (G_UNLIKELY (stop != 0))
    stop = fsmm_barrier_look_again (&self->stop) & FSMM_CACHE_STOPPED;
  if (G_LIKELY (stop == 0))
    return self;

  fsmm_cache_leave (self);
  return NULL;
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
      fsmm_state_settle (state, to);
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

static inline FsmmKnownChunk *
fsmm_cache_get_known_place (FsmmCache *self, const FsmmGeometry *geometry, guintptr base)
{
  return &self->known[(base >> geometry->span_shift) & self->known_mask];
}

/* As fsmm_store_find_state (), but may return NULL also where the thread has not met the chunk
 * yet. */
static inline FsmmState *
fsmm_cache_find_state (FsmmCache *self, const FsmmGeometry *geometry, gconstpointer address)
{
  gsize offset = (guintptr) address & geometry->offset_mask;
  guintptr base = (guintptr) address - offset;
  const FsmmKnownChunk *known = fsmm_cache_get_known_place (self, geometry, base);
  gsize block;

  if (G_UNLIKELY (known->base != base || !fsmm_geometry_is_start (geometry, offset, &block)))
    return NULL;

  return known->states + block;
}

/* --- For a thread that is busy, or has the lock --- */

/* The chunk in whose span @address lies, or NULL. */
static inline FsmmChunk *
fsmm_store_find_chunk (FsmmStore *self, gconstpointer address)
{
  FsmmSegment *segment = fsmm_registry_find_segment (address, self);

  if (G_UNLIKELY (segment == NULL))
    /* Nobody is busy without a cache: this is with the lock. */
    return self->debug & FSMM_DEBUG_MALLOC ? fsmm_store_lookup_chunk (self, address) : NULL;

  return fsmm_segment_get_content (&self->segments, segment, address);
}

/* The state of the block that starts at @address. NULL if that lies in no chunk, or in a block. */
static inline FsmmState *
fsmm_store_find_state (FsmmStore *self, gconstpointer address)
{
  FsmmChunk *chunk = fsmm_store_find_chunk (self, address);

  return G_LIKELY (chunk != NULL) ? fsmm_chunk_find_state (chunk, &self->geometry, address) : NULL;
}

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

/* As fsmm_store_find_state (). The thread, which is busy with its cache, has met the chunk then. */
static inline FsmmState *
fsmm_cache_meet (FsmmCache *self, gconstpointer address)
{
  const FsmmGeometry *geometry = &self->store->geometry;
  FsmmChunk *chunk = fsmm_store_find_chunk (self->store, address);

  if (chunk == NULL)
    return NULL;

  *fsmm_cache_get_known_place (self, geometry, (guintptr) chunk->base) =
    (FsmmKnownChunk) { (guintptr) chunk->base, chunk->states };

  return fsmm_chunk_find_state (chunk, geometry, address);
}

/* As fsmm_store_find_state (), for a thread that is busy with its cache, and quicker. */
static inline FsmmState *
fsmm_cache_find_or_meet (FsmmCache *self, const FsmmGeometry *geometry, gconstpointer address)
{
  FsmmState *state = fsmm_cache_find_state (self, geometry, address);

  return G_LIKELY (state != NULL) ? state : fsmm_cache_meet (self, address);
}

/* --- Calls --- */

/* Takes a block, in the state @to. In @epoch, when that was. Returns a slot without a block, and in
 * @result why, if there is none. */
static inline FsmmSlot
fsmm_store_take (FsmmStore *self,
                 FsmmState to,
                 FsmmFill fill,
                 gsize *epoch,
                 FsmmTakeResult *result)
{
  FsmmCache *cache = fsmm_cache_enter (self);

  if (G_LIKELY (cache != NULL))
    {
      FsmmSlot taken = fsmm_cache_pop_filled (cache, to, fill);

      *epoch = self->epoch;
      fsmm_cache_leave (cache);
      if (G_LIKELY (taken.block != NULL))
        return taken;
    }

  return fsmm_store_take_slowly (self, to, fill, epoch, result);
}

/* Gives a block back if it is in the state @from, and there is room in the cache. @epoch is that
 * of the block, where it has to be looked at, or FSMM_EPOCH_ANY. */
static inline gboolean
fsmm_store_try_give_in_epoch (FsmmStore *self, gpointer block, FsmmState from, gsize epoch)
{
  FsmmCache *cache = fsmm_cache_enter (self);
  FsmmState *state;
  gboolean given;

  if (G_UNLIKELY (cache == NULL))
    return FALSE;

  state = fsmm_cache_find_or_meet (cache, &self->geometry, block);
  given = state != NULL && fsmm_state_get (state) == from && !fsmm_cache_is_full (cache) &&
          (epoch == FSMM_EPOCH_ANY || self->epoch == epoch);
  if (G_LIKELY (given))
    fsmm_cache_push (cache, block, state);
  fsmm_cache_leave (cache);

  return given;
}

/* Gives a block back if it is in the state @from, and says what the address was in any case. */
static inline FsmmAddressKind
fsmm_store_give (FsmmStore *self, gpointer block, FsmmState from)
{
  if (G_LIKELY (fsmm_store_try_give_in_epoch (self, block, from, FSMM_EPOCH_ANY)))
    return fsmm_state_to_kind (from);

  return fsmm_store_give_slowly (self, block, from);
}

G_END_DECLS
