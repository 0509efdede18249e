/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What of the library is compiled into programs by FSMM_DEFINE_POOL_INLINE (): see
 * fsmm-inline-pool.h. Nothing here is for use by itself.
 *
 * If any of this changes, so does FSMM_INLINE_LAYOUT, and with it the name of the variable that
 * programs read. The one that they were compiled with stays empty then, so that they call the
 * library for everything. */

#pragma once

#include <glib.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#ifndef FSMM_INLINE_LAYOUT
#define FSMM_INLINE_LAYOUT 1
#endif

/* Where the address of a thread's own data is known when the library is loaded, and where there can
 * be two names for it. */
#if defined(__linux__) && defined(__GLIBC__) && (defined(__x86_64__) || defined(__aarch64__))
#define FSMM_HAS_INLINE_POOLS 1
#endif

/* The scanner for introspection cannot read that code, and needs this to be a simple condition. */
#ifdef __GI_SCANNER__
#undef FSMM_HAS_INLINE_POOLS
#endif

/* Where a thread finds what it has of a pool: so many places by a hash of the pool's address, and
 * one after them for each pool that is compiled in. The first of these is nobody's. */
#define FSMM_INLINE_FIRST_PLACE 256
#define FSMM_INLINE_N_PLACES (FSMM_INLINE_FIRST_PLACE + 64)

/* The states of a block, in a byte outside of it, that programs see and write. */
#define FSMM_INLINE_LIVE 0x01
#define FSMM_INLINE_FREE 0x80

/* Casts that no compiler of C++ warns of. */
#ifdef __cplusplus
#define _FSMM_INLINE_CAST(Type, value) (static_cast<Type> (value))
#define _FSMM_INLINE_POINTER(Type, value) (reinterpret_cast<Type> (value))
#else
#define _FSMM_INLINE_CAST(Type, value) ((Type) (value))
#define _FSMM_INLINE_POINTER(Type, value) ((Type) (value))
#endif

/* How many bytes are zeroed while others may have to wait for that. */
#define FSMM_INLINE_MOST_ZEROED 128

/* No pool's key: what a thread has of it may not be used now. */
#define FSMM_INLINE_NO_KEY _FSMM_INLINE_POINTER (gconstpointer, 1)

/* What a thread has of one pool. */
typedef struct {
  gconstpointer key;  /* (atomic): the pool; otherwise nothing here may be used */
  guint64 bits;       /* (atomic), for reading: of a word: blocks that can be handed out */
  guint8 *word_cells; /* the states of its blocks */
  guintptr word_base; /* address of its first block */
  gsize block_size;
  gssize below_max; /* (atomic), for reading: how many fewer blocks than that are live now */
  gssize max_live; /* (atomic), for reading: the most that this thread has taken, less those that it
                    * has freed, since that was noted */
} FsmmFront;

/* A region that the thread owns, found by an address in it. */
typedef struct {
  guintptr base;      /* (atomic): address of its first block */
  guint8 *cells;      /* the states of its blocks */
  FsmmFront *front;   /* (atomic): what the thread has of its pool, or one without a key */
  guint32 n_bytes;    /* (atomic): a block that starts in it is nearer to @base; 0: none */
  guint32 reciprocal; /* (atomic): of the size of a block: 2^32 / size, rounded up */
} __attribute__ ((aligned (32))) FsmmKnownRegion;

/* What a thread has of all pools. */
typedef struct {
  gint busy;              /* (atomic): written by the thread */
  gsize known_mask;       /* of an offset in bytes into the table */
  FsmmKnownRegion *known; /* (owned): regions that it owns, by some bits of their addresses */
  FsmmFront **places;     /* (owned): (atomic): what it has of some pools */
} FsmmThreadFront;

/* A region is 64 KiB of a chunk. The bits of an address above that choose its place in the table of
 * regions, whose size is given below. */
#define FSMM_INLINE_REGION_SHIFT 16
#define FSMM_INLINE_PLACE_SHIFT 5

G_END_DECLS
