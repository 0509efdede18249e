/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-pool-memory.h"
#include "fsmm-pool-wait.h"
#include "pool/fsmm-pool-private.h"

/* What a pool tells about itself. */

typedef enum {
  PROP_NAME = 1,
  PROP_ALLOC_SIZE,
  PROP_BLOCK_SIZE,
  PROP_CHUNK_BYTES,
  PROP_ALIGNMENT,
  PROP_MAX_BLOCKS,
  PROP_N_CHUNKS,
  PROP_N_ALLOCATED,
  PROP_N_FREE,
  PROP_PEAK_ALLOCATED,
  PROP_RESERVED_BYTES,
  PROP_RETAIN_BYTES,
  PROP_FLUSHING,
  PROP_N_WAITING,
} FsmmPoolProperty;

static GParamSpec *properties[PROP_N_WAITING + 1];

/* --- Getters --- */

/**
 * fsmm_pool_get_name: (get-property name)
 * @self: a pool
 *
 * Gets the name that error messages use for the pool.
 *
 * Returns: (transfer none) (nullable): the name, or %NULL if it has none
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

  return (gsize) MIN (fsmm_pool_get_limit (self), G_MAXSIZE);
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

  return fsmm_pool_get_stats (self).n_chunks;
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

  return fsmm_pool_get_stats (self).n_live;
}

/**
 * fsmm_pool_get_n_free: (get-property n-free)
 * @self: a pool
 *
 * Gets the number of free blocks in the chunks that there are: how many can be handed out without
 * more memory, and below [property@Fsmm.Pool:max-blocks]. A pool may add a chunk before they are used up.
 *
 * Returns: a number of blocks
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_n_free (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return fsmm_pool_get_stats (self).n_free;
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

  return fsmm_pool_get_stats (self).peak_live;
}

/**
 * fsmm_pool_get_reserved_bytes: (get-property reserved-bytes)
 * @self: a pool
 *
 * Gets the number of bytes that the pool currently holds in chunks, less those of pages that
 * [method@Fsmm.Pool.trim] has returned to the system.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gsize
fsmm_pool_get_reserved_bytes (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return fsmm_pool_get_stats (self).reserved_bytes;
}

/* --- Properties --- */

static void
get_pool_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  FsmmPool *self = FSMM_POOL (object);

  switch ((FsmmPoolProperty) prop_id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_ALLOC_SIZE:
      g_value_set_uint64 (value, fsmm_pool_get_alloc_size (self));
      break;
    case PROP_BLOCK_SIZE:
      g_value_set_uint64 (value, fsmm_pool_get_block_size (self));
      break;
    case PROP_CHUNK_BYTES:
      g_value_set_uint64 (value, fsmm_pool_get_chunk_bytes (self));
      break;
    case PROP_ALIGNMENT:
      g_value_set_uint64 (value, fsmm_pool_get_alignment (self));
      break;
    case PROP_MAX_BLOCKS:
      g_value_set_uint64 (value, fsmm_pool_get_max_blocks (self));
      break;
    case PROP_N_CHUNKS:
      g_value_set_uint64 (value, fsmm_pool_get_n_chunks (self));
      break;
    case PROP_N_ALLOCATED:
      g_value_set_uint64 (value, fsmm_pool_get_n_allocated (self));
      break;
    case PROP_N_FREE:
      g_value_set_uint64 (value, fsmm_pool_get_n_free (self));
      break;
    case PROP_PEAK_ALLOCATED:
      g_value_set_uint64 (value, fsmm_pool_get_peak_allocated (self));
      break;
    case PROP_RESERVED_BYTES:
      g_value_set_uint64 (value, fsmm_pool_get_reserved_bytes (self));
      break;
    case PROP_RETAIN_BYTES:
      g_value_set_int64 (value, fsmm_pool_get_retain_bytes (self));
      break;
    case PROP_FLUSHING:
      g_value_set_boolean (value, fsmm_pool_get_flushing (self));
      break;
    case PROP_N_WAITING:
      g_value_set_uint (value, fsmm_pool_get_n_waiting (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* The first time, the pool is not constructed yet. */
static void
set_limit_of_pool (FsmmPool *self, guint64 max_blocks)
{
  if (self->store.lock == NULL)
    self->max_blocks = max_blocks;
  else
    fsmm_pool_set_max_blocks (self, (gsize) MIN (max_blocks, G_MAXSIZE));
}

static void
set_pool_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  FsmmPool *self = FSMM_POOL (object);

  switch ((FsmmPoolProperty) prop_id)
    {
    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;
    case PROP_ALLOC_SIZE:
      self->alloc_size = g_value_get_uint64 (value);
      break;
    case PROP_CHUNK_BYTES:
      self->chunk_bytes = g_value_get_uint64 (value);
      break;
    case PROP_ALIGNMENT:
      self->alignment = g_value_get_uint64 (value);
      break;
    case PROP_MAX_BLOCKS:
      set_limit_of_pool (self, g_value_get_uint64 (value));
      break;
    case PROP_RETAIN_BYTES:
      fsmm_pool_set_retain_bytes (self, g_value_get_int64 (value));
      break;
    case PROP_FLUSHING:
      fsmm_pool_set_flushing (self, g_value_get_boolean (value));
      break;
    case PROP_N_WAITING:
    case PROP_BLOCK_SIZE:
    case PROP_N_CHUNKS:
    case PROP_N_ALLOCATED:
    case PROP_N_FREE:
    case PROP_PEAK_ALLOCATED:
    case PROP_RESERVED_BYTES:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

/* GObject has no property type for gsize. */
GParamSpec *
fsmm_param_spec_size (const char *name, GParamFlags flags)
{
  return g_param_spec_uint64 (name, NULL, NULL, 0, G_MAXUINT64, 0, flags | G_PARAM_STATIC_STRINGS);
}

static void
add_pool_argument_specs (void)
{
  const GParamFlags at_construction = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY;

  /**
   * FsmmPool:name: (getter get_name)
   *
   * The name that error messages use for the pool. A pool without a name is identified by its
   * address. Messages show bytes that are not UTF-8, and control characters, as `\x1b` or `\u2028`.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL,
                                               at_construction | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmPool:alloc-size: (getter get_alloc_size)
   *
   * The number of usable bytes in a block: from 1 byte to 4 GiB.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOC_SIZE] = fsmm_param_spec_size ("alloc-size", at_construction);

  /**
   * FsmmPool:block-size: (getter get_block_size)
   *
   * The number of bytes that a block occupies: [property@Fsmm.Pool:alloc-size], but at least the
   * size of a pointer, rounded up to a multiple of [property@Fsmm.Pool:alignment].
   *
   * Since: 1.0
   */
  properties[PROP_BLOCK_SIZE] = fsmm_param_spec_size ("block-size", G_PARAM_READABLE);

  /**
   * FsmmPool:chunk-bytes: (getter get_chunk_bytes)
   *
   * The usable size of a chunk in bytes: from 1024 bytes to 4 GiB, or 0 for the default, which is
   * 64 KiB, but at least eight blocks. Until version 1.2 it was 256 KiB.
   *
   * A chunk holds as many blocks as fit; bookkeeping is stored outside. If a block is larger than
   * the size requested here, a chunk holds one block, and this property is the size of a block.
   *
   * Since: 1.0
   */
  properties[PROP_CHUNK_BYTES] = fsmm_param_spec_size ("chunk-bytes", at_construction);

  /**
   * FsmmPool:alignment: (getter get_alignment)
   *
   * Every block starts at a multiple of this many bytes: a power of two, or 0 for the default,
   * which suits every C type of [property@Fsmm.Pool:alloc-size] bytes. On a 64-bit system that is 16
   * if they are a multiple of it, and 8 otherwise: so a struct of 24 bytes takes 24.
   *
   * Since: 1.0
   */
  properties[PROP_ALIGNMENT] = fsmm_param_spec_size ("alignment", at_construction);

  /**
   * FsmmPool:max-blocks: (getter get_max_blocks) (setter set_max_blocks)
   *
   * The maximum number of blocks that can be live at a time, or 0 for no limit. Until version 1.2 it
   * could be set only when the pool was made. See [Limits and waiting](limits-and-waiting.html).
   *
   * Since: 1.0
   */
  properties[PROP_MAX_BLOCKS] = fsmm_param_spec_size (
      "max-blocks", G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_EXPLICIT_NOTIFY);
}

static void
add_pool_count_specs (void)
{
  /**
   * FsmmPool:n-chunks: (getter get_n_chunks)
   *
   * The number of chunks that the pool currently holds. `notify` is not emitted when it changes.
   *
   * Since: 1.0
   */
  properties[PROP_N_CHUNKS] = fsmm_param_spec_size ("n-chunks", G_PARAM_READABLE);

  /**
   * FsmmPool:n-allocated: (getter get_n_allocated)
   *
   * The number of blocks that are currently live. While other threads take or free blocks, this is
   * outdated at once, and can be off by as many blocks as they are working with.
   *
   * `notify` is not emitted when this changes, as with all figures here that change by themselves: a
   * signal for each block would cost more than the block. Read the property when you need it.
   *
   * Since: 1.0
   */
  properties[PROP_N_ALLOCATED] = fsmm_param_spec_size ("n-allocated", G_PARAM_READABLE);

  /**
   * FsmmPool:n-free: (getter get_n_free)
   *
   * The number of blocks that can be handed out before the pool needs another chunk or reaches
   * [property@Fsmm.Pool:max-blocks]. Free blocks in parts that other threads have for themselves are
   * included, but may cost the calling thread a chunk. `notify` is not emitted when this changes.
   *
   * Since: 1.0
   */
  properties[PROP_N_FREE] = fsmm_param_spec_size ("n-free", G_PARAM_READABLE);

  /**
   * FsmmPool:peak-allocated: (getter get_peak_allocated)
   *
   * The highest number of blocks that were ever live at a time. This is exact if one thread takes and
   * frees blocks. If several do at the same time, it can be too high or too low by as many as they
   * take and free meanwhile, but it never exceeds [property@Fsmm.Pool:max-blocks]. `notify` is not
   * emitted when this changes.
   *
   * Since: 1.0
   */
  properties[PROP_PEAK_ALLOCATED] = fsmm_param_spec_size ("peak-allocated", G_PARAM_READABLE);

  /**
   * FsmmPool:reserved-bytes: (getter get_reserved_bytes)
   *
   * The number of bytes that the pool currently holds in chunks, less those of pages that
   * [method@Fsmm.Pool.trim] has returned to the system.
   *
   * This is address space, so a chunk of 64 KiB for a single block costs little: a page takes up
   * memory only when a block in it is first written to. That changes as the pool grows. From eight
   * chunks on, all of a new one is in memory; what is added to a pool of 16 MiB or more has pages of
   * 2 MiB if the system offers them. Either is at most an eighth of the pool. Memory that bytes from
   * [method@Fsmm.Block.get_bytes] keep after everything was dropped is not included. The
   * bookkeeping of a chunk takes nine bits for each block, and some hundred bytes for each 64 KiB.
   *
   * `notify` is not emitted when this changes.
   *
   * Since: 1.0
   */
  properties[PROP_RESERVED_BYTES] = fsmm_param_spec_size ("reserved-bytes", G_PARAM_READABLE);
}

static void
add_pool_memory_specs (void)
{
  /**
   * FsmmPool:retain-bytes: (getter get_retain_bytes) (setter set_retain_bytes)
   *
   * How many bytes of chunks the pool keeps when all blocks are dropped, so that it is filled again
   * without asking the system: a number, or -1 to have it chosen.
   *
   * What is above that goes back to the system. With -1, a pool that is emptied for the first time
   * keeps nothing; later, it keeps as much as has been used each time, the last time and the time
   * before, but no more than 8 MiB. With 0, it never keeps anything. Only whole chunks are kept, and
   * none of which a handle or a user function needs a block at that moment, nor any with
   * `FSMM_DEBUG`.
   *
   * [method@Fsmm.Pool.trim] returns what is kept, and finalizing the pool does.
   *
   * Since: 1.2
   */
  properties[PROP_RETAIN_BYTES] =
      g_param_spec_int64 ("retain-bytes", NULL, NULL, -1, G_MAXINT64, -1,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
}

static void
add_pool_wait_specs (void)
{
  /**
   * FsmmPool:flushing: (getter get_flushing) (setter set_flushing)
   *
   * Whether every call that can wait for a block fails: see [method@Fsmm.Pool.set_flushing].
   *
   * Since: 1.2
   */
  properties[PROP_FLUSHING] =
      g_param_spec_boolean ("flushing", NULL, NULL, FALSE,
                            G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * FsmmPool:n-waiting: (getter get_n_waiting)
   *
   * How many threads and requests wait for a block. `notify` is not emitted when this changes.
   *
   * Since: 1.2
   */
  properties[PROP_N_WAITING] = g_param_spec_uint ("n-waiting", NULL, NULL, 0, G_MAXUINT, 0,
                                                  G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
}

void
fsmm_pool_install_properties (GObjectClass *object_class)
{
  object_class->get_property = get_pool_property;
  object_class->set_property = set_pool_property;

  add_pool_argument_specs ();
  add_pool_count_specs ();
  add_pool_memory_specs ();
  add_pool_wait_specs ();
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}
