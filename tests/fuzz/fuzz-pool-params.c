/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

#include <stddef.h>
#include <string.h>

/* Pools whose chunks are larger are made, but not used. */
#define MAX_USED_BYTES ((gsize) 2 * 1024 * 1024)
/* Neither block nor chunk nor alignment can be larger. */
#define LARGEST ((guint64) 1 << (GLIB_SIZEOF_SIZE_T == 8 ? 32 : 30))

/* --- Decoding --- */

static guint64
choose_alloc_size (void)
{
  switch (fuzz_input_below (8))
    {
    case 0:
      return fuzz_input_number ();
    case 1:
      return fuzz_input_short () * 8;
    case 2:
      return fuzz_input_short ();
    default:
      return fuzz_input_byte ();
    }
}

static guint64
choose_alignment (void)
{
  switch (fuzz_input_below (4))
    {
    case 0:
      return fuzz_input_number ();
    case 1:
      return (guint64) 1 << fuzz_input_below (14);
    default:
      return 0;
    }
}

static guint64
choose_chunk_bytes (void)
{
  switch (fuzz_input_below (8))
    {
    case 0:
      return fuzz_input_number ();
    case 1:
      return 0;
    case 2:
      return 1024 + fuzz_input_short ();
    default:
      return 1024 + 16 * (guint64) fuzz_input_byte ();
    }
}

static guint64
choose_max_blocks (void)
{
  switch (fuzz_input_below (8))
    {
    case 0:
      return fuzz_input_byte ();
    case 1:
      return fuzz_input_below (600);
    case 2:
      return fuzz_input_number ();
    default:
      return 0;
    }
}

/* One after the other: in an initializer, they could be read in any order. */
static FuzzPoolParams
choose_params (void)
{
  FuzzPoolParams params;

  params.name = fuzz_choose_name ();
  params.alloc_size = choose_alloc_size ();
  params.alignment = choose_alignment ();
  params.chunk_bytes = choose_chunk_bytes ();
  params.max_blocks = choose_max_blocks ();

  return params;
}

/* --- What they must lead to --- */

static gboolean
is_power_of_two (guint64 n)
{
  return n != 0 && (n & (n - 1)) == 0;
}

static gboolean
is_valid (const FuzzPoolParams *params)
{
  if (params->alloc_size < 1 || params->alloc_size > LARGEST)
    return FALSE;
  if (params->alignment != 0 &&
      (!is_power_of_two (params->alignment) || params->alignment > LARGEST))
    return FALSE;

  return params->chunk_bytes == 0 ||
         (params->chunk_bytes >= 1024 && params->chunk_bytes <= LARGEST);
}

/* The largest that a C type of that size can have. */
static gsize
default_alignment (const FuzzPoolParams *params)
{
  for (gsize alignment = _Alignof (max_align_t); alignment > sizeof (gpointer); alignment /= 2)
    if (params->alloc_size % alignment == 0)
      return alignment;

  return sizeof (gpointer);
}

static gsize
round_up (gsize n, gsize multiple)
{
  return (n + multiple - 1) / multiple * multiple;
}

/* The default size of a chunk is the library's to choose, within bounds. */
static gsize
check_default_chunk (const FuzzPool *self, gsize found)
{
  gsize least = MAX ((gsize) 64 * 1024, MIN ((guint64) 8 * self->block_size, LARGEST));

  fuzz_check (found >= least && (found <= 4 * least || found == LARGEST),
              "the default of chunk-bytes is %" G_GSIZE_FORMAT " for blocks of %" G_GSIZE_FORMAT,
              found, self->block_size);

  return found;
}

static gsize
block_size_with (const FuzzPool *self, gsize n_canary_bytes)
{
  return round_up (MAX (self->alloc_size + n_canary_bytes, sizeof (gpointer)), self->alignment);
}

/* Canaries make a chunk larger, which has as many blocks as without. With malloc, each block is a
 * chunk. */
static gsize
work_out_chunk_bytes (const FuzzPool *self, gsize asked_for)
{
  gsize plain_size = block_size_with (self, 0);
  gsize plain_bytes = MAX (asked_for, plain_size);

  if (self->debug & FSMM_DEBUG_MALLOC)
    return self->block_size;
  if (asked_for == 0)
    return check_default_chunk (self, fsmm_pool_get_chunk_bytes (self->pool));
  if (self->debug & FSMM_DEBUG_CANARY)
    return MIN (MAX (plain_bytes, plain_bytes / plain_size * self->block_size), LARGEST);

  return plain_bytes;
}

/* malloc () has chunks start anywhere. */
static gsize
work_out_chunk_alignment (const FuzzPool *self)
{
  gsize alignment = 1;

  if (self->debug & FSMM_DEBUG_MALLOC)
    return 1;

  while (alignment < self->chunk_bytes)
    alignment *= 2;

  return alignment;
}

static void
work_out (FuzzPool *self, const FuzzPoolParams *params)
{
  self->debug = fsmm_debug_get_flags (params->name);
  self->alloc_size = params->alloc_size;
  self->alignment = params->alignment != 0 ? params->alignment : default_alignment (params);
  self->block_size = block_size_with (self, self->debug & FSMM_DEBUG_CANARY ? 8 : 0);
  self->chunk_bytes = work_out_chunk_bytes (self, params->chunk_bytes);
  self->chunk_alignment = work_out_chunk_alignment (self);
  self->per_chunk = self->chunk_bytes / self->block_size;
  self->max_blocks = params->max_blocks != 0 ? params->max_blocks : G_MAXSIZE;
}

static void
check_getters (const FuzzPool *self, const FuzzPoolParams *params)
{
  fuzz_check (fsmm_pool_get_alloc_size (self->pool) == self->alloc_size, "alloc-size is not kept");
  fuzz_check (fsmm_pool_get_alignment (self->pool) == self->alignment, "alignment is wrong");
  fuzz_check (fsmm_pool_get_block_size (self->pool) == self->block_size,
              "block-size must be %" G_GSIZE_FORMAT, self->block_size);
  fuzz_check (fsmm_pool_get_chunk_bytes (self->pool) == self->chunk_bytes,
              "chunk-bytes must be %" G_GSIZE_FORMAT, self->chunk_bytes);
  fuzz_check (fsmm_pool_get_max_blocks (self->pool) == params->max_blocks,
              "max-blocks is not kept");
}

/* --- Making --- */

static FsmmPool *
make (const FuzzPoolParams *params)
{
  GError *error = NULL;
  FsmmPool *pool = fsmm_pool_new_full (params->name, params->alloc_size, params->alignment,
                                       params->chunk_bytes, params->max_blocks, &error);

  fuzz_check_end ("fsmm_pool_new_full ()",
                  is_valid (params) ? FUZZ_SUCCESS : FUZZ_CODE (INVALID_ARGUMENT), pool != NULL,
                  &error);

  return pool;
}

/* A pool that was made by g_object_new () with the same arguments reports them from each call. */
static void
check_broken (const FuzzPoolParams *params)
{
  FsmmPool *pool = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) params->alloc_size,
                                 "alignment", (guint64) params->alignment, "chunk-bytes",
                                 (guint64) params->chunk_bytes, NULL);
  GError *error = NULL;
  gpointer block = fsmm_pool_alloc (pool, &error);

  fuzz_check_end ("fsmm_pool_alloc () of a broken pool", FUZZ_CODE (INVALID_ARGUMENT),
                  block != NULL, &error);
  fuzz_check_end ("fsmm_pool_free () of a broken pool", FUZZ_CODE (INVALID_ARGUMENT),
                  fsmm_pool_free (pool, &pool, &error), &error);
  fuzz_check_end ("fsmm_pool_reserve () of a broken pool", FUZZ_CODE (INVALID_ARGUMENT),
                  fsmm_pool_reserve (pool, 1, &error), &error);
  fuzz_check (fsmm_pool_get_n_chunks (pool) == 0, "a broken pool has a chunk");

  g_object_unref (pool);
}

/* In the first place that is empty, if there is one. */
void
fuzz_pool_make_with (const FuzzPoolParams *params)
{
  FuzzPool *self = fuzz_pools;

  if (!is_valid (params))
    {
      make (params);
      check_broken (params);
      return;
    }

  while (self < fuzz_pools + FUZZ_N_POOLS && self->pool != NULL)
    self++;
  if (self == fuzz_pools + FUZZ_N_POOLS)
    return;

  memset (self, 0, sizeof *self);
  self->pool = make (params);
  self->is_owned = TRUE;
  self->weak = self->pool;
  g_object_add_weak_pointer (G_OBJECT (self->pool), &self->weak);
  work_out (self, params);
  check_getters (self, params);

  if (self->chunk_bytes > MAX_USED_BYTES)
    fuzz_pool_unref_owned (self);
}

void
fuzz_pool_make (void)
{
  const FuzzPoolParams params = choose_params ();

  fuzz_pool_make_with (&params);
}
