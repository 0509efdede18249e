/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

#include <string.h>

/* Handles on blocks, and bytes that are got from them. */

FuzzHandle fuzz_handles[FUZZ_N_HANDLES];

/* --- The model --- */

FuzzHandle *
fuzz_handle_choose (void)
{
  guint first = fuzz_input_byte ();

  for (guint i = 0; i < FUZZ_N_HANDLES; i++)
    {
      FuzzHandle *self = &fuzz_handles[(first + i) % FUZZ_N_HANDLES];

      if (self->block != NULL && self->n_refs > 0)
        return self;
    }

  return NULL;
}

static FuzzEnds
expect_live (const FuzzHandle *self)
{
  return fuzz_handle_is_live (self) ? FUZZ_SUCCESS : FUZZ_CODE (RELEASED);
}

/* The block goes back when it is released, and there are no bytes of it. */
static void
give_back_if_unused (FuzzHandle *self)
{
  gboolean is_in_use = self->n_exports > 0 || (self->n_refs > 0 && !self->is_released);
  FuzzBlock *block = self->is_dropped ? NULL : fuzz_pool_find (self->pool, self->address);

  if (!is_in_use && block != NULL && block->handle == self)
    fuzz_pool_remove (self->pool, block);
}

static void
end_if_unused (FuzzHandle *self)
{
  give_back_if_unused (self);
  fuzz_pool_note_thread (self->pool);

  if (self->n_refs == 0 && self->n_exports == 0)
    {
      FuzzPool *pool = self->pool;

      g_free (self->content);
      *self = (FuzzHandle){ .block = NULL };
      pool->n_handles--;
      fuzz_pool_end_if_unused (pool);
    }
}

/* All blocks of the pool were. */
void
fuzz_handle_dropped (const FuzzPool *pool)
{
  for (guint i = 0; i < FUZZ_N_HANDLES; i++)
    if (fuzz_handles[i].block != NULL && fuzz_handles[i].pool == pool)
      fuzz_handles[i].is_dropped = TRUE;
}

/* Bytes stay for as long as they have a reference, whatever became of the handle. */
static void
check (const FuzzHandle *self)
{
  gsize size = self->pool->alloc_size;

  for (guint i = 0; i < self->n_exports; i++)
    {
      gsize n_bytes;
      gconstpointer bytes = g_bytes_get_data (self->exports[i], &n_bytes);

      fuzz_check (bytes == self->address && n_bytes == size, "bytes are not those of the block");
      fuzz_check (memcmp (bytes, self->content, size) == 0, "bytes at %p have changed", bytes);
    }

  if (fuzz_handle_is_live (self))
    fuzz_check (memcmp (self->address, self->content, size) == 0,
                "what is in block %p of a handle has changed", self->address);
}

void
fuzz_handle_check_all (void)
{
  for (guint i = 0; i < FUZZ_N_HANDLES; i++)
    if (fuzz_handles[i].block != NULL)
      check (&fuzz_handles[i]);
}

/* --- Handles come and go --- */

static FuzzHandle *
find_place (void)
{
  for (guint i = 0; i < FUZZ_N_HANDLES; i++)
    if (fuzz_handles[i].block == NULL)
      return &fuzz_handles[i];

  return NULL;
}

void
fuzz_handle_acquire (void)
{
  FuzzPool *pool = fuzz_pool_choose ();
  FuzzHandle *self = find_place ();
  GError *error = NULL;
  gboolean has_failed;
  FuzzEnds expected;

  if (pool == NULL || self == NULL || !fuzz_pool_has_room (pool, 1))
    return;

  self->block = fsmm_pool_acquire (pool->pool, &error);
  has_failed = fuzz_has_failed ();
  expected = fuzz_pool_expect_take (pool, 1, has_failed);
  /* The handle needs memory too. */
  if (has_failed)
    expected |= FUZZ_CODE (NO_MEMORY);
  fuzz_check_end ("fsmm_pool_acquire ()", expected, self->block != NULL, &error);
  fuzz_pool_note_thread (pool);
  if (self->block == NULL)
    return;

  fuzz_pool_took (pool, 1, has_failed);
  self->pool = pool;
  self->address = fsmm_block_get_address (self->block);
  self->n_refs = 1;
  pool->n_handles++;
  fuzz_pool_add (pool, self->address, self);
  fuzz_check (fuzz_is_zero (self->address, pool->alloc_size),
              "a new handle's block is not all zeroes");
  self->content = g_memdup2 (self->address, pool->alloc_size);
}

void
fuzz_handle_ref (void)
{
  FuzzHandle *self = fuzz_handle_choose ();

  if (self != NULL && self->n_refs < 3)
    {
      fuzz_check (fsmm_block_ref (self->block) == self->block, "fsmm_block_ref () returns another");
      self->n_refs++;
    }
}

static void
unref (FuzzHandle *self)
{
  check (self);
  fsmm_block_unref (self->block);
  self->n_refs--;
  end_if_unused (self);
}

void
fuzz_handle_unref (void)
{
  FuzzHandle *self = fuzz_handle_choose ();

  if (self != NULL)
    unref (self);
}

void
fuzz_handle_release (void)
{
  FuzzHandle *self = fuzz_handle_choose ();
  GError *error = NULL;
  FuzzEnds expected;

  if (self == NULL)
    return;

  check (self);
  expected = expect_live (self);
  fuzz_check_end ("fsmm_block_release ()", expected, fsmm_block_release (self->block, &error),
                  &error);
  self->is_released = TRUE;
  end_if_unused (self);
}

/* --- Bytes --- */

void
fuzz_handle_get_bytes (void)
{
  FuzzHandle *self = fuzz_handle_choose ();
  GError *error = NULL;
  GBytes *bytes;

  if (self == NULL || self->n_exports == FUZZ_N_EXPORTS)
    return;

  bytes = fsmm_block_get_bytes (self->block, &error);
  fuzz_check_end ("fsmm_block_get_bytes ()", expect_live (self), bytes != NULL, &error);
  if (bytes != NULL)
    self->exports[self->n_exports++] = bytes;
}

static void
unref_bytes (FuzzHandle *self)
{
  check (self);
  g_bytes_unref (self->exports[--self->n_exports]);
  end_if_unused (self);
}

void
fuzz_handle_unref_bytes (void)
{
  FuzzHandle *self = &fuzz_handles[fuzz_input_below (FUZZ_N_HANDLES)];

  if (self->block != NULL && self->n_exports > 0)
    unref_bytes (self);
}

void
fuzz_handle_look (void)
{
  FuzzHandle *self = fuzz_handle_choose ();

  if (self == NULL)
    return;

  fuzz_check (fsmm_block_is_live (self->block) == fuzz_handle_is_live (self),
              "fsmm_block_is_live () is not %d", fuzz_handle_is_live (self));
  fuzz_check (fsmm_block_get_address (self->block) ==
                  (fuzz_handle_is_live (self) ? self->address : NULL),
              "fsmm_block_get_address () is wrong");
  fuzz_check (fsmm_block_get_size (self->block) == self->pool->alloc_size,
              "fsmm_block_get_size () is wrong");
}

void
fuzz_handle_end_all (void)
{
  for (guint i = 0; i < FUZZ_N_HANDLES; i++)
    {
      FuzzHandle *self = &fuzz_handles[i];

      while (self->n_refs > 0)
        unref (self);
      while (self->n_exports > 0)
        unref_bytes (self);
    }
}
