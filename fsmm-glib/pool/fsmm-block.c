/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-block.h"

#include "engine/heap/fsmm-heap-tell.h"
#include "fsmm-error.h"
#include "pool/fsmm-handle-private.h"
#include "pool/fsmm-patience-private.h"

#include <string.h>

struct _FsmmBlock {
  FsmmHandle handle; /* a keeper of its pool */
};

FSMM_ASSERT_HANDLE_FITS (FsmmBlock);

/* What keeps the memory of a GBytes in place. */
typedef struct {
  FsmmBlock *block; /* (owned) */
  FsmmChunk *chunk; /* (pinned) */
} FsmmBlockExport;

G_DEFINE_BOXED_TYPE (FsmmBlock, fsmm_block, fsmm_block_ref, fsmm_block_unref)

/* Takes a block of zeroes from @pool, and makes a handle that owns it. In line where it is used, since
 * of several callers only one ever is. */
static G_ALWAYS_INLINE inline FsmmBlock *
new_block (FsmmPool *pool, const FsmmPatience *patience, GError **error)
{
  const FsmmFill zeroes = { .n_bytes = pool->store.geometry.alloc_size };
  FsmmBlock *self = fsmm_handle_memory_alloc ();
  FsmmClaim claim;

  if (self == NULL)
    {
      fsmm_pool_report_alloc (pool, FSMM_ALLOC_NO_MEMORY, 1, error);
      return NULL;
    }
  if (!fsmm_pool_take (pool, FSMM_STATE_HELD, zeroes, patience, &claim, error))
    {
      fsmm_handle_memory_free (self);
      return NULL;
    }

  fsmm_keepers_add (&pool->keepers);
  fsmm_handle_init (&self->handle, pool, claim.block, claim.epoch);

  return self;
}

/* For a call that may wait. */
FsmmBlock *
fsmm_pool_make_handle (FsmmPool *pool, const FsmmPatience *patience, GError **error)
{
  return new_block (pool, patience, error);
}

static FSMM_HEAP_TELLER FsmmBlock *
fsmm_pool_acquire_told (FsmmPool *self, GError **error)
{
  FsmmBlock *handle = new_block (self, NULL, error);
  const gpointer blocks[] = { handle, handle != NULL ? handle->handle.data : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return handle;
}

/**
 * fsmm_pool_acquire:
 * @self: a pool
 * @error: return location for an error
 *
 * Takes a block whose bytes are all 0, and returns an owning handle to it.
 *
 * The block is given back when the last reference to the handle is dropped, or when it is released.
 *
 * Errors: the same as [method@Fsmm.Pool.alloc].
 *
 * Returns: (transfer full): a handle, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmBlock *
fsmm_pool_acquire (FsmmPool *self, GError **error)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), NULL);

  if (fsmm_pool_refuses_raw_blocks (self, G_STRFUNC, error))
    return NULL;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_acquire_told (self, error) : new_block (self, NULL, error);
}

/**
 * fsmm_block_ref: (skip)
 * @self: a handle
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
FsmmBlock *
fsmm_block_ref (FsmmBlock *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->handle.ref_count);

  return self;
}

static gboolean
give_back (FsmmBlock *self)
{
  return fsmm_heap_free_held (&self->handle.pool->store, self->handle.data, self->handle.epoch);
}

static G_ALWAYS_INLINE inline void
unref_block (FsmmBlock *self)
{
  if (!fsmm_handle_unref (&self->handle))
    return;

  if (fsmm_handle_has_block (&self->handle))
    give_back (self);
  fsmm_keepers_remove (&self->handle.pool->keepers, self->handle.pool);
  fsmm_handle_memory_free (self);
}

static FSMM_HEAP_TELLER void
fsmm_block_unref_told (FsmmBlock *self)
{
  const gpointer blocks[] = { self, self->handle.data };

  unref_block (self);
  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);
}

/**
 * fsmm_block_unref: (skip)
 * @self: (transfer full): a handle
 *
 * Drops a reference. Dropping the last one releases the block, if it has not been released already.
 *
 * Since: 1.0
 */
void
fsmm_block_unref (FsmmBlock *self)
{
  g_return_if_fail (self != NULL);

  if (FSMM_HEAP_IS_TOLD_OF)
    fsmm_block_unref_told (self);
  else
    unref_block (self);
}

/* Becomes a user of the memory. Returns NULL if the block is gone. */
static FsmmChunk *
enter (FsmmBlock *self)
{
  FsmmChunk *chunk;

  if (!fsmm_handle_enter (&self->handle))
    return NULL;

  chunk = fsmm_heap_pin (&self->handle.pool->store, self->handle.data, self->handle.epoch);
  if (chunk == NULL)
    fsmm_handle_leave (&self->handle);

  return chunk;
}

static void
leave (FsmmBlock *self, FsmmChunk *chunk)
{
  fsmm_heap_unpin (&self->handle.pool->store, chunk);
  if (fsmm_handle_leave (&self->handle) != FSMM_LEAVE_RELEASED)
    return;

  give_back (self);
  if (FSMM_HEAP_IS_TOLD_OF)
    FSMM_HEAP_TELL (1, &self->handle.data);
}

/* Becomes a user of part of the memory. Returns NULL with @error set if the block is gone or too
 * small. @what is the verb for the message. */
static FsmmChunk *
enter_range (FsmmBlock *self, const char *what, gsize offset, gsize n_bytes, GError **error)
{
  gsize size = fsmm_block_get_size (self);
  FsmmChunk *chunk = enter (self);

  if (chunk == NULL)
    {
      fsmm_handle_report_released (&self->handle, what, error);
      return NULL;
    }

  if (offset <= size && n_bytes <= size - offset)
    return chunk;

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_OUT_OF_RANGE,
               "cannot %s %" G_GSIZE_FORMAT " bytes at offset %" G_GSIZE_FORMAT
               ": the block has %" G_GSIZE_FORMAT,
               what, n_bytes, offset, size);
  leave (self, chunk);
  return NULL;
}

/**
 * fsmm_block_get_size:
 * @self: a handle
 *
 * Gets the number of usable bytes in the block: the [property@Fsmm.Pool:alloc-size] of its pool.
 *
 * Returns: a number of bytes, even if the block is gone
 *
 * Since: 1.0
 */
gsize
fsmm_block_get_size (FsmmBlock *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->handle.pool->store.geometry.alloc_size;
}

/**
 * fsmm_block_is_live:
 * @self: a handle
 *
 * Checks whether the block is still live.
 *
 * Returns: %TRUE if it is, %FALSE if it was released, or dropped by [method@Fsmm.Pool.free_all]
 *
 * Since: 1.0
 */
gboolean
fsmm_block_is_live (FsmmBlock *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return fsmm_handle_get (&self->handle) != NULL;
}

/**
 * fsmm_block_get_address:
 * @self: a handle
 *
 * Gets the address of the block.
 *
 * The address is valid for as long as the block is live. Unlike [method@Fsmm.Block.get_bytes], this
 * does not keep the memory in place.
 *
 * Returns: (transfer none) (nullable): the start of the block, or %NULL if it is gone
 *
 * Since: 1.0
 */
gpointer
fsmm_block_get_address (FsmmBlock *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return fsmm_handle_get (&self->handle);
}

static gboolean
release_block (FsmmBlock *self, GError **error)
{
  gboolean given = FALSE;

  switch (fsmm_handle_release (&self->handle))
    {
    case FSMM_RELEASE_NOW:
      given = give_back (self);
      break;
    case FSMM_RELEASE_DEFERRED:
      given = fsmm_handle_is_in_epoch (&self->handle);
      break;
    case FSMM_RELEASE_AGAIN:
    default:
      break;
    }

  if (!given)
    fsmm_handle_report_released (&self->handle, "release", error);

  return given;
}

static FSMM_HEAP_TELLER gboolean
fsmm_block_release_told (FsmmBlock *self, GError **error)
{
  gboolean given = release_block (self, error);

  FSMM_HEAP_TELL (1, &self->handle.data);

  return given;
}

/**
 * fsmm_block_release:
 * @self: a handle
 * @error: return location for an error
 *
 * Gives the block back to its pool now, instead of when the last reference to the handle is
 * dropped.
 *
 * If bytes from [method@Fsmm.Block.get_bytes] are still held, the block is given back when they are
 * gone. Even so, the handle is of no use from now on.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the block is gone already.
 *
 * Returns: %TRUE if the block was released
 *
 * Since: 1.0
 */
gboolean
fsmm_block_release (FsmmBlock *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_block_release_told (self, error) : release_block (self, error);
}

/**
 * fsmm_block_read:
 * @self: a handle
 * @offset: where to start, in bytes from the start of the block
 * @n_bytes: the number of bytes to read
 * @n_read: (out): the same number, as the length of the returned array
 * @error: return location for an error
 *
 * Copies bytes out of the block.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the block is gone, `FSMM_ERROR_OUT_OF_RANGE` if the block does
 * not have that many bytes, `FSMM_ERROR_NO_MEMORY` if there is no memory for the copy.
 *
 * Returns: (array length=n_read) (element-type guint8) (transfer full): a copy, to be freed with
 *   `g_free ()`, or %NULL with @error set
 *
 * Since: 1.0
 */
guint8 *
fsmm_block_read (FsmmBlock *self, gsize offset, gsize n_bytes, gsize *n_read, GError **error)
{
  FsmmChunk *chunk;
  guint8 *copy;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (n_read != NULL, NULL);

  *n_read = 0;
  chunk = enter_range (self, "read", offset, n_bytes, error);
  if (chunk == NULL)
    return NULL;

  /* At least one byte, since NULL would mean an error. */
  copy = g_try_malloc (MAX (n_bytes, 1));
  if (copy != NULL)
    {
      memcpy (copy, (guint8 *) self->handle.data + offset, n_bytes);
      *n_read = n_bytes;
    }
  else
    g_set_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY,
                 "no memory for a copy of %" G_GSIZE_FORMAT " bytes", n_bytes);

  leave (self, chunk);

  return copy;
}

/**
 * fsmm_block_write:
 * @self: a handle
 * @offset: where to start, in bytes from the start of the block
 * @data: (array length=n_bytes) (element-type guint8): the bytes to write
 * @n_bytes: the number of bytes to write
 * @error: return location for an error
 *
 * Copies bytes into the block.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the block is gone, `FSMM_ERROR_OUT_OF_RANGE` if there is not
 * enough room, in which case nothing is written.
 *
 * Returns: %TRUE if the bytes were written
 *
 * Since: 1.0
 */
gboolean
fsmm_block_write (FsmmBlock *self,
                  gsize offset,
                  const guint8 *data,
                  gsize n_bytes,
                  GError **error)
{
  FsmmChunk *chunk;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (data != NULL || n_bytes == 0, FALSE);

  chunk = enter_range (self, "write", offset, n_bytes, error);
  if (chunk == NULL)
    return FALSE;

  /* The source may overlap: it can be part of this block. */
  if (n_bytes > 0)
    memmove ((guint8 *) self->handle.data + offset, data, n_bytes);
  leave (self, chunk);

  return TRUE;
}

/**
 * fsmm_block_write_bytes:
 * @self: a handle
 * @offset: where to start, in bytes from the start of the block
 * @bytes: the bytes to write
 * @error: return location for an error
 *
 * Copies bytes into the block.
 *
 * Errors: the same as [method@Fsmm.Block.write].
 *
 * Returns: %TRUE if the bytes were written
 *
 * Since: 1.0
 */
gboolean
fsmm_block_write_bytes (FsmmBlock *self, gsize offset, GBytes *bytes, GError **error)
{
  const guint8 *data;
  gsize n_bytes;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  data = g_bytes_get_data (bytes, &n_bytes);

  return fsmm_block_write (self, offset, data, n_bytes, error);
}

static void
export_end (gpointer user_data)
{
  FsmmBlockExport *export = user_data;

  leave (export->block, export->chunk);
  fsmm_block_unref (export->block);
  g_free (export);
}

/**
 * fsmm_block_get_bytes:
 * @self: a handle
 * @error: return location for an error
 *
 * Gets the block's own memory as a `GBytes`, without a copy.
 *
 * Later writes to the block are visible in the bytes. The memory stays in place until the last
 * reference to the bytes is dropped: a release takes effect only then, and so does
 * [method@Fsmm.Pool.free_all] for the chunk that contains the block.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the block is gone, `FSMM_ERROR_NO_MEMORY` if there is no memory
 * for the bookkeeping.
 *
 * Returns: (transfer full): the block's memory, or %NULL with @error set
 *
 * Since: 1.0
 */
GBytes *
fsmm_block_get_bytes (FsmmBlock *self, GError **error)
{
  FsmmBlockExport *export;
  FsmmChunk *chunk;

  g_return_val_if_fail (self != NULL, NULL);

  chunk = enter (self);
  if (chunk == NULL)
    {
      fsmm_handle_report_released (&self->handle, "get bytes of", error);
      return NULL;
    }

  export = fsmm_system_try_new0 (sizeof *export);
  if (export == NULL)
    {
      fsmm_pool_report_alloc (self->handle.pool, FSMM_ALLOC_NO_MEMORY, 1, error);
      leave (self, chunk);
      return NULL;
    }

  export->block = fsmm_block_ref (self);
  export->chunk = chunk;

  return g_bytes_new_with_free_func (self->handle.data, fsmm_block_get_size (self), export_end,
                                     export);
}
