/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-pool-memory.h"

#include "pool/fsmm-pool-private.h"

/* What pools do with memory, and how much of it they keep. */

static FsmmPoolMemory *
fsmm_pool_memory_copy (FsmmPoolMemory *self)
{
  return g_memdup2 (self, sizeof *self);
}

G_DEFINE_BOXED_TYPE (FsmmPoolMemory, fsmm_pool_memory, fsmm_pool_memory_copy, g_free)

/**
 * fsmm_pool_get_memory:
 * @self: a pool
 * @memory: (out caller-allocates): return location for the figures
 *
 * Tells what the memory of the pool is used for.
 *
 * All figures are of one moment, if no other thread takes or frees blocks then. This looks at
 * the state of every block, 64 at a time, under the pool's lock.
 *
 * Live, free and unusable bytes, which are those behind the last block of a chunk, add up to all
 * chunks. So do reserved bytes and those that have been given back, unless the system has refused to
 * take the memory of chunks that are gone: that is reserved as well. Memory that a chunk has not used
 * yet is among the free and the reserved, although it may take up none before it is first written to.
 *
 * Since: 1.2
 */
void
fsmm_pool_get_memory (FsmmPool *self, FsmmPoolMemory *memory)
{
  FsmmHeapMemory found;

  g_return_if_fail (FSMM_IS_POOL (self));
  g_return_if_fail (memory != NULL);

  fsmm_heap_get_memory (&self->store, &found);
  *memory = (FsmmPoolMemory) {
    .live_bytes = found.live_bytes,
    .thread_bytes = found.thread_bytes,
    .idle_bytes = found.idle_bytes,
    .given_back_bytes = found.given_back_bytes,
    .reserved_bytes = found.reserved_bytes,
    .bookkeeping_bytes = found.bookkeeping_bytes,
  };
}

/**
 * fsmm_get_spare_bytes:
 *
 * Gets how much memory of earlier pools the process keeps for those that it makes later.
 *
 * It is at most half a mebibyte, belongs to no pool, and is returned to the system by
 * [func@Fsmm.trim_all].
 *
 * Returns: a number of bytes
 *
 * Since: 1.2
 */
gsize
fsmm_get_spare_bytes (void)
{
  return fsmm_heap_count_spare_bytes ();
}

/**
 * fsmm_pool_set_retain_bytes: (set-property retain-bytes)
 * @self: a pool
 * @retain_bytes: a number of bytes, or -1 to have it chosen
 *
 * Sets how much memory the pool keeps when all blocks are dropped: see
 * [property@Fsmm.Pool:retain-bytes].
 *
 * It counts from the next time on that this happens, and returns nothing by itself:
 * [method@Fsmm.Pool.trim] does.
 *
 * Since: 1.2
 */
void
fsmm_pool_set_retain_bytes (FsmmPool *self, gint64 retain_bytes)
{
  g_return_if_fail (FSMM_IS_POOL (self));
  g_return_if_fail (retain_bytes >= -1);

  if (fsmm_heap_set_retain_bytes (&self->store, retain_bytes) != retain_bytes)
    g_object_notify (G_OBJECT (self), "retain-bytes");
}

/**
 * fsmm_pool_get_retain_bytes: (get-property retain-bytes)
 * @self: a pool
 *
 * Gets how much memory the pool keeps when all blocks are dropped.
 *
 * Returns: a number of bytes, or -1 if it is chosen
 *
 * Since: 1.2
 */
gint64
fsmm_pool_get_retain_bytes (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), -1);

  return fsmm_heap_get_retain_bytes (&self->store);
}

/**
 * fsmm_trim_all:
 *
 * Trims every pool of the process, as [method@Fsmm.Pool.trim] does one.
 *
 * That includes pools of libraries, the default pools of types, the memory of handles and boxes, and
 * what is kept for pools that are made later: up to half a mebibyte, which other pools had. It is what
 * a program calls when memory gets scarce, or before it does nothing for a while. Each pool is trimmed
 * by itself; meanwhile, other threads can use it as they can during a trim, and pools can come and go.
 *
 * Returns: the number of bytes by which [property@Fsmm.Pool:reserved-bytes] has decreased, over all
 *   pools, and of what was kept
 *
 * Since: 1.2
 */
gsize
fsmm_trim_all (void)
{
  return fsmm_heap_trim_all ();
}
