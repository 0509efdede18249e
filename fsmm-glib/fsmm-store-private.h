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
  GQueue all;            /* every chunk in order of its serial, detached ones included */
  GQueue open;           /* chunks with a free block; blocks are taken from the first */
  FsmmSegments segments; /* where chunks lie */
  guint64 next_serial;
  guint64 epoch; /* how often all blocks were dropped */
  gsize n_live;
  gsize peak_live;
} FsmmStore;

typedef struct {
  gsize n_chunks;
  gsize n_live;
  gsize n_free;
  gsize peak_live;
  gsize reserved_bytes;
} FsmmStoreStats;

/* Walks over live blocks, with no lock held in between. */
typedef struct {
  FsmmStore *store;
  FsmmChunk *chunk; /* pinned */
  gsize next_index;
  guint64 end_serial;
} FsmmStoreCursor;

void fsmm_store_init (FsmmStore *self,
                      const FsmmGeometry *geometry,
                      gsize max_blocks,
                      gpointer owner);
void fsmm_store_clear (FsmmStore *self);

FsmmTakeResult fsmm_store_take (FsmmStore *self,
                                gsize n_blocks,
                                gpointer *blocks,
                                gsize n_zeroed);
FsmmAddressKind fsmm_store_give (FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given);
FsmmAddressKind fsmm_store_inspect (FsmmStore *self, gconstpointer address);

FsmmTakeResult fsmm_store_reserve (FsmmStore *self, gsize n_blocks);
gsize fsmm_store_trim (FsmmStore *self);
gsize fsmm_store_drop_all (FsmmStore *self);

gpointer fsmm_store_take_for_handle (FsmmStore *self, guint64 *epoch, FsmmTakeResult *result);
gboolean fsmm_store_is_in_epoch (FsmmStore *self, guint64 epoch);
gboolean fsmm_store_give_from_handle (FsmmStore *self, gpointer block, guint64 epoch);
FsmmChunk *fsmm_store_pin (FsmmStore *self, gconstpointer block, guint64 epoch);
void fsmm_store_unpin (FsmmStore *self, FsmmChunk *chunk);

void fsmm_store_cursor_init (FsmmStoreCursor *cursor, FsmmStore *self);
gpointer fsmm_store_cursor_next (FsmmStoreCursor *cursor);
void fsmm_store_cursor_clear (FsmmStoreCursor *cursor);

void fsmm_store_get_stats (FsmmStore *self, FsmmStoreStats *stats);
char *fsmm_store_find_fault (FsmmStore *self);

G_END_DECLS
