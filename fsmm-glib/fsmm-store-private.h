/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The central store: all chunks of one pool behind one lock.
 *
 * Knows nothing of GObject or GError: it says in an enum what happened, and the pool finds the words.
 * Every function may be called from any thread. */

#pragma once

#include <glib.h>

#include "fsmm-chunk-private.h"
#include "fsmm-fork-private.h"
#include "fsmm-geometry-private.h"
#include "fsmm-segment-private.h"

G_BEGIN_DECLS

typedef enum {
  FSMM_TAKE_OK,
  FSMM_TAKE_EXHAUSTED, /* max_blocks would be exceeded */
  FSMM_TAKE_NO_MEMORY,
} FsmmTakeResult;

typedef struct {
  /* Set once by fsmm_store_init (). */
  FsmmGeometry geometry;
  gsize max_blocks; /* G_MAXSIZE: no limit */
  FsmmForkGuard fork_guard;

  /* Protects all below. No user function is called with it held, and no lock but the registry's is
   * taken. */
  GMutex lock;
  GHashTable *chunks;    /* (element-type gpointer FsmmChunk): by base; what makes an address known */
  gsize table_capacity;  /* how many chunks there was memory for when that was last asked */
  GQueue all;            /* every chunk in order of its serial, detached ones included */
  GQueue open;           /* chunks to take from: those that have a free block and are not closed */
  FsmmSegments segments; /* where chunks lie */
  guint64 next_serial;
  gsize epoch;   /* how often all blocks were dropped, and one more; (atomic), for reading */
  gsize n_free;  /* in chunks that are not closed */
  gsize n_live;
  gsize peak_live;
} FsmmStore;

/* What a block starts with. */
typedef struct {
  gsize n_bytes;
  gconstpointer source; /* NULL: zeroes */
} FsmmFill;

void fsmm_store_init (FsmmStore *self,
                      const FsmmGeometry *geometry,
                      gsize max_blocks,
                      gpointer owner);
void fsmm_store_clear (FsmmStore *self);

/* --- Blocks that whoever has their address may give back: fsmm-store.c --- */

FsmmTakeResult fsmm_store_take (FsmmStore *self,
                                gsize n_blocks,
                                gpointer *blocks,
                                FsmmFill fill);
FsmmAddressKind fsmm_store_give (FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given);
FsmmAddressKind fsmm_store_inspect (FsmmStore *self, gconstpointer address);
FsmmTakeResult fsmm_store_reserve (FsmmStore *self, gsize n_blocks);
gsize fsmm_store_trim (FsmmStore *self);

/* --- Blocks that belong to a handle: fsmm-store-handles.c --- */

gpointer fsmm_store_take_held (FsmmStore *self,
                               FsmmFill fill,
                               gsize *epoch,
                               FsmmTakeResult *result);
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

gpointer fsmm_store_take_changing (FsmmStore *self, FsmmChunk **chunk, FsmmTakeResult *result);
FsmmAddressKind fsmm_store_claim (FsmmStore *self, gconstpointer address, FsmmChunk **chunk);
FsmmChunk *fsmm_store_claim_held (FsmmStore *self, gconstpointer address, gsize epoch);
gboolean fsmm_store_settle (FsmmStore *self,
                            FsmmChunk *chunk,
                            gpointer block,
                            FsmmBlockState to,
                            gsize *epoch);
void fsmm_store_finish (FsmmStore *self, FsmmChunk *chunk, gpointer block);

/* --- All blocks, one after the other or at once: fsmm-store-walks.c --- */

/* Where a walk has come to. No lock is held in between. */
typedef struct {
  FsmmStore *store;
  FsmmChunk *chunk; /* pinned */
  gsize next_index; /* of a block */
  guint64 end_serial;

  /* While all blocks are dropped: */
  gsize drop_id;     /* only chunks that this drop has closed */
  gsize word;        /* whose blocks have been claimed */
  guint64 claimed;   /* which these are */
  guint64 uncleared; /* those of them whose turn has not come */
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

G_END_DECLS
