/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-pool-wait.h"

#include "engine/heap/fsmm-heap-tell.h"
#include "pool/fsmm-handle-private.h"
#include "pool/fsmm-patience-private.h"
#include "pool/fsmm-request-private.h"

/* Calls that wait until a block can be taken. */

#define RETURN_VAL_IF_NO_POOL_IN(call, self, value)                                                \
  FSMM_RETURN_VAL_IF_FAIL_IN (call, fsmm_pool_has_class (self), "FSMM_IS_POOL (self)", value)

/* --- A thread that sleeps --- */

static G_GNUC_NO_INLINE gpointer
alloc_wait_slow (FsmmPool *self, gint64 timeout_us, GCancellable *cancellable, GError **error)
{
  const FsmmPatience patience = { "fsmm_pool_alloc_wait", timeout_us, FALSE, cancellable, NULL };
  FsmmClaim claim;

  RETURN_VAL_IF_NO_POOL_IN ("fsmm_pool_alloc_wait", self, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (fsmm_pool_refuses_raw_blocks (self, "fsmm_pool_alloc_wait", error))
    return NULL;

  return fsmm_pool_take (self, FSMM_STATE_LIVE, (FsmmFill) { 0, NULL }, &patience, &claim, error)
             ? claim.block
             : NULL;
}

static FSMM_HEAP_TELLER gpointer
fsmm_pool_alloc_wait_told (FsmmPool *self,
                           gint64 timeout_us,
                           GCancellable *cancellable,
                           GError **error)
{
  gpointer block = alloc_wait_slow (self, timeout_us, cancellable, error);

  FSMM_HEAP_TELL (1, &block);

  return block;
}

/* Apart from what goes before, for which no register must be saved. */
static G_GNUC_NO_INLINE gpointer
alloc_wait_by_call (FsmmPool *self, gint64 timeout_us, GCancellable *cancellable, GError **error)
{
  return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_alloc_wait_told (self, timeout_us, cancellable, error)
                              : alloc_wait_slow (self, timeout_us, cancellable, error);
}

/**
 * fsmm_pool_alloc_wait: (skip)
 * @self: a pool
 * @timeout_us: for how long to wait at most, in microseconds; -1 for ever, 0 not at all
 * @cancellable: (nullable): for another thread to end the wait, or %NULL
 * @error: return location for an error
 *
 * Takes a block, and sleeps until there is one if [property@Fsmm.Pool:max-blocks] blocks are live.
 * Its bytes are not initialized.
 *
 * Threads are served in the order in which they came, but one that comes may be faster than one
 * that has just been woken; nobody overtakes a thread that has waited for a millisecond. A block that
 * is freed, a limit that is raised and [method@Fsmm.Pool.free_all] wake as many as there is room for.
 * If the system has no memory, this waits as well, as long as any block is live.
 *
 * A pool whose blocks are all held by those who wait for another one stays full for ever: give a
 * timeout where you are not sure. With a main loop in this thread, use
 * [method@Fsmm.Pool.acquire_async].
 *
 * Errors: `FSMM_ERROR_TIMED_OUT`, `FSMM_ERROR_CLOSED` if the pool is flushing,
 * `G_IO_ERROR_CANCELLED`, `FSMM_ERROR_NO_MEMORY` if no block is live that could be waited for.
 *
 * Returns: (transfer full) (nullable): a block, for [method@Fsmm.Pool.free], or %NULL with @error
 *   set
 *
 * Since: 1.2
 */
gpointer
fsmm_pool_alloc_wait (FsmmPool *self, gint64 timeout_us, GCancellable *cancellable, GError **error)
{
  FsmmCache *cache = G_LIKELY (cancellable == NULL) ? fsmm_cache_enter_fast (self) : NULL;
  gpointer block;

  if (G_UNLIKELY (cache == NULL))
    return alloc_wait_by_call (self, timeout_us, cancellable, error);
  if (G_UNLIKELY (cache->front.bits == 0))
    {
      fsmm_reader_leave ();
      return alloc_wait_by_call (self, timeout_us, cancellable, error);
    }

  block = fsmm_cache_pop (cache, FSMM_STATE_LIVE, (FsmmFill) { 0, NULL }).block;
  fsmm_reader_leave ();

  return block;
}

static FsmmBlock *
acquire_wait (FsmmPool *self, gint64 timeout_us, GCancellable *cancellable, GError **error)
{
  const FsmmPatience patience = { "fsmm_pool_acquire_wait", timeout_us, FALSE, cancellable, NULL };

  return fsmm_pool_make_handle (self, &patience, error);
}

static FSMM_HEAP_TELLER FsmmBlock *
fsmm_pool_acquire_wait_told (FsmmPool *self,
                             gint64 timeout_us,
                             GCancellable *cancellable,
                             GError **error)
{
  FsmmBlock *handle = acquire_wait (self, timeout_us, cancellable, error);
  const gpointer blocks[] = { handle, handle != NULL ? fsmm_block_get_address (handle) : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return handle;
}

/**
 * fsmm_pool_acquire_wait:
 * @self: a pool
 * @timeout_us: for how long to wait at most, in microseconds; -1 for ever, 0 not at all
 * @cancellable: (nullable): for another thread to end the wait, or %NULL
 * @error: return location for an error
 *
 * Takes a block whose bytes are all 0 and returns an owning handle to it, and sleeps until there is
 * one if [property@Fsmm.Pool:max-blocks] blocks are live.
 *
 * In all else, this is [method@Fsmm.Pool.alloc_wait], with the same errors.
 *
 * Returns: (transfer full): a handle, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmBlock *
fsmm_pool_acquire_wait (FsmmPool *self,
                        gint64 timeout_us,
                        GCancellable *cancellable,
                        GError **error)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (fsmm_pool_refuses_raw_blocks (self, G_STRFUNC, error))
    return NULL;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_acquire_wait_told (self, timeout_us, cancellable, error)
                              : acquire_wait (self, timeout_us, cancellable, error);
}

/* --- Not sleeping --- */

static gpointer
make_handle (gpointer owner, const FsmmPatience *patience, GError **error)
{
  return fsmm_pool_make_handle (owner, patience, error);
}

static const FsmmRequestKind handle_request = {
  .call = "fsmm_pool_acquire_async",
  .make = make_handle,
  .discard = (GDestroyNotify) fsmm_block_unref,
};

/**
 * fsmm_pool_acquire_async:
 * @self: a pool
 * @io_priority: the priority of the request, such as `G_PRIORITY_DEFAULT`: who asks with a lower
 *   number is served first, and a thread that sleeps has `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): to end the wait, or %NULL
 * @callback: (scope async) (closure user_data) (nullable): to be called when there is a block, or an
 *   error; %NULL to leave the block alone
 * @user_data: (nullable): for @callback, or %NULL
 *
 * Asks for a block whose bytes are all 0, without sleeping until there is one.
 *
 * @callback is called in the thread-default main context of the thread that asks, never by whoever
 * frees a block, and never before this returns. A block that is handed to a request which was cancelled,
 * or whose main context has ended, goes to the next one, or back. The request keeps the pool alive.
 *
 * Since: 1.2
 */
void
fsmm_pool_acquire_async (FsmmPool *self,
                         int io_priority,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  GError *error = NULL;

  g_return_if_fail (FSMM_IS_POOL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  if (fsmm_pool_refuses_raw_blocks (self, G_STRFUNC, &error))
    g_task_report_error (self, callback, user_data, fsmm_pool_acquire_async, error);
  else
    fsmm_request_start (&handle_request, G_OBJECT (self), self, fsmm_pool_acquire_async, io_priority,
                        cancellable, callback, user_data);
}

static FSMM_HEAP_TELLER FsmmBlock *
fsmm_pool_acquire_finish_told (GTask *task, GError **error)
{
  FsmmBlock *handle = g_task_propagate_pointer (task, error);
  const gpointer blocks[] = { handle, handle != NULL ? fsmm_block_get_address (handle) : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return handle;
}

/**
 * fsmm_pool_acquire_finish:
 * @self: a pool
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Fsmm.Pool.acquire_async]. If this is never called, the block goes back.
 *
 * Errors: those of [method@Fsmm.Pool.alloc_wait], but for `FSMM_ERROR_TIMED_OUT`.
 *
 * Returns: (transfer full): a handle, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmBlock *
fsmm_pool_acquire_finish (FsmmPool *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, fsmm_pool_acquire_async), NULL);

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_pool_acquire_finish_told (G_TASK (result), error)
                              : g_task_propagate_pointer (G_TASK (result), error);
}

/* --- For all that wait --- */

/**
 * fsmm_pool_set_flushing: (set-property flushing)
 * @self: a pool
 * @flushing: whether nobody may wait
 *
 * Ends all waits, and lets none begin until it is unset: every call that can wait, or is waiting, fails
 * with `FSMM_ERROR_CLOSED`, also if there is room. What does not wait works as before.
 *
 * Use it to shut down a pipeline, whose threads may sleep until there is a block.
 *
 * Since: 1.2
 */
void
fsmm_pool_set_flushing (FsmmPool *self, gboolean flushing)
{
  g_return_if_fail (FSMM_IS_POOL (self));

  flushing = flushing != FALSE;
  if (fsmm_heap_set_closed (&self->store, flushing))
    g_object_notify (G_OBJECT (self), "flushing");
}

/**
 * fsmm_pool_get_flushing: (get-property flushing)
 * @self: a pool
 *
 * Gets whether all calls that can wait fail.
 *
 * Returns: whether nobody may wait
 *
 * Since: 1.2
 */
gboolean
fsmm_pool_get_flushing (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), FALSE);

  return fsmm_heap_is_closed (&self->store);
}

/* Two threads may set it at once: the store gets what the property is in the end. */
static void
apply_limit (FsmmPool *self)
{
  guint64 max_blocks;

  do
    {
      max_blocks = fsmm_pool_get_limit (self);
      fsmm_heap_set_max_blocks (&self->store, fsmm_pool_limit_of_store (max_blocks));
    }
  while (max_blocks != fsmm_pool_get_limit (self));
}

/**
 * fsmm_pool_set_max_blocks: (set-property max-blocks)
 * @self: a pool
 * @max_blocks: the maximum number of blocks that can be live at a time, or 0 for no limit
 *
 * Sets the limit. If it is raised, as many of those that wait get a block as there is room for. If
 * more blocks are live than the new limit allows, they stay, and none is handed out until so many
 * have been freed.
 *
 * Since: 1.2
 */
void
fsmm_pool_set_max_blocks (FsmmPool *self, gsize max_blocks)
{
  g_return_if_fail (FSMM_IS_POOL (self));

  if (__atomic_exchange_n (&self->max_blocks, max_blocks, __ATOMIC_RELAXED) == max_blocks)
    return;

  /* A pool that is broken hands out nothing, whatever its limit. */
  if (!fsmm_pool_is_broken (self))
    apply_limit (self);
  g_object_notify (G_OBJECT (self), "max-blocks");
}

/**
 * fsmm_pool_get_n_waiting: (get-property n-waiting)
 * @self: a pool
 *
 * Gets how many threads and requests wait for a block.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint
fsmm_pool_get_n_waiting (FsmmPool *self)
{
  g_return_val_if_fail (FSMM_IS_POOL (self), 0);

  return fsmm_heap_count_waiting (&self->store);
}
