/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sizes of a pool: how its blocks lie in its chunks. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FSMM_MIN_CHUNK_BYTES ((gsize) 1024)
#define FSMM_DEFAULT_CHUNK_BYTES ((gsize) 64 * 1024)
/* No block, alignment or chunk is larger, so that an offset into a chunk fits in 32 bits. */
#define FSMM_MAX_CHUNK_BYTES ((gsize) 1 << (GLIB_SIZEOF_SIZE_T == 8 ? 32 : 30))

typedef struct {
  gsize alloc_size;      /* what was asked for */
  gsize alignment;       /* a power of two */
  gsize block_size;      /* the distance from one block to the next */
  gsize chunk_bytes;     /* the usable size of a chunk */
  gsize chunk_alignment; /* a power of two, at least chunk_bytes: chunks start at its multiples */
  gsize offset_mask;     /* chunk_alignment - 1 */
  guint chunk_shift;     /* chunk_alignment is 1 << chunk_shift */
  gsize n_blocks;        /* in a chunk */
  guint64 reciprocal;    /* of block_size: 2^64 / block_size, rounded up */
  guint region_shift;    /* the blocks that start in 1 << region_shift bytes are one region */
  gsize n_regions;       /* in a chunk */
} FsmmGeometry;

/* A region has so many bytes, or is a chunk where that is smaller, or blocks are larger. */
#define FSMM_REGION_SHIFT 16
#define FSMM_REGION_BYTES ((gsize) 1 << FSMM_REGION_SHIFT)

gboolean fsmm_geometry_init (
    FsmmGeometry *self, guint64 alloc_size, guint64 alignment, guint64 chunk_bytes, GError **error);

/* For debugging: see fsmm-debug-flags.h. */
void fsmm_geometry_add_canary (FsmmGeometry *self);
void fsmm_geometry_set_malloced (FsmmGeometry *self);

static inline gpointer
fsmm_geometry_chunk_base (const FsmmGeometry *self, gconstpointer address)
{
  return (gpointer) ((guintptr) address & ~(guintptr) self->offset_mask);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 FsmmUint128;
#endif

/* Divides an offset into a chunk by the size of a block.
 *
 * offset / d = (offset * ceil (2^64 / d)) >> 64 holds exactly while offset * d < 2^64: the
 * reciprocal is too large by less than 1 / 2^64 * d, and the product so by less than 1 / d. Both
 * are at most 2^32 here. (Granlund and Montgomery, Division by Invariant Integers using
 * Multiplication, 1994.) */
static inline gsize
fsmm_geometry_block_at (const FsmmGeometry *self, gsize offset)
{
#ifdef __SIZEOF_INT128__
  return (gsize) (((FsmmUint128) offset * self->reciprocal) >> 64);
#else
  return offset / self->block_size;
#endif
}

/* Whether an offset into a chunk is a multiple of the size of a block. @block is set to the number
 * of the block that lies there.
 *
 * The lower half of the product with the reciprocal is the remainder times the reciprocal, and
 * less than the quotient times the size more. As the quotient is that small, this is less than the
 * reciprocal if and only if the remainder is 0. (Lemire, Kaser and Kurz, Faster Remainder by Direct
 * Computation, 2019.) */
static inline gboolean
fsmm_geometry_is_start (const FsmmGeometry *self, gsize offset, gsize *block)
{
#ifdef __SIZEOF_INT128__
  FsmmUint128 product = (FsmmUint128) offset * self->reciprocal;

  *block = (gsize) (product >> 64);
  return (guint64) product < self->reciprocal;
#else
  *block = offset / self->block_size;
  return *block * self->block_size == offset;
#endif
}

/* The first block that starts in a region. */
static inline gsize
fsmm_geometry_first_in_region (const FsmmGeometry *self, gsize region)
{
  return region == 0 ? 0 : ((region << self->region_shift) - 1) / self->block_size + 1;
}

static inline gsize
fsmm_geometry_region_of (const FsmmGeometry *self, gsize block)
{
  return block * self->block_size >> self->region_shift;
}

G_END_DECLS
