/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The central store: all chunks of one pool behind one lock, and those of their regions that no
 * thread owns.
 *
 * Knows nothing of GObject or GError: it says in an enum what happened, and the pool finds the
 * words. Every function may be called from any thread. */

#pragma once

#include <glib.h>

#include "engine/chunk/fsmm-chunk.h"
#include "debug/fsmm-debug-flags.h"
#include "engine/chunk/fsmm-geometry.h"
#include "engine/store/fsmm-quarantine.h"
#include "engine/store/fsmm-reader.h"
#include "base/fsmm-waiters.h"
#include "debug/fsmm-report.h"
#include "engine/chunk/fsmm-segment.h"
#include "engine/chunk/fsmm-block-state.h"

G_BEGIN_DECLS

typedef void (*FsmmReleaseFunc) (gpointer owner);

typedef struct _FsmmStore FsmmStore;

/* What is known of how much a store needs: see fsmm-heap-decay.c. */
typedef struct {
  gsize recent_peak;  /* the most blocks that were live since somebody looked */
  guint64 trimmed_to; /* bytes that were left by the last trim, or that there have been since, if less */
  gsize trimmed_live; /* blocks that were live then */
  guint64 gain;       /* bytes that it gave back, until somebody looks */
  guint n_vain;       /* how many looks are left out */
  guint n_skipped;    /* how many have been */
} FsmmDecay;

/* Of a store that somebody has waited for: see fsmm-heap-wait.c. */
typedef struct {
  FsmmWaiters waiters;
  gint64 last_left;  /* when the queue became empty */
  guint n_looks;     /* how often it has been found so since */
  gssize other_live; /* while all threads go through the lock: what the counts of all caches but the
                      * common one add up to */
  gsize failed_live; /* how many blocks were live when there was no memory; G_MAXSIZE: there is */
} FsmmWaiting;

struct _FsmmStore
{
  /* Set once by fsmm_heap_init (). */
  FsmmGeometry geometry;
  guint index;          /* in the table of caches that each thread has */
  guint own_place;      /* where programs that have the pool compiled in find one: set as the key is */
  guint64 id;           /* that no other pool of this process ever has: what FsmmPoolInfo:id says */
  gconstpointer key;    /* what finds a cache of it; set before there is one */
  FsmmSubject identity; /* to whom */
  FsmmDebugFlags debug; /* not 0: no thread has a cache, and all goes through the lock */
  gint is_closed;       /* (atomic): nobody may wait */

  /* Protects all below. No user function is called with it held, and no lock but that of the
   * page map is taken. */
  GMutex *lock;
  gboolean has_dead;     /* in a child of fork (): some caches are of threads that do not exist */
  gboolean diverts;      /* all threads take and free blocks with the lock: see fsmm-heap-wait.c */
  gsize max_blocks;      /* G_MAXSIZE: no limit; changed while no thread is busy with the store */
  GHashTable *chunks;    /* (element-type gpointer FsmmChunk) (nullable): by base; NULL: none yet */
  gsize table_capacity;  /* how many chunks there was memory for when that was last asked */
  GQueue all;            /* every chunk in order of its serial, detached ones included */
  FsmmSegments segments; /* where chunks lie */
  guint64 next_serial;
  gsize epoch;    /* how often all blocks were dropped, and one more; (atomic), for reading */
  gsize n_blocks; /* in chunks that are not closed */
  gsize n_closed; /* blocks that are out in those that are, and not detached */
  gsize n_given_back; /* (atomic): pages of chunks that are not detached which the system has */

  GQueue fresh;      /* (element-type FsmmRegion): that no thread has owned */
  GQueue orphans;    /* (element-type FsmmRegion): whose thread has ended, or had to give them up */
  FsmmRegion *news;  /* (atomic) (nullable): a stack of regions with blocks freed by others */
  GQueue caches;     /* (element-type FsmmCache) */
  FsmmCache common;  /* for threads that have none of their own; among them */

  gssize n_live; /* what the counts of all caches add up to is so much less than are live */
  gsize peak_live;
  gsize n_counted; /* where there is a limit: no more are live, or can be handed out */
  guint n_vain;    /* how often in turn other threads had no idle region to take */
  guint n_skipped; /* how often that was not tried since */

  FsmmWaiting *waiting; /* (owned) (nullable): NULL: nobody has ever waited */

  FsmmDecay decay;
  gint64 retain_bytes;     /* in chunks, when all blocks are dropped; -1: as many as are used again */
  gsize n_used_last;       /* chunks that were used between the last two drops */
  guint n_drops;           /* how many calls are dropping all blocks in steps */
  FsmmReleaseFunc release; /* (nullable): to be called when no chunk is pinned any more */
  FsmmQuarantine quarantine;
};

void fsmm_store_set_up (FsmmStore *self,
                        const FsmmGeometry *geometry,
                        gsize max_blocks,
                        FsmmDebugFlags debug,
                        const FsmmSubject *identity);
void fsmm_store_tear_down (FsmmStore *self);

/* A store that may be gone by now. */
typedef struct {
  FsmmStore *store; /* NULL: none */
  guint index;
  guint64 id;
} FsmmStoreName;

static inline FsmmStoreName
fsmm_store_get_name (FsmmStore *self)
{
  return (FsmmStoreName) { self, self->index, self->id };
}

G_END_DECLS
