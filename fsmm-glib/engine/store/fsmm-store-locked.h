/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the store share. Every function here is called with the store's lock held. */

#pragma once

#include "debug/fsmm-report.h"
#include "base/fsmm-lock.h"
#include "engine/store/fsmm-store-lookup.h"

G_BEGIN_DECLS

/* Work that is put off until the lock has been released. */
typedef struct {
  gboolean is_stopped; /* other threads are, and have to resume */
  gboolean is_trimming; /* nothing is kept for other pools */
  gboolean is_silent;  /* damage is not reported */
  FsmmChunk *emptied;  /* (nullable): the first of those that are closed, and to be removed */
  GQueue unused;       /* (element-type FsmmSegment): for the system */
  FsmmLateDoubleFrees double_frees; /* to be logged: a handler of messages may use the pool */
  GQueue damage_reports;            /* (element-type FsmmDamageReport): to be logged as well */
  GQueue left;                      /* (element-type FsmmWaiter): to be notified */
  const FsmmStack *site;            /* (nullable): where the program takes or frees blocks */
} FsmmDeferred;

#define FSMM_DEFERRED_INIT                                                                         \
  {                                                                                                \
    .unused = G_QUEUE_INIT                                                                         \
  }

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

FsmmChunk *fsmm_store_add_chunk (FsmmStore *self, FsmmDeferred *deferred);
void
fsmm_store_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id, FsmmDeferred *deferred);
void fsmm_store_free_in_closed_chunk (FsmmStore *self, FsmmSlot slot);
void fsmm_store_remove_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);
void fsmm_store_reopen_chunk (FsmmStore *self, FsmmChunk *chunk);
void fsmm_store_abandon_drops_of_others (FsmmStore *self);

FsmmChunk *fsmm_store_pin_chunk (FsmmChunk *chunk);
void fsmm_store_unpin_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);

/* What is claimed counts as taken, so that threads can hand it out without a look at the limit. But
 * while all of them go through the lock, each takes a look. */
static inline gboolean
fsmm_store_counts_claims (const FsmmStore *self)
{
  return self->max_blocks != G_MAXSIZE && (!self->diverts || self->debug != 0);
}

/* Where there is a limit: @n blocks of the region are out, or can be handed out. */
static inline void
fsmm_store_set_counted (FsmmStore *self, FsmmRegion *region, gsize n)
{
  self->n_counted = self->n_counted - region->n_counted + n;
  region->n_counted = (guint32) n;
}

/* Pages of a region have been given back to the system. */
static inline void
fsmm_store_note_given_back (FsmmStore *self, FsmmRegion *region, guint32 n_pages)
{
  region->n_given_back += n_pages;
  __atomic_add_fetch (&region->chunk->segment->n_given_back, n_pages, __ATOMIC_RELAXED);
  __atomic_add_fetch (&self->n_given_back, n_pages, __ATOMIC_RELAXED);
}

/* They are not counted any more. For whoever has the lock, or for the owner while it is busy. Returns
 * whether there were any. */
static inline gboolean
fsmm_store_forget_given_back (FsmmStore *self, FsmmRegion *region)
{
  guint32 n_pages = __atomic_load_n (&region->n_given_back, __ATOMIC_RELAXED);

  if (G_LIKELY (n_pages == 0))
    return FALSE;

  __atomic_store_n (&region->n_given_back, 0, __ATOMIC_RELAXED);
  __atomic_sub_fetch (&region->chunk->segment->n_given_back, n_pages, __ATOMIC_RELAXED);
  __atomic_sub_fetch (&self->n_given_back, n_pages, __ATOMIC_RELAXED);
  return TRUE;
}

/* They may be used again, all of them. */
static inline void
fsmm_store_take_back (FsmmStore *self, FsmmRegion *region)
{
  if (G_UNLIKELY (fsmm_store_forget_given_back (self, region)))
    fsmm_segment_complete (region->chunk->segment);
}

void fsmm_store_keep_region (GQueue *queue, FsmmRegion *region);
void fsmm_store_take_region (FsmmRegion *region);

void fsmm_store_note_double_free (FsmmStore *self, gpointer block, FsmmLateDoubleFrees *late);

/* --- Threads that look at chunks without the lock: fsmm-store-readers.c --- */

void fsmm_store_stop (FsmmStore *self);
void fsmm_store_resume (FsmmStore *self);
void fsmm_store_give_key (FsmmCache *cache);
void fsmm_store_stop_for (FsmmStore *self, FsmmDeferred *deferred);

G_END_DECLS
