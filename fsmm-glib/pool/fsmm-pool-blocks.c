/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-pool-private.h"

#include "engine/heap/fsmm-heap-tell.h"
#include "fsmm-error.h"
#include "pool/fsmm-handle-private.h"
#include "pool/fsmm-user-call-private.h"

/* Taking and freeing the blocks of a pool.
 *
 * The most frequent calls have a fast part and a slow part. The fast part handles the common case
 * inline, and calls no function on its way, so that the compiler need not save registers. In every
 * other case it calls the slow part, which starts over. Where Memcheck is told of blocks, this is
 * always so, and what tells it stands in between. */

#define RETURN_VAL_IF_NO_POOL_IN(call, self, value)                                                \
  FSMM_RETURN_VAL_IF_FAIL_IN (call, fsmm_pool_has_class (self), "FSMM_IS_POOL (self)", value)

static G_GNUC_NO_INLINE gpointer
alloc_slow (FsmmPool *self, const char *call, gsize n_zeroed, GError **error)
{
  const FsmmFill zeroes = { .n_bytes = n_zeroed };
  FsmmAllocResult result;
  gsize epoch;
  gpointer block;

  RETURN_VAL_IF_NO_POOL_IN (call, self, NULL);

  if (fsmm_pool_refuses_raw_blocks (self, call, error))
    return NULL;

  block = fsmm_heap_alloc (&self->store, FSMM_STATE_LIVE, zeroes, &epoch, &result).block;
  if (G_LIKELY (block != NULL))
    return block;

  fsmm_pool_report_alloc (self, result, 1, error);
  return NULL;
}

static G_GNUC_NO_INLINE gpointer
alloc0_slow (FsmmPool *self, GError **error)
{
  RETURN_VAL_IF_NO_POOL_IN ("fsmm_pool_alloc0", self, NULL);

  return alloc_slow (self, "fsmm_pool_alloc0", self->store.geometry.alloc_size, error);
}

static FSMM_HEAP_TELLER gpointer
fsmm_pool_alloc_told (FsmmPool *self, GError **error)
{
  gpointer block = alloc_slow (self, "fsmm_pool_alloc", 0, error);

  FSMM_HEAP_TELL (1, &block);

  return block;
}

static FSMM_HEAP_TELLER gpointer
fsmm_pool_alloc0_told (FsmmPool *self, GError **error)
{
  gpointer block = alloc0_slow (self, error);

  FSMM_HEAP_TELL (1, &block);

  return block;
}

/* The thread is busy with the cache. */
static G_GNUC_NO_INLINE gpointer
alloc_from_next_word (FsmmPool *self, FsmmCache *cache, GError **error)
{
  gpointer block = NULL;

  if (G_LIKELY (fsmm_cache_next_word (cache)))
    block = fsmm_cache_pop (cache, FSMM_STATE_LIVE, (FsmmFill) { 0, NULL }).block;
  fsmm_reader_leave ();

  return G_LIKELY (block != NULL) ? block : alloc_slow (self, "fsmm_pool_alloc", 0, error);
}

/**
 * fsmm_pool_alloc: (skip)
 * @self: a pool
 * @error: return location for an error
 *
 * Takes a block. Its bytes are not initialized.
 *
 * The caller must check for an error: unlike an invalid free, it is not logged if @error is %NULL.
 *
 * Errors: `FSMM_ERROR_EXHAUSTED` if [property@Fsmm.Pool:max-blocks] blocks are live,
 * `FSMM_ERROR_NO_MEMORY` if the system has no memory for another chunk.
 *
 * Returns: (transfer full) (nullable): a block, for [method@Fsmm.Pool.free], or %NULL with @error
 *   set
 *
 * Since: 1.0
 */
gpointer
fsmm_pool_alloc (FsmmPool *self, GError **error)
{
  FsmmCache *cache = fsmm_cache_enter_fast (self);
  gpointer block;

  if (G_UNLIKELY (cache == NULL))
    return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_alloc_told (self, error)
                                : alloc_slow (self, G_STRFUNC, 0, error);
  if (G_UNLIKELY (cache->front.bits == 0))
    return alloc_from_next_word (self, cache, error);

  block = fsmm_cache_pop (cache, FSMM_STATE_LIVE, (FsmmFill) { 0, NULL }).block;
  fsmm_reader_leave ();

  return block;
}

/**
 * fsmm_pool_alloc0: (skip)
 * @self: a pool
 * @error: return location for an error
 *
 * Takes a block and sets all of its [property@Fsmm.Pool:alloc-size] bytes to 0.
 *
 * Errors: the same as [method@Fsmm.Pool.alloc].
 *
 * Returns: (transfer full) (nullable): a block, for [method@Fsmm.Pool.free], or %NULL with @error
 *   set
 *
 * Since: 1.0
 */
gpointer
fsmm_pool_alloc0 (FsmmPool *self, GError **error)
{
  gpointer block = NULL;

  if (G_LIKELY (self != NULL))
    block = fsmm_cache_try_alloc_small (self, &self->store.geometry.alloc_size, NULL);

  if (G_LIKELY (block != NULL))
    return block;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_alloc0_told (self, error) : alloc0_slow (self, error);
}

static G_GNUC_NO_INLINE gboolean
free_slow (FsmmPool *self, gpointer block, GError **error)
{
  FsmmLook look;

  RETURN_VAL_IF_NO_POOL_IN ("fsmm_pool_free", self, FALSE);

  if (fsmm_pool_refuses_raw_blocks (self, "fsmm_pool_free", error))
    return FALSE;
  if (block == NULL)
    return TRUE;

  if (G_LIKELY (fsmm_heap_free_slow (&self->store, block, &look)))
    return TRUE;

  fsmm_pool_report_free (self, "fsmm_pool_free", &look, block, error);
  return FALSE;
}

static FSMM_HEAP_TELLER gboolean
fsmm_pool_free_told (FsmmPool *self, gpointer block, GError **error)
{
  gboolean is_freed = free_slow (self, block, error);

  FSMM_HEAP_TELL (1, &block);

  return is_freed;
}

/* One that the calling thread does not own, or not surely. Apart from what goes before, for which no
 * register must be saved. */
static G_GNUC_NO_INLINE gboolean
free_other (FsmmPool *self, gpointer block, GError **error)
{
  if (fsmm_cache_try_free_beside_last (self, block))
    return TRUE;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_free_told (self, block, error)
                              : free_slow (self, block, error);
}

/**
 * fsmm_pool_free: (skip)
 * @self: a pool
 * @block: (nullable): a block of this pool, or %NULL to do nothing
 * @error: return location for an error
 *
 * Gives a block back to the pool.
 *
 * @block is looked up, not trusted: anything but the start of a currently allocated block of this
 *   pool is refused, its memory is not touched, and the pool does not change. If @error is %NULL, a
 *   critical message is logged, so the mistake is never silent.
 *
 * If two threads free the same block at the same moment, the extra free may be detected only later:
 * when one of them needs more blocks, or ends, or the pool is trimmed, reserved from, dropped, or
 * full. Then a critical message is logged. The block is free once all the same.
 *
 * A stale pointer to a block that has since been handed out again cannot be detected.
 *
 * Errors: `FSMM_ERROR_DOUBLE_FREE` for a block of this pool that is free already or was never
 * handed out, `FSMM_ERROR_INVALID_POINTER` for any other address, for a block that belongs to a
 * handle, and for one whose chunk was released by [method@Fsmm.Pool.free_all] or
 * [method@Fsmm.Pool.trim].
 *
 * Returns: %TRUE if the block was freed or is %NULL
 *
 * Since: 1.0
 */
gboolean
fsmm_pool_free (FsmmPool *self, gpointer block, GError **error)
{
  if (G_LIKELY (fsmm_cache_try_free_own (self, block, FSMM_STATE_LIVE, NULL, 0)))
    return TRUE;

  return free_other (self, block, error);
}

/**
 * fsmm_pool_alloc_many: (skip)
 * @self: a pool
 * @n_blocks: the number of blocks to take
 * @blocks: (array length=n_blocks) (out caller-allocates): where to store them
 * @error: return location for an error
 *
 * Takes several blocks at once, or none. This is cheaper than taking them one by one.
 *
 * ```c
 * g_autoptr (FsmmPool) pool = fsmm_pool_new (64, 0, &error);
 * gpointer blocks[16];
 *
 * if (pool != NULL && fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, &error))
 *   fsmm_pool_free_many (pool, G_N_ELEMENTS (blocks), blocks, NULL);
 * ```
 *
 * Errors: the same as [method@Fsmm.Pool.alloc], and `FSMM_ERROR_INVALID_ARGUMENT` if @blocks is
 * %NULL and @n_blocks is not 0.
 *
 * Returns: %TRUE if all of @blocks have been filled in, %FALSE with @error set if none has
 *
 * Since: 1.0
 */
gboolean
fsmm_pool_alloc_many (FsmmPool *self, gsize n_blocks, gpointer *blocks, GError **error)
{
  FsmmAllocResult result;

  g_return_val_if_fail (fsmm_pool_has_class (self), FALSE);

  if (fsmm_pool_refuses_raw_blocks (self, G_STRFUNC, error))
    return FALSE;
  if (n_blocks > 0 && blocks == NULL)
    {
      fsmm_pool_report_no_array (self, G_STRFUNC, n_blocks, error);
      return FALSE;
    }

  result = fsmm_heap_alloc_many (&self->store, n_blocks, blocks);
  if (FSMM_HEAP_IS_TOLD_OF && result == FSMM_ALLOC_OK)
    FSMM_HEAP_TELL (n_blocks, blocks);
  if (G_LIKELY (result == FSMM_ALLOC_OK))
    return TRUE;

  fsmm_pool_report_alloc (self, result, n_blocks, error);
  return FALSE;
}

/**
 * fsmm_pool_free_many: (skip)
 * @self: a pool
 * @n_blocks: the number of pointers in @blocks
 * @blocks: (array length=n_blocks): blocks of this pool; %NULL elements are skipped
 * @error: return location for an error
 *
 * Gives several blocks back at once, or none: if one of them is not a live block of this pool, or
 * appears twice, nothing is freed. If @error is %NULL, the mistake is logged as a critical message.
 *
 * Errors: the same as [method@Fsmm.Pool.free], with the index of the first invalid pointer in the
 * message, and `FSMM_ERROR_INVALID_ARGUMENT` if @blocks is %NULL and @n_blocks is not 0.
 *
 * Returns: %TRUE if all were freed, %FALSE with @error set if none was
 *
 * Since: 1.0
 */
gboolean
fsmm_pool_free_many (FsmmPool *self, gsize n_blocks, gpointer *blocks, GError **error)
{
  gboolean are_freed;
  gsize n_given;
  FsmmLook look;

  g_return_val_if_fail (fsmm_pool_has_class (self), FALSE);

  if (fsmm_pool_refuses_raw_blocks (self, G_STRFUNC, error))
    return FALSE;
  if (n_blocks > 0 && blocks == NULL)
    {
      fsmm_pool_report_no_array (self, G_STRFUNC, n_blocks, error);
      return FALSE;
    }

  are_freed = fsmm_heap_free_many (&self->store, n_blocks, blocks, &n_given, &look);
  if (FSMM_HEAP_IS_TOLD_OF && are_freed)
    FSMM_HEAP_TELL (n_blocks, blocks);
  if (G_LIKELY (are_freed))
    return TRUE;

  fsmm_pool_report_free_many (self, G_STRFUNC, &look, blocks[n_given], n_given, error);
  return FALSE;
}

/**
 * fsmm_pool_free_all:
 * @self: a pool
 *
 * Drops all blocks, live or not, and returns their chunks to the system, but for what
 * [property@Fsmm.Pool:retain-bytes] is: a pool that is emptied for the first time keeps none, and later
 * what it uses each time, unless you say otherwise.
 *
 * The time this takes grows with the number of chunks, not of blocks. The pool is empty afterwards
 * and can be used as before. Pointers into it are invalid from now on, and handles report
 * `FSMM_ERROR_RELEASED`. Memory that is being read through a handle at this moment, or through
 * bytes from [method@Fsmm.Block.get_bytes], is returned when that ends.
 *
 * Returns: the number of blocks that were live
 *
 * Since: 1.0
 */
gsize
fsmm_pool_free_all (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  if (fsmm_pool_refuses_raw_blocks (self, G_STRFUNC, NULL))
    return 0;

  if (FSMM_HEAP_IS_TOLD_OF)
    FSMM_HEAP_TELL_DROP (&self->store, 0);

  return fsmm_heap_drop_all (&self->store);
}

/**
 * fsmm_pool_reserve:
 * @self: a pool
 * @n_blocks: the number of blocks to have ready
 * @error: return location for an error
 *
 * Adds chunks until @n_blocks blocks are free, or adds none.
 *
 * As long as nobody else takes blocks or trims the pool, the next @n_blocks blocks can then be
 * taken without an error.
 *
 * Errors: `FSMM_ERROR_EXHAUSTED` if that would exceed [property@Fsmm.Pool:max-blocks],
 * `FSMM_ERROR_NO_MEMORY` if the system does not have enough memory.
 *
 * Returns: %TRUE if @n_blocks blocks are free, %FALSE with @error set otherwise
 *
 * Since: 1.0
 */
gboolean
fsmm_pool_reserve (FsmmPool *self, gsize n_blocks, GError **error)
{
  FsmmAllocResult result;

  g_return_val_if_fail (FSMM_IS_POOL (self), FALSE);

  result = fsmm_heap_reserve (&self->store, n_blocks);
  if (result == FSMM_ALLOC_OK && !fsmm_pool_is_broken (self))
    return TRUE;

  fsmm_pool_report_alloc (self, result, n_blocks, error);
  return FALSE;
}

/**
 * fsmm_pool_trim:
 * @self: a pool
 *
 * Returns memory to the system that no live block needs: chunks without one, and of the others each
 * page in which no live block lies.
 *
 * A pool does not do this by itself, so that emptying and refilling it is fast: a
 * [class@Fsmm.Trimmer] does it for all pools. What [method@Fsmm.Pool.free_all] has kept is returned as
 * well. The system may refuse to take pages of a chunk that is still needed, as it does if they are
 * locked in memory. With `FSMM_DEBUG`, and if the program is watched by a tool, only chunks are
 * returned.
 *
 * Returns: the number of bytes by which [property@Fsmm.Pool:reserved-bytes] has decreased
 *
 * Since: 1.0
 */
gsize
fsmm_pool_trim (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  fsmm_handle_memory_trim ();

  return fsmm_heap_trim (&self->store);
}

/**
 * fsmm_pool_is_allocated: (skip)
 * @self: a pool
 * @block: (nullable): any address; it is not dereferenced
 *
 * Checks whether @block is the start of a currently allocated block of this pool.
 *
 * Returns: %TRUE if so, even if the block belongs to a handle
 *
 * Since: 1.0
 */
gboolean
fsmm_pool_is_allocated (FsmmPool *self, gconstpointer block)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), FALSE);

  return fsmm_heap_is_out (&self->store, block);
}

/**
 * fsmm_pool_foreach: (skip)
 * @self: a pool
 * @func: (scope call): the function to call for each block
 * @user_data: data to pass to @func
 *
 * Calls a function for each live block.
 *
 * ```c
 * static void
 * add_number (gpointer block, gpointer user_data)
 * {
 *   double *sum = user_data;
 *
 *   *sum += *(double *) block;
 * }
 *
 * static double
 * sum_up (FsmmPool *numbers)
 * {
 *   double sum = 0;
 *
 *   fsmm_pool_foreach (numbers, add_number, &sum);
 *   return sum;
 * }
 * ```
 *
 * No lock is held while @func runs: it may use the pool in any way, and so may other threads. Each
 * block is live at the moment it is passed to @func, and is passed once; blocks that are taken
 * meanwhile may or may not be passed.
 *
 * Since: 1.0
 */
void
fsmm_pool_foreach (FsmmPool *self, FsmmBlockFunc func, gpointer user_data)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;
  FsmmHeapWalk walk;
  gpointer block;

  g_return_if_fail (FSMM_IS_POOL (self));
  g_return_if_fail (func != NULL);

  fsmm_user_call_begin (self, frame);

  fsmm_heap_walk_begin (&walk, &self->store);
  while ((block = fsmm_heap_walk_next (&walk)) != NULL)
    func (block, user_data);

  fsmm_user_call_end (frame);
}
