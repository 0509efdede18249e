/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which chunk of a store an address is in: one truth, and one mirror of it.
 *
 * The truth is the store's table, for threads that have the lock: an address is known if the table
 * has its chunk. The mirror is the page map, which leads to the segment and from there to the chunk,
 * for threads without the lock. Only fsmm_store_make_known () and fsmm_store_make_unknown () write
 * to either; fsmm_store_find_lookup_fault () compares them. */

#pragma once

#include "engine/chunk/fsmm-page-map.h"
#include "engine/store/fsmm-store.h"

G_BEGIN_DECLS

void fsmm_store_init_lookup (FsmmStore *self);
void fsmm_store_clear_lookup (FsmmStore *self);

/* --- For a thread that has the lock: fsmm-store-lookup.c --- */

gboolean fsmm_store_make_known (FsmmStore *self, FsmmChunk *chunk);
void fsmm_store_make_unknown (FsmmStore *self, FsmmChunk *chunk);

FsmmChunk *fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address);
char *fsmm_store_find_lookup_fault (FsmmStore *self);

/* How many chunks are known. */
static inline guint
fsmm_store_count_chunks (FsmmStore *self)
{
  return g_hash_table_size (self->chunks);
}

/* --- For a thread that is busy, or has the lock --- */

/* The chunk in whose span @address lies, or NULL, from the mirror. */
static inline FsmmChunk *
fsmm_store_find_chunk (FsmmStore *self, gconstpointer address)
{
  FsmmSegment *segment = fsmm_page_map_find_segment (address, self);

  if (G_UNLIKELY (segment == NULL))
    /* A thread without a cache is never busy, so this one has the lock. */
    return self->debug & FSMM_DEBUG_MALLOC ? fsmm_store_lookup_chunk (self, address) : NULL;

  return fsmm_segment_get_content (&self->segments, segment, address);
}

/* The state of the block that starts at @address. NULL if that lies in no chunk, or in a block. */
static inline FsmmState *
fsmm_store_find_state (FsmmStore *self, gconstpointer address)
{
  FsmmChunk *chunk = fsmm_store_find_chunk (self, address);

  return G_LIKELY (chunk != NULL) ? fsmm_chunk_find_state (chunk, &self->geometry, address) : NULL;
}

G_END_DECLS
