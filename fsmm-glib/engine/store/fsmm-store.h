/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The central store: all chunks of one pool behind one lock, and the caches of threads before it.
 *
 * Knows nothing of GObject or GError: it says in an enum what happened, and the pool finds the
 * words. Every function may be called from any thread.
 *
 * A block is out of the store while it is live or in a cache. What takes no lock is in
 * fsmm-cache.h. */

#pragma once

#include <glib.h>

#include "engine/chunk/fsmm-chunk.h"
#include "debug/fsmm-debug-flags.h"
#include "engine/chunk/fsmm-geometry.h"
#include "engine/store/fsmm-quarantine.h"
#include "engine/store/fsmm-reader.h"
#include "debug/fsmm-report.h"
#include "engine/chunk/fsmm-segment.h"
#include "engine/chunk/fsmm-block-state.h"

G_BEGIN_DECLS

typedef void (*FsmmReleaseFunc) (gpointer owner);

typedef struct {
  /* Set once by fsmm_heap_init (). */
  FsmmGeometry geometry;
  gsize max_blocks;       /* G_MAXSIZE: no limit */
  guint max_cached;       /* how many blocks a cache may come to hold */
  guint index;            /* in the table of caches that each thread has */
  guint64 id;             /* that no other store of this process ever has */
  gconstpointer quick_key; /* (nullable): what finds a cache quickly; set before there is one */
  FsmmSubject identity;     /* to whom */
  FsmmDebugFlags debug;    /* not 0: no thread has a cache, and all goes through the lock */

  /* Protects all below. No user function is called with it held, and no lock but that of the
   * page map is taken. */
  GMutex lock;
  GHashTable *chunks;    /* (element-type gpointer FsmmChunk): by base; fsmm-store-lookup.h */
  gsize table_capacity;  /* how many chunks there was memory for when that was last asked */
  GQueue all;            /* every chunk in order of its serial, detached ones included */
  GQueue open;           /* chunks to take from: those that have a free block and are not closed */
  FsmmSegments segments; /* where chunks lie */
  guint64 next_serial;
  gsize epoch;  /* how often all blocks were dropped, and one more; (atomic), for reading */
  gsize n_free; /* in chunks that are not closed */
  gsize n_out;
  gsize peak_live;

  GQueue readers;          /* (element-type FsmmReader) */
  guint n_drops;           /* how many calls are dropping all blocks in steps */
  FsmmReleaseFunc release; /* (nullable): to be called when no chunk is pinned any more */
  FsmmQuarantine quarantine;
  guint n_marks;           /* how many of the marks are in use; (atomic), for reading */
  guint64 marks[(FSMM_MAX_MARKS + 63) / 64]; /* which: a bit for each */
} FsmmStore;

void fsmm_store_set_up (FsmmStore *self,
                        const FsmmGeometry *geometry,
                        gsize max_blocks,
                        guint max_cached,
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
