/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the heap share. Every function here is called with the store's lock held, but
 * that which takes it. */

#pragma once

#include "engine/cache/fsmm-thread.h"
#include "engine/heap/fsmm-heap.h"
#include "engine/store/fsmm-store-debug.h"

G_BEGIN_DECLS

/* To be called once the lock is held, before anything else. Where the process has forked since, there
 * may be caches of threads that do not exist, and others have not got their keys back yet. */
static inline void
fsmm_heap_settle (FsmmStore *self)
{
  FsmmCache *own;

  if (G_UNLIKELY (self->has_dead))
    fsmm_cache_bury_dead (self);

  own = fsmm_thread_get_cache (self->index);
  if (G_UNLIKELY (own != NULL && own->is_stopped && !self->diverts))
    fsmm_store_give_key (own);
}

static inline void
fsmm_heap_lock (FsmmStore *self)
{
  fsmm_lock (self->lock);
  fsmm_heap_settle (self);
}

/* Becomes busy, or takes the lock: either keeps all chunks where they are. */
static inline FsmmCache *
fsmm_heap_enter (FsmmStore *self)
{
  FsmmCache *cache = fsmm_cache_enter (self);

  if (G_UNLIKELY (cache == NULL))
    fsmm_heap_lock (self);

  return cache;
}

/* @cache is what fsmm_heap_enter () returned. */
static inline void
fsmm_heap_leave (FsmmStore *self, const FsmmCache *cache)
{
  if (G_LIKELY (cache != NULL))
    fsmm_reader_leave ();
  else
    fsmm_unlock (self->lock);
}

/* The calling thread's cache, or that of all threads which have none, or may not use it now. */
static inline FsmmCache *
fsmm_heap_get_cache (FsmmStore *self)
{
  FsmmCache *own = fsmm_thread_get_cache (self->index);

  return own != NULL && !self->diverts ? own : &self->common;
}

/* --- Waiting: fsmm-heap-wait.c --- */

void fsmm_heap_serve_waiters_slow (FsmmStore *self, FsmmDeferred *deferred);

/* How many blocks are live, while all threads go through the lock. */
static inline gsize
fsmm_heap_count_live_diverted (const FsmmStore *self)
{
  gssize n_live =
      self->n_live + self->waiting->other_live + fsmm_cache_get_live (&self->common);

  return (gsize) MAX (n_live, 0);
}

/* There is memory again. */
static inline void
fsmm_heap_note_memory (FsmmStore *self)
{
  if (G_UNLIKELY (self->waiting != NULL))
    self->waiting->failed_live = G_MAXSIZE;
}

/* To be called before a block is taken, and once something has changed. */
static inline void
fsmm_heap_serve_waiters (FsmmStore *self, FsmmDeferred *deferred)
{
  if (G_UNLIKELY (self->diverts))
    fsmm_heap_serve_waiters_slow (self, deferred);
}

static inline void
fsmm_heap_unlock_and_finish (FsmmStore *self, FsmmDeferred *deferred)
{
  fsmm_heap_serve_waiters (self, deferred);
  fsmm_store_unlock_and_finish (self, deferred);
}

gboolean fsmm_heap_try_free_owned (FsmmStore *self, gpointer block, FsmmState from, gsize epoch);

FsmmSlot fsmm_heap_alloc_locked (FsmmCache *cache,
                                 FsmmState to,
                                 FsmmAllocResult *result,
                                 FsmmDeferred *deferred);

/* --- Room: fsmm-heap-room.c --- */

FsmmAllocResult fsmm_heap_fill_cache (FsmmCache *cache, FsmmDeferred *deferred);
FsmmAllocResult fsmm_heap_make_room (FsmmStore *self, gsize n_blocks, FsmmDeferred *deferred);

/* How many bytes the system does not have: of chunks, but for so many pages, and of those that are gone but
 * were refused. */
static inline gsize
fsmm_heap_count_reserved_but (FsmmStore *self, gsize n_given_back)
{
  return fsmm_store_count_chunks (self) * self->geometry.chunk_bytes +
         self->segments.n_refused * self->segments.slot_size -
         n_given_back * self->segments.page_size;
}

/* Threads that go on with their regions take pages back meanwhile. */
static inline gsize
fsmm_heap_count_reserved (FsmmStore *self)
{
  return fsmm_heap_count_reserved_but (self,
                                       __atomic_load_n (&self->n_given_back, __ATOMIC_RELAXED));
}

/* Gives the lock back: fsmm-heap-trim.c. */
gsize fsmm_heap_trim_and_unlock (FsmmStore *self);

guint64 fsmm_heap_sum_up_stores (gsize (*func) (FsmmStore *store));

/* --- Idle blocks: fsmm-heap-reclaim.c --- */

void fsmm_heap_count_again (FsmmStore *self);
void fsmm_heap_quiesce (FsmmStore *self, FsmmDeferred *deferred);
void fsmm_heap_reclaim (FsmmStore *self, FsmmDeferred *deferred);
gboolean fsmm_heap_take_over (FsmmCache *cache, FsmmDeferred *deferred);
void
fsmm_heap_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id, FsmmDeferred *deferred);
void fsmm_heap_remove_idle_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);

G_END_DECLS
