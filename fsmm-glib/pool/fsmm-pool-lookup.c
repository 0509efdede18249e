/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-pool-private.h"

/* Calls that take no pool: they find it, or mean all. */

/**
 * fsmm_pool_for_block: (skip)
 * @block: (nullable): any address; it is not dereferenced
 *
 * Finds the pool that a block belongs to.
 *
 * The caller must make sure that the pool is not finalized meanwhile.
 *
 * Returns: (transfer none) (nullable): the pool in which @block is allocated now, or %NULL if
 *   @block is not the start of a live block of any pool
 *
 * Since: 1.0
 */
FsmmPool *
fsmm_pool_for_block (gconstpointer block)
{
  FsmmPool *pool = fsmm_pool_find (block);

  return pool != NULL && fsmm_pool_is_allocated (pool, block) ? pool : NULL;
}

/**
 * fsmm_free: (skip)
 * @block: (nullable): a block of any pool, or %NULL to do nothing
 *
 * Gives a block back to the pool it came from, whichever it is.
 *
 * This is a `GDestroyNotify`, for `g_ptr_array_new_with_free_func ()`, `g_list_free_full ()` and
 * the like. The pool must outlive the container: if both are `g_autoptr` variables, declare the
 * pool first, since they are cleaned up in reverse order.
 *
 * ```c
 * g_autoptr (FsmmPool) pool = fsmm_pool_new (sizeof (double), 0, &error);
 * g_autoptr (GPtrArray) numbers = g_ptr_array_new_with_free_func (fsmm_free);
 * double *number = pool != NULL ? fsmm_pool_alloc0 (pool, &error) : NULL;
 *
 * if (number != NULL)
 *   g_ptr_array_add (numbers, number);
 * ```
 *
 * An instance of a typed pool is cleared first. An invalid pointer is refused, as in
 * [method@Fsmm.Pool.free], and logged as a critical message.
 *
 * Like `free ()`, this keeps `errno`, but for a pointer that is refused, and if the clear function of
 * the type changes it. So do the other calls that give blocks or memory back.
 *
 * Since: 1.0
 */
void
fsmm_free (gpointer block)
{
  GError *misuse = NULL;
  FsmmPool *pool;

  if (block == NULL)
    return;

  pool = fsmm_pool_find (block);
  if (pool == NULL)
    {
      fsmm_pool_report_no_pool ("fsmm_free", NULL, block);
      return;
    }

  if (pool->owner != NULL)
    pool->owner_free (pool->owner, block, &misuse);
  else
    fsmm_pool_free (pool, block, &misuse);

  if (G_UNLIKELY (misuse != NULL))
    fsmm_pool_report_found (pool, "fsmm_free", block, misuse);
}
