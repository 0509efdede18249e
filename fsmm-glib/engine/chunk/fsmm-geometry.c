/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-geometry.h"

#include "fsmm-error.h"

#include <stddef.h>

/* Suits every C type, and as malloc () more than most of them need. */
#define MOST_ALIGNED ((guint64) _Alignof (max_align_t))
#define LEAST_ALIGNED ((guint64) sizeof (gpointer))

/* How many bytes behind a block are watched at least. */
#define CANARY_BYTES ((guint64) 8)

/* How many blocks a chunk of the default size holds at least, however large they are. */
#define MIN_DEFAULT_BLOCKS 8

G_STATIC_ASSERT (sizeof (guint64) >= sizeof (gsize));

static gboolean
is_power_of_two (guint64 value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

static gboolean
check_alloc_size (guint64 alloc_size, GError **error)
{
  if (alloc_size > 0 && alloc_size <= FSMM_MAX_CHUNK_BYTES)
    return TRUE;

  if (alloc_size == 0)
    g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
                 "alloc-size is 0: a block must have at least 1 byte");
  else
    g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
                 "alloc-size is %" G_GUINT64_FORMAT " bytes: a block can have at most %" G_GSIZE_FORMAT,
                 alloc_size, FSMM_MAX_CHUNK_BYTES);
  return FALSE;
}

static gboolean
check_alignment (guint64 alignment, GError **error)
{
  if (is_power_of_two (alignment) && alignment <= FSMM_MAX_CHUNK_BYTES)
    return TRUE;

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
               "alignment is %" G_GUINT64_FORMAT
               " bytes: it must be a power of two, at most %" G_GSIZE_FORMAT
               ", or 0 for the default",
               alignment, FSMM_MAX_CHUNK_BYTES);
  return FALSE;
}

static gboolean
check_chunk_bytes (guint64 chunk_bytes, GError **error)
{
  if (chunk_bytes >= FSMM_MIN_CHUNK_BYTES && chunk_bytes <= FSMM_MAX_CHUNK_BYTES)
    return TRUE;

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
               "chunk-bytes is %" G_GUINT64_FORMAT " bytes: it must be from %" G_GSIZE_FORMAT
               " to %" G_GSIZE_FORMAT ", or 0 for the default",
               chunk_bytes, FSMM_MIN_CHUNK_BYTES, FSMM_MAX_CHUNK_BYTES);
  return FALSE;
}

static guint64
round_up (guint64 value, guint64 power_of_two)
{
  return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static guint64
next_power_of_two (guint64 value)
{
  guint64 result = 1;

  while (result < value)
    result <<= 1;

  return result;
}

/* Suits every C type of that size: the size of a type is a multiple of its alignment. */
static guint64
default_alignment (guint64 alloc_size)
{
  guint64 alignment = MOST_ALIGNED;

  while (alignment > LEAST_ALIGNED && alloc_size % alignment != 0)
    alignment /= 2;

  return alignment;
}

static guint64
default_chunk_bytes (guint64 block_size)
{
  guint64 wanted = MAX (FSMM_DEFAULT_CHUNK_BYTES, next_power_of_two (block_size * MIN_DEFAULT_BLOCKS));

  return MAX (block_size, MIN (wanted, FSMM_MAX_CHUNK_BYTES));
}

static void
set_sizes (FsmmGeometry *self, guint64 block_size, guint64 chunk_bytes)
{
  self->block_size = (gsize) block_size;
  self->chunk_bytes = (gsize) chunk_bytes;
  self->chunk_alignment = (gsize) next_power_of_two (chunk_bytes);
  self->offset_mask = self->chunk_alignment - 1;
  self->chunk_shift = g_bit_storage (self->chunk_alignment) - 1;
  self->n_blocks = self->chunk_bytes / self->block_size;
  self->reciprocal = G_MAXUINT64 / block_size + 1;
  /* A larger block has its chunk for itself, or a large chunk for few. */
  self->region_shift = block_size <= FSMM_REGION_BYTES ? FSMM_REGION_SHIFT : self->chunk_shift;
  self->n_regions = fsmm_geometry_region_of (self, self->n_blocks - 1) + 1;
}

/* Works out how blocks lie in chunks, or says which number makes no sense. 0 stands for the
 * default of @alignment and @chunk_bytes. All arguments are as wide as a property, so that a
 * number too large for this machine is refused here, and not cut off on the way. */
gboolean
fsmm_geometry_init (FsmmGeometry *self,
                    guint64 alloc_size,
                    guint64 alignment,
                    guint64 chunk_bytes,
                    GError **error)
{
  guint64 block_size;

  if (alignment == 0)
    alignment = default_alignment (alloc_size);

  if (!check_alloc_size (alloc_size, error) || !check_alignment (alignment, error))
    return FALSE;

  block_size = round_up (MAX (alloc_size, sizeof (gpointer)), alignment);

  if (chunk_bytes == 0)
    chunk_bytes = default_chunk_bytes (block_size);
  else if (!check_chunk_bytes (chunk_bytes, error))
    return FALSE;

  chunk_bytes = MAX (chunk_bytes, block_size);

  self->alloc_size = (gsize) alloc_size;
  self->alignment = (gsize) alignment;
  set_sizes (self, block_size, chunk_bytes);

  return TRUE;
}

/* Makes room for some bytes behind each block. A chunk becomes larger by that, so that it has as
 * many blocks as before, unless it is as large as one can be. */
void
fsmm_geometry_add_canary (FsmmGeometry *self)
{
  guint64 block_size = round_up ((guint64) self->alloc_size + CANARY_BYTES, self->alignment);

  if (block_size <= FSMM_MAX_CHUNK_BYTES)
    set_sizes (self, MAX (block_size, self->block_size),
               CLAMP (block_size * self->n_blocks, self->chunk_bytes, FSMM_MAX_CHUNK_BYTES));
}

/* A chunk for each block. */
void
fsmm_geometry_set_malloced (FsmmGeometry *self)
{
  set_sizes (self, self->block_size, self->block_size);
}
