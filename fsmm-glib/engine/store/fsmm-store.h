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
#include "engine/cache/fsmm-quarantine.h"
#include "engine/chunk/fsmm-page-map.h"
#include "debug/fsmm-report.h"
#include "engine/chunk/fsmm-segment.h"
#include "engine/chunk/fsmm-block-state.h"

G_BEGIN_DECLS

typedef enum {
  FSMM_TAKE_OK,
  FSMM_TAKE_EXHAUSTED, /* max_blocks would be exceeded */
  FSMM_TAKE_NO_MEMORY,
} FsmmTakeResult;

/* Epochs that no store is ever in: for where none has to be looked at, and where none may be found. */
#define FSMM_EPOCH_ANY 0
#define FSMM_EPOCH_NEVER G_MAXSIZE

/* What a block starts with. */
typedef struct {
  gsize n_bytes;
  gconstpointer source; /* NULL: zeroes */
} FsmmFill;

typedef struct _FsmmCache FsmmCache;

typedef void (*FsmmReleaseFunc) (gpointer owner);

typedef struct {
  /* Set once by fsmm_store_init (). */
  FsmmGeometry geometry;
  gsize max_blocks;       /* G_MAXSIZE: no limit */
  guint max_cached;       /* how many blocks a cache may come to hold */
  guint index;            /* in the table of caches that each thread has */
  guint64 id;             /* that no other store of this process ever has */
  gconstpointer quick_key; /* (nullable): what finds a cache quickly; set before there is one */
  FsmmSubject belongs;     /* to whom */
  FsmmDebugFlags debug;    /* not 0: no thread has a cache, and all goes through the lock */

  /* Protects all below. No user function is called with it held, and no lock but the registry's is
   * taken. */
  GMutex lock;
  GHashTable *chunks;    /* (element-type gpointer FsmmChunk): by base; what makes an address known */
  gsize table_capacity;  /* how many chunks there was memory for when that was last asked */
  GQueue all;            /* every chunk in order of its serial, detached ones included */
  GQueue open;           /* chunks to take from: those that have a free block and are not closed */
  FsmmSegments segments; /* where chunks lie */
  guint64 next_serial;
  gsize epoch;  /* how often all blocks were dropped, and one more; (atomic), for reading */
  gsize n_free; /* in chunks that are not closed */
  gsize n_out;
  gsize peak_live;

  GQueue caches;           /* (element-type FsmmCache) */
  guint n_drops;           /* how many calls are dropping all blocks in steps */
  FsmmReleaseFunc release; /* (nullable): to be called when nobody pins a chunk any more */
  FsmmQuarantine quarantine;
  guint n_marks;           /* how many of the marks are in use; (atomic), for reading */
  guint64 marks[(FSMM_MAX_MARKS + 63) / 64]; /* which: a bit for each */
} FsmmStore;

void fsmm_store_init (FsmmStore *self,
                      const FsmmGeometry *geometry,
                      gsize max_blocks,
                      FsmmDebugFlags debug,
                      const FsmmSubject *belongs);
void fsmm_store_clear (FsmmStore *self);
gboolean fsmm_store_outlive_pins (FsmmStore *self, FsmmReleaseFunc release);

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

/* Called with the lock held. */
FsmmChunk *fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address);

/* --- Blocks come and go: fsmm-store-blocks.c, and without the lock fsmm-cache.h --- */

FsmmSlot fsmm_store_take_slowly (FsmmStore *self,
                                 FsmmState to,
                                 FsmmFill fill,
                                 gsize *epoch,
                                 FsmmTakeResult *result);
FsmmAddressKind fsmm_store_give_slowly (FsmmStore *self, gpointer block, FsmmState from);
gboolean fsmm_store_is_out (FsmmStore *self, gconstpointer address);

/* --- Many at once: fsmm-heap-many.c --- */

FsmmTakeResult fsmm_store_take_many (FsmmStore *self, gsize n_blocks, gpointer *blocks);
FsmmAddressKind fsmm_store_give_many (FsmmStore *self,
                                      gsize n_blocks,
                                      gpointer *blocks,
                                      gsize *n_given);

/* --- Room: fsmm-heap-reclaim.c --- */

FsmmTakeResult fsmm_store_reserve (FsmmStore *self, gsize n_blocks);
gsize fsmm_store_trim (FsmmStore *self);

/* --- Blocks of handles: fsmm-heap-handles.c --- */

gboolean fsmm_store_give_held (FsmmStore *self, gpointer block, gsize epoch);
gboolean fsmm_store_let_go (FsmmStore *self, gpointer block, gsize epoch);
FsmmChunk *fsmm_store_pin (FsmmStore *self, gconstpointer block, gsize epoch);
void fsmm_store_unpin (FsmmStore *self, FsmmChunk *chunk);

/* FALSE: what was taken in that epoch is gone. TRUE can be outdated by the time it is looked at. */
static inline gboolean
fsmm_store_is_in_epoch (FsmmStore *self, gsize epoch)
{
  return __atomic_load_n (&self->epoch, __ATOMIC_ACQUIRE) == epoch;
}

/* --- Blocks in which a user function makes or clears something: fsmm-heap-claim.c --- */

/* A block that is CHANGING, in the hands of one thread. */
typedef struct {
  FsmmSlot slot;
  gsize epoch; /* when that is over, the chunk is pinned for the claim */
} FsmmClaim;

FsmmAddressKind fsmm_store_claim (FsmmStore *self, gpointer address, FsmmClaim *claim);
gboolean fsmm_store_claim_held (FsmmStore *self, gpointer block, gsize epoch, FsmmClaim *claim);
gboolean fsmm_store_settle (FsmmStore *self, const FsmmClaim *claim, FsmmState to);
void fsmm_store_finish (FsmmStore *self, const FsmmClaim *claim);

/* --- All blocks, one after the other or at once: fsmm-heap-walk.c --- */

/* Where a walk has come to. In between it holds no lock, and keeps nothing where it is, since a user
 * function that is called then may not return. */
typedef struct {
  FsmmStoreName store;
  gconstpointer base; /* of the chunk; NULL: before the first one */
  guint64 serial;     /* of the chunk */
  gsize next_index;   /* of a block in it */
  guint64 end_serial; /* chunks from this one on are too new */
} FsmmStoreWalk;

void fsmm_store_walk_begin (FsmmStoreWalk *walk, FsmmStore *self);
gpointer fsmm_store_walk_next (FsmmStoreWalk *walk);

gsize fsmm_store_drop_all (FsmmStore *self);

/* The same in steps, for blocks whose content must be cleared: begin, then clear one block after
 * the other, then end. */
typedef struct {
  FsmmStore *store;
  gsize id;                /* only chunks that this drop has closed, or taken over */
  FsmmChunk *chunk;        /* (nullable): pinned */
  FsmmChunkBlocks left;    /* in it: those whose turn has not come */
  FsmmChunkBlocks cleared; /* in it: those that have not been put back */
} FsmmStoreDrop;

gsize fsmm_store_drop_begin (FsmmStoreDrop *drop, FsmmStore *self);
gpointer fsmm_store_drop_next (FsmmStoreDrop *drop);
void fsmm_store_drop_end (FsmmStoreDrop *drop);

/* A drop of a store that may be gone by now. */
typedef struct {
  FsmmStoreName store;
  gsize id; /* 0: all that this thread has begun */
} FsmmDropName;

void fsmm_store_abandon_drop (const FsmmDropName *name);
void fsmm_store_abandon_all_drops (FsmmStore *self);

/* --- Looking in: fsmm-heap-inspect.c --- */

typedef struct {
  gsize n_chunks;
  gsize n_live;
  gsize n_free;
  gsize peak_live;
  gsize reserved_bytes;
} FsmmStoreStats;

void fsmm_store_get_stats (FsmmStore *self, FsmmStoreStats *stats);
char *fsmm_store_find_fault (FsmmStore *self);

/* The block that an address lies in. */
typedef struct {
  gconstpointer chunk;
  gsize index;
  gconstpointer block;
  gsize offset; /* of the address, from the start of the block */
  FsmmHistory history;
} FsmmPlace;

gboolean fsmm_store_find_place (FsmmStore *self, gconstpointer address, FsmmPlace *place);

/* --- For people: fsmm-heap-map.c --- */

void fsmm_store_draw (FsmmStore *self, GString *text);

G_END_DECLS
