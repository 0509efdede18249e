/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The central store: all chunks of one pool behind one lock, and the caches of threads before it.
 *
 * Knows nothing of GObject or GError: it says in an enum what happened, and the pool finds the
 * words. Every function may be called from any thread.
 *
 * A block is out of the store while it is live or in a cache. What takes no lock is in
 * fsmm-cache-private.h. */

#pragma once

#include <glib.h>

#include "fsmm-chunk-private.h"
#include "fsmm-debug-private.h"
#include "fsmm-geometry-private.h"
#include "fsmm-quarantine-private.h"
#include "fsmm-registry-private.h"
#include "fsmm-report-private.h"
#include "fsmm-segment-private.h"
#include "fsmm-state-private.h"

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

typedef struct {
  /* Set once by fsmm_store_init (). */
  FsmmGeometry geometry;
  gsize max_blocks;       /* G_MAXSIZE: no limit */
  guint max_cached;       /* how many blocks a cache may come to hold */
  guint index;            /* in the table of caches that each thread has */
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

/* Called with the lock held. */
FsmmChunk *fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address);

/* --- Blocks come and go: fsmm-store-blocks.c, and without the lock fsmm-cache-private.h --- */

FsmmSlot fsmm_store_take_slowly (FsmmStore *self,
                                 FsmmState to,
                                 FsmmFill fill,
                                 gsize *epoch,
                                 FsmmTakeResult *result);
FsmmAddressKind fsmm_store_give_slowly (FsmmStore *self, gpointer block, FsmmState from);
gboolean fsmm_store_is_out (FsmmStore *self, gconstpointer address);

/* --- Many at once: fsmm-store-many.c --- */

FsmmTakeResult fsmm_store_take_many (FsmmStore *self, gsize n_blocks, gpointer *blocks);
FsmmAddressKind fsmm_store_give_many (FsmmStore *self,
                                      gsize n_blocks,
                                      gpointer *blocks,
                                      gsize *n_given);

/* --- Room: fsmm-store-room.c --- */

FsmmTakeResult fsmm_store_reserve (FsmmStore *self, gsize n_blocks);
gsize fsmm_store_trim (FsmmStore *self);

/* --- Blocks of handles: fsmm-store-handles.c --- */

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

/* --- Blocks in which a user function makes or clears something: fsmm-store-changes.c --- */

/* A block that is CHANGING, in the hands of one thread. */
typedef struct {
  FsmmSlot slot;
  gsize epoch; /* when that is over, the chunk is pinned for the claim */
} FsmmClaim;

FsmmAddressKind fsmm_store_claim (FsmmStore *self, gpointer address, FsmmClaim *claim);
gboolean fsmm_store_claim_held (FsmmStore *self, gpointer block, gsize epoch, FsmmClaim *claim);
gboolean fsmm_store_settle (FsmmStore *self, const FsmmClaim *claim, FsmmState to);
void fsmm_store_finish (FsmmStore *self, const FsmmClaim *claim);

/* --- All blocks, one after the other or at once: fsmm-store-walks.c --- */

/* Where a walk has come to. No lock is held in between. */
typedef struct {
  FsmmStore *store;
  FsmmChunk *chunk; /* pinned */
  gsize next_index; /* of a block */
  guint64 end_serial;

  /* While all blocks are dropped: */
  gsize drop_id;             /* only chunks that this drop has closed */
  FsmmChunkBlocks claimed;   /* of the chunk */
  FsmmChunkBlocks uncleared; /* those of them whose turn has not come */
} FsmmStoreCursor;

void fsmm_store_cursor_init (FsmmStoreCursor *cursor, FsmmStore *self);
gpointer fsmm_store_cursor_next (FsmmStoreCursor *cursor);

gsize fsmm_store_drop_all (FsmmStore *self);
gsize fsmm_store_drop_begin (FsmmStoreCursor *cursor, FsmmStore *self);
gpointer fsmm_store_drop_next (FsmmStoreCursor *cursor);
void fsmm_store_drop_end (FsmmStoreCursor *cursor);

/* --- Looking in: fsmm-store-check.c --- */

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

/* --- For people: fsmm-store-map.c --- */

void fsmm_store_draw (FsmmStore *self, GString *text);

G_END_DECLS
