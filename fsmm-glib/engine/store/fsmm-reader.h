/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread that looks at chunks without the store's lock.
 *
 * While it does so it is busy. It first says so, and then looks for its key. A thread that removes
 * a chunk has the lock, and takes the keys of all others away first: from then on until they have
 * them again, no other thread is busy with this store, and each that comes goes to the lock
 * instead. */

#pragma once

#include "base/fsmm-barrier.h"
#include "base/fsmm-thread-local.h"
#include "engine/chunk/fsmm-chunk.h"

G_BEGIN_DECLS

/* What takes the place of a key. No pointer that is passed for a pool is this. */
#define FSMM_NO_KEY ((gconstpointer) 1)

/* A region that the thread owns, found by an address in it. */
typedef struct {
  guintptr base; /* (atomic): address of its first block */
  FsmmState *cells;
  struct _FsmmCache *cache; /* (atomic): that owns it; fsmm_no_cache: none does */
  guint32 n_bytes;          /* (atomic): a block that starts in it is nearer to @base; 0: none */
  guint32 reciprocal;       /* (atomic): of the size of a block: 2^32 / size, rounded up */
} __attribute__ ((aligned (32))) FsmmKnownRegion;

typedef struct _FsmmCache FsmmCache;

/* How many caches a thread finds at once, each at one of two places. */
#define FSMM_N_PLACES 256

/* What a thread has for all stores. */
typedef struct {
  gint busy;              /* (atomic): written by the thread */
  gsize known_mask;       /* of an offset in bytes into the table */
  FsmmKnownRegion *known; /* (owned): by some bits of their addresses */

  FsmmCache **places; /* (owned): some of its caches, (atomic), by a hash of their keys */

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
  /* What most calls need, in one line of the processor's cache. */
  gconstpointer key;     /* (atomic): that of the store, or FSMM_NO_KEY */
  guint64 bits;          /* of a word: blocks that are claimed, and can be handed out */
  FsmmState *word_cells; /* of that word */
  guintptr word_base;    /* address of its first block */
  gsize block_size;
  gssize below_max; /* (atomic), for reading: how many fewer blocks than that are live now */
  gssize max_live;  /* (atomic), for reading: the most that this thread has taken, less those that it
                     * has freed, since that was noted */
  struct _FsmmStore *store;

  FsmmRegion *current; /* (nullable): the region at work */
  gsize next_word;     /* of its cells, to be looked at */
  guint threshold; /* how few idle blocks of a region are worth it: many, until blocks get scarce */
  GQueue queue;    /* (element-type FsmmRegion): own ones in which blocks may be idle */
  GQueue owned;    /* (element-type FsmmRegion): all own ones */
  FsmmRegion *inbox;  /* (atomic) (nullable), for reading: a list of own ones with news */
  gsize n_remote;     /* (atomic), for reading: how many blocks of others' regions it freed */
  gssize noted_max;   /* of max_live: what the store's peak includes; with the lock held */
  gsize noted_remote; /* of n_remote, when that was worked out */

  /* Blocks of others' regions that were freed, and whose bits are not in the map yet. */
  FsmmRegion *remote_region;
  gsize remote_word;
  FsmmBits remote_bits;

  gconstpointer fast_key; /* what the key is while the thread is not stopped */
  gint is_stopped;        /* (atomic) */
  FsmmThread *thread;     /* (nullable): NULL if it is for any thread that has the lock */
  GList store_link;       /* in FsmmStore.caches */
  GList thread_link;      /* in FsmmThread.all */
};

/* Stands for a cache where a thread has none. */
extern FsmmCache fsmm_no_cache;

/* The places of a thread that has no cache. They are never written to. */
extern FsmmCache *fsmm_no_places[FSMM_N_PLACES];

/* The table of a thread that knows no region. It is never written to. */
#define FSMM_FIRST_KNOWN 64
extern FsmmKnownRegion fsmm_no_regions[FSMM_FIRST_KNOWN];

/* The calling thread is not busy any more. */
static inline void
fsmm_reader_leave (void)
{
  __atomic_store_n (&fsmm_thread.busy, 0, __ATOMIC_RELEASE);
}

/* Where in a table a region would be that has a block at @address: the mask leaves out what is not a
 * multiple of the size of a place. */
static inline FsmmKnownRegion *
fsmm_reader_get_place (FsmmKnownRegion *table, gsize mask, gconstpointer address)
{
  G_STATIC_ASSERT (sizeof (FsmmKnownRegion) == 1 << 5);

  gsize offset = (guintptr) address >> (FSMM_REGION_SHIFT - 5);

  return (FsmmKnownRegion *) (gpointer) ((guint8 *) table + (offset & mask));
}

/* Where the calling thread would know it. */
static inline FsmmKnownRegion *
fsmm_reader_get_own_place (gconstpointer address)
{
  return fsmm_reader_get_place (fsmm_thread.known, fsmm_thread.known_mask, address);
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
