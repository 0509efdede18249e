/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which chunk of a store an address is in: one truth, and one mirror of it.
 *
 * The truth is the store's table, for threads that have the lock: an address is known if the table
 * has its chunk. The mirror is the page map, which leads to the segment and from there to the
 * chunk, for threads without the lock. Only fsmm_store_make_known () and fsmm_store_make_unknown ()
 * write to either; fsmm_store_find_lookup_fault () compares them. */

#pragma once

#include "engine/chunk/fsmm-page-map.h"
#include "engine/store/fsmm-store.h"

G_BEGIN_DECLS

/* What one look under the lock found at an address. Valid as long as the lock is held. */
typedef struct {
  gconstpointer address;
  FsmmAddressKind kind;
  FsmmChunk *chunk; /* (nullable): NULL: FOREIGN */
  FsmmSlot slot;    /* of the block that it lies in: none in a FOREIGN or TAIL one */
  FsmmState found;  /* what its state was */
} FsmmPlace;

/* The same in words and numbers, for a message after the lock has been released. */
typedef struct {
  FsmmAddressKind kind;
  gconstpointer chunk; /* (nullable): where it starts; NULL: the address lies in no block */
  gsize index;         /* of the block in the chunk */
  gconstpointer block; /* where it starts */
  gsize offset;        /* of the address in the block */
  gboolean is_out;     /* the block was allocated */
  FsmmHistory history;
} FsmmLook;

void fsmm_store_clear_lookup (FsmmStore *self);

/* --- For a thread that has the lock: fsmm-store-lookup.c --- */

gboolean fsmm_store_make_known (FsmmStore *self, FsmmChunk *chunk);
void fsmm_store_make_unknown (FsmmStore *self, FsmmChunk *chunk);

FsmmChunk *fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address);
FsmmPlace fsmm_store_look_up (FsmmStore *self, gconstpointer address);
void fsmm_place_describe (const FsmmPlace *self, FsmmLook *look);
char *fsmm_store_find_lookup_fault (FsmmStore *self);

/* How many chunks are known. */
static inline guint
fsmm_store_count_chunks (FsmmStore *self)
{
  return self->chunks != NULL ? g_hash_table_size (self->chunks) : 0;
}

/* --- For a thread that is busy, or has the lock --- */

/* The chunk in whose address range @address lies, or NULL, from the mirror. */
static inline FsmmChunk *
fsmm_store_find_chunk (FsmmStore *self, gconstpointer address)
{
  FsmmSegment *segment = fsmm_page_map_find_segment (address, self);

  if (G_UNLIKELY (segment == NULL))
    /* A thread without a cache is never busy, so this one has the lock. */
    return self->debug & FSMM_DEBUG_MALLOC ? fsmm_store_lookup_chunk (self, address) : NULL;

  return fsmm_segment_get_content (&self->segments, segment, address);
}

/* The block that starts at @address: a slot without one if that lies in no chunk, or in a block. */
static inline FsmmSlot
fsmm_store_find (FsmmStore *self, gconstpointer address)
{
  FsmmChunk *chunk = fsmm_store_find_chunk (self, address);

  return G_LIKELY (chunk != NULL) ? fsmm_chunk_find (chunk, &self->geometry, address)
                                  : FSMM_NO_SLOT;
}

G_END_DECLS
