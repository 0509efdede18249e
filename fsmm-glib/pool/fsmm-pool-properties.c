/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-pool-private.h"

/* What a pool tells about itself. */

/**
 * fsmm_pool_get_name: (get-property name)
 * @self: a pool
 *
 * Gets the name that error messages use for the pool.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 1.0
 */
const char *
fsmm_pool_get_name (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), NULL);

  return self->name;
}

/**
 * fsmm_pool_get_alloc_size: (get-property alloc-size)
 * @self: a pool
 *
 * Gets the number of usable bytes in a block.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_alloc_size (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return (gsize) self->alloc_size;
}

/**
 * fsmm_pool_get_block_size: (get-property block-size)
 * @self: a pool
 *
 * Gets the number of bytes that a block occupies.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_block_size (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return self->store.geometry.block_size;
}

/**
 * fsmm_pool_get_chunk_bytes: (get-property chunk-bytes)
 * @self: a pool
 *
 * Gets the usable size of a chunk.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_chunk_bytes (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return self->store.geometry.chunk_bytes;
}

/**
 * fsmm_pool_get_alignment: (get-property alignment)
 * @self: a pool
 *
 * Gets the alignment of blocks: every block starts at a multiple of this many bytes.
 *
 * Returns: a power of two
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_alignment (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return self->store.geometry.alignment;
}

/**
 * fsmm_pool_get_max_blocks: (get-property max-blocks)
 * @self: a pool
 *
 * Gets the maximum number of blocks that can be live at a time.
 *
 * Returns: a number of blocks, or 0 for no limit
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_max_blocks (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return (gsize) MIN (self->max_blocks, G_MAXSIZE);
}

static FsmmStoreStats
get_stats (FsmmPool *self)
{
  FsmmStoreStats stats;

  fsmm_store_get_stats (&self->store, &stats);

  return stats;
}

/**
 * fsmm_pool_get_n_chunks: (get-property n-chunks)
 * @self: a pool
 *
 * Gets the number of chunks that the pool currently holds.
 *
 * Returns: a number of chunks
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_n_chunks (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return get_stats (self).n_chunks;
}

/**
 * fsmm_pool_get_n_allocated: (get-property n-allocated)
 * @self: a pool
 *
 * Gets the number of blocks that are currently live.
 *
 * Returns: a number of blocks
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_n_allocated (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return get_stats (self).n_live;
}

/**
 * fsmm_pool_get_n_free: (get-property n-free)
 * @self: a pool
 *
 * Gets the number of blocks that can be handed out before the pool needs another chunk or reaches
 * [property@Fsmm.Pool:max-blocks].
 *
 * Returns: a number of blocks
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_n_free (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return get_stats (self).n_free;
}

/**
 * fsmm_pool_get_peak_allocated: (get-property peak-allocated)
 * @self: a pool
 *
 * Gets the highest number of blocks that were ever live at a time.
 *
 * Returns: a number of blocks
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_peak_allocated (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return get_stats (self).peak_live;
}

/**
 * fsmm_pool_get_reserved_bytes: (get-property reserved-bytes)
 * @self: a pool
 *
 * Gets the number of bytes that the pool currently holds in chunks.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_reserved_bytes (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return get_stats (self).reserved_bytes;
}
