/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

#include <string.h>

/* What was freed lately. */
static gpointer stale[FUZZ_N_STALE];
static guint next_stale;

void
fuzz_pool_forget_stale (void)
{
  memset (stale, 0, sizeof stale);
  next_stale = 0;
}

void
fuzz_pool_add_stale (gpointer address)
{
  stale[next_stale++ % FUZZ_N_STALE] = address;
}

/* --- Choosing one --- */

static guint8 *
choose_block (FuzzPool *self)
{
  if (self->n_blocks == 0)
    return NULL;

  return self->blocks[fuzz_input_below (self->n_blocks)].address;
}

static guint8 *
choose_in_block (FuzzPool *self)
{
  guint8 *block = choose_block (self);

  return block != NULL ? block + 1 + fuzz_input_below ((guint) MIN (self->block_size, 4096)) : NULL;
}

static guint8 *
choose_chunk (FuzzPool *self)
{
  if (self->n_chunks_known == 0)
    return NULL;

  return (guint8 *) self->chunks[fuzz_input_below (self->n_chunks_known)];
}

/* Mostly one that was never handed out. */
static guint8 *
choose_any_block (FuzzPool *self)
{
  guint8 *chunk = choose_chunk (self);
  gsize n = fuzz_input_below ((guint) MIN (self->per_chunk, G_MAXUINT16));

  return chunk != NULL ? chunk + n * self->block_size : NULL;
}

static guint8 *
choose_tail (FuzzPool *self)
{
  guint8 *chunk = choose_chunk (self);
  gsize n = fuzz_input_below (3);

  return chunk != NULL ? chunk + (self->per_chunk + n) * self->block_size : NULL;
}

/* Before a chunk, or behind all that could be in it. */
static guint8 *
choose_beside (FuzzPool *self)
{
  guint8 *chunk = choose_chunk (self);

  if (chunk == NULL)
    return NULL;

  return fuzz_input_flag () ? chunk - self->block_size : chunk + self->chunk_alignment;
}

static gpointer
choose_handle (void)
{
  const FuzzHandle *handle = &fuzz_handles[fuzz_input_below (FUZZ_N_HANDLES)];

  return fuzz_input_flag () ? (gpointer) handle->block : handle->address;
}

/* Most often one of a block that is live. */
gpointer
fuzz_pool_choose_address (FuzzPool *self)
{
  FuzzPool *other = &fuzz_pools[(self - fuzz_pools + 1) % FUZZ_N_POOLS];

  switch (fuzz_input_below (16))
    {
    case 0:
      return fuzz_foreign_address (fuzz_input_byte ());
    case 1:
      return stale[fuzz_input_below (FUZZ_N_STALE)];
    case 2:
      return stale[(next_stale + FUZZ_N_STALE - 1) % FUZZ_N_STALE];
    case 3:
      return choose_in_block (self);
    case 4:
      return choose_any_block (self);
    case 5:
      return choose_tail (self);
    case 6:
      return choose_beside (self);
    case 7:
      return choose_handle ();
    case 8:
      return other->pool != NULL ? choose_block (other) : NULL;
    case 9:
      return NULL;
    default:
      return choose_block (self);
    }
}

/* --- What must become of it --- */

/* The start of a block, if there is a chunk. */
static gboolean
is_start (const FuzzPool *self, gsize offset)
{
  return offset % self->block_size == 0 && offset / self->block_size < self->per_chunk;
}

/* How a free of it must end. A chunk from which nothing was handed out yet may lie anywhere. */
FuzzEnds
fuzz_pool_expect_free (FuzzPool *self, gconstpointer address)
{
  gsize offset = (guintptr) address & (self->chunk_alignment - 1);
  guintptr chunk = (guintptr) address - offset;
  const FuzzBlock *block;

  if (address == NULL)
    return FUZZ_SUCCESS;

  block = fuzz_pool_find (self, address);
  if (block != NULL)
    return block->handle == NULL ? FUZZ_SUCCESS : FUZZ_CODE (INVALID_POINTER);
  if (!is_start (self, offset))
    return FUZZ_CODE (INVALID_POINTER);

  for (guint i = 0; i < self->n_chunks_known; i++)
    if (self->chunks[i] == chunk)
      return FUZZ_CODE (DOUBLE_FREE);

  return self->n_chunks_known == self->n_chunks
             ? FUZZ_CODE (INVALID_POINTER)
             : FUZZ_CODE (INVALID_POINTER) | FUZZ_CODE (DOUBLE_FREE);
}

/* The pool that has handed it out, or NULL. */
FuzzPool *
fuzz_pool_of_block (gconstpointer address)
{
  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    if (fuzz_pools[i].pool != NULL && fuzz_pool_find (&fuzz_pools[i], address) != NULL)
      return &fuzz_pools[i];

  return NULL;
}
