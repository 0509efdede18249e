/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread that looks at chunks without the store's lock.
 *
 * While it does so it is busy. It first says so, and then looks for its key. A thread that removes
 * a chunk has the lock, and takes the keys of all others away first: from then on until they have
 * them again, no other thread is busy with this store, and each that comes goes to the lock
 * instead. */

#pragma once

#include "base/fsmm-barrier.h"
#include "fsmm-inline-layout.h"
#include "base/fsmm-thread-local.h"
#include "engine/chunk/fsmm-chunk.h"

G_BEGIN_DECLS

typedef struct _FsmmCache FsmmCache;

/* What programs know of states and regions is right. */
G_STATIC_ASSERT (FSMM_INLINE_LIVE == FSMM_STATE_LIVE && FSMM_INLINE_FREE == FSMM_STATE_FREE);
G_STATIC_ASSERT (FSMM_INLINE_REGION_SHIFT == FSMM_REGION_SHIFT);
G_STATIC_ASSERT (sizeof (FsmmKnownRegion) == 1 << FSMM_INLINE_PLACE_SHIFT);

/* What a thread has for all stores. */
typedef struct {
  FsmmThreadFront front;

  FsmmCache **caches; /* (array length=n_caches): all, by the index of the store */
  guint n_caches;
  GQueue all;         /* (element-type FsmmCache): all, the latest first */
  GList link;         /* in the list of threads that have any */
  gsize n_regions;    /* how many it owns */
  gboolean has_ended; /* only destructors of other libraries still run */
} FsmmThread;

extern FSMM_THREAD_LOCAL FsmmThread fsmm_thread;

/* What a thread has for one store: see fsmm-cache.h. */
struct _FsmmCache
{
  FsmmFront front; /* what most calls need, in one line of the processor's cache with @store */
  struct _FsmmStore *store;

  FsmmRegion *current; /* (nullable): the region at work */
  gsize next_word;     /* of its cells, to be looked at */
  guint threshold; /* how few idle blocks of a region are worth it: many, until blocks get scarce */
  gint is_stopped; /* (atomic) */
  GQueue queue;    /* (element-type FsmmRegion): own ones in which blocks may be idle */
  GQueue owned;    /* (element-type FsmmRegion): all own ones */
  FsmmRegion *inbox;  /* (atomic) (nullable), for reading: a list of own ones with news */
  gsize n_claimed;    /* (atomic), for reading: how many blocks it has claimed, and not dropped */
  gsize n_remote;     /* (atomic), for reading: how many blocks of others' regions it freed */
  gssize noted_max;   /* of max_live: what the store's peak includes; with the lock held */
  gsize noted_remote; /* of n_remote, when that was worked out */

  /* Blocks of others' regions that were freed, and whose bits are not in the map yet. */
  FsmmRegion *remote_region;
  gsize remote_word;
  FsmmBits remote_bits;

  gconstpointer fast_key; /* what the key is while the thread is not stopped */
  FsmmThread *thread;     /* (nullable): NULL if it is for any thread that has the lock */
  GList store_link;       /* in FsmmStore.caches */
  GList thread_link;      /* in FsmmThread.all */
};

/* Stands for a cache where a thread has none. */
extern FsmmCache fsmm_no_cache;

/* The places of a thread that has no cache. They are never written to. */
extern FsmmFront *fsmm_no_places[FSMM_INLINE_N_PLACES];

/* The table of a thread that knows no region. It is never written to. */
#define FSMM_FIRST_KNOWN 64
extern FsmmKnownRegion fsmm_no_regions[FSMM_FIRST_KNOWN];

/* The calling thread is not busy any more. */
static inline void
fsmm_reader_leave (void)
{
  __atomic_store_n (&fsmm_thread.front.busy, 0, __ATOMIC_RELEASE);
}

/* Where in a table a region would be that has a block at @address: the mask leaves out what is not a
 * multiple of the size of a place. */
static inline FsmmKnownRegion *
fsmm_reader_get_place (FsmmKnownRegion *table, gsize mask, gconstpointer address)
{
  gsize offset = (guintptr) address >> (FSMM_REGION_SHIFT - FSMM_INLINE_PLACE_SHIFT);

  return (FsmmKnownRegion *) (gpointer) ((guint8 *) table + (offset & mask));
}

/* Where the calling thread would know it. */
static inline FsmmKnownRegion *
fsmm_reader_get_own_place (gconstpointer address)
{
  return fsmm_reader_get_place (fsmm_thread.front.known, fsmm_thread.front.known_mask, address);
}

void fsmm_reader_know (FsmmThread *self, FsmmRegion *region, FsmmCache *cache);
void fsmm_reader_forget (FsmmThread *self, const FsmmRegion *region);
void fsmm_reader_make_room (FsmmThread *self, gsize n_regions);
void fsmm_reader_clear (FsmmThread *self);

void fsmm_reader_take_key (FsmmCache *cache);
void fsmm_reader_wait_until_idle (FsmmThread *thread);

void fsmm_reader_lock_all (void);
void fsmm_reader_unlock_all (void);

G_END_DECLS
