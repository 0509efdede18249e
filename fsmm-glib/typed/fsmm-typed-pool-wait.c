/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-typed-pool-wait.h"

#include "engine/heap/fsmm-heap-tell.h"
#include "fsmm-pool-wait.h"
#include "pool/fsmm-request-private.h"
#include "typed/fsmm-box-private.h"

/* Calls that wait until an instance can be made. */

/* --- A thread that sleeps --- */

static gpointer
construct_wait (FsmmTypedPool *self, gint64 timeout_us, GCancellable *cancellable, GError **error)
{
  const FsmmPatience patience = { "fsmm_typed_pool_construct_wait", timeout_us, FALSE, cancellable,
                                  NULL };
  gpointer instance;
  gsize epoch;

  /* Whoever has the last reference may drop it while this sleeps. */
  g_object_ref (self);
  instance = fsmm_typed_pool_make (self, NULL, FSMM_STATE_LIVE, &patience, &epoch, error);
  g_object_unref (self);

  return instance;
}

static FSMM_HEAP_TELLER gpointer
fsmm_typed_pool_construct_wait_told (FsmmTypedPool *self,
                                     gint64 timeout_us,
                                     GCancellable *cancellable,
                                     GError **error)
{
  gpointer instance = construct_wait (self, timeout_us, cancellable, error);

  FSMM_HEAP_TELL (1, &instance);

  return instance;
}

/**
 * fsmm_typed_pool_construct_wait: (skip)
 * @self: a typed pool
 * @timeout_us: for how long to wait at most, in microseconds; -1 for ever, 0 not at all
 * @cancellable: (nullable): for another thread to end the wait, or %NULL
 * @error: return location for an error
 *
 * Creates a new instance as [method@Fsmm.TypedPool.construct] does, and sleeps until there is room for
 * it if [property@Fsmm.TypedPool:max-blocks] instances are live.
 *
 * The init function of the type is called in this thread, when there is room. For all else, see
 * [method@Fsmm.Pool.alloc_wait].
 *
 * Errors: those of [method@Fsmm.Pool.alloc_wait], and `FSMM_ERROR_RELEASED` as for
 * [method@Fsmm.TypedPool.construct].
 *
 * Returns: (transfer full) (nullable): an instance, for [method@Fsmm.TypedPool.destroy], or %NULL
 *   with @error set
 *
 * Since: 1.2
 */
gpointer
fsmm_typed_pool_construct_wait (FsmmTypedPool *self,
                                gint64 timeout_us,
                                GCancellable *cancellable,
                                GError **error)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return FSMM_HEAP_IS_TOLD_OF
             ? fsmm_typed_pool_construct_wait_told (self, timeout_us, cancellable, error)
             : construct_wait (self, timeout_us, cancellable, error);
}

static FsmmBox *
alloc_wait (FsmmTypedPool *self, gint64 timeout_us, GCancellable *cancellable, GError **error)
{
  const FsmmPatience patience = { "fsmm_typed_pool_alloc_wait", timeout_us, FALSE, cancellable,
                                  NULL };
  FsmmBox *box;

  g_object_ref (self);
  box = fsmm_box_make (self, NULL, &patience, error);
  g_object_unref (self);

  return box;
}

static FSMM_HEAP_TELLER FsmmBox *
fsmm_typed_pool_alloc_wait_told (FsmmTypedPool *self,
                                 gint64 timeout_us,
                                 GCancellable *cancellable,
                                 GError **error)
{
  FsmmBox *box = alloc_wait (self, timeout_us, cancellable, error);
  const gpointer blocks[] = { box, box != NULL ? box->handle.data : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return box;
}

/**
 * fsmm_typed_pool_alloc_wait:
 * @self: a typed pool
 * @timeout_us: for how long to wait at most, in microseconds; -1 for ever, 0 not at all
 * @cancellable: (nullable): for another thread to end the wait, or %NULL
 * @error: return location for an error
 *
 * Creates a new instance and returns a box that owns it, and sleeps until there is room for it if
 * [property@Fsmm.TypedPool:max-blocks] instances are live.
 *
 * In all else, this is [method@Fsmm.TypedPool.construct_wait], with the same errors.
 *
 * Returns: (transfer full): a box, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmBox *
fsmm_typed_pool_alloc_wait (FsmmTypedPool *self,
                            gint64 timeout_us,
                            GCancellable *cancellable,
                            GError **error)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return FSMM_HEAP_IS_TOLD_OF
             ? fsmm_typed_pool_alloc_wait_told (self, timeout_us, cancellable, error)
             : alloc_wait (self, timeout_us, cancellable, error);
}

/* --- Not sleeping --- */

static gpointer
make_box (gpointer owner, const FsmmPatience *patience, GError **error)
{
  return fsmm_box_make (owner, NULL, patience, error);
}

static const FsmmRequestKind box_request = {
  .call = "fsmm_typed_pool_alloc_async",
  .make = make_box,
  .discard = (GDestroyNotify) fsmm_box_unref,
};

/**
 * fsmm_typed_pool_alloc_async:
 * @self: a typed pool
 * @io_priority: the priority of the request, such as `G_PRIORITY_DEFAULT`: who asks with a lower
 *   number is served first, and a thread that sleeps has `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): to end the wait, or %NULL
 * @callback: (scope async) (closure user_data) (nullable): to be called when there is an instance,
 *   or an error; %NULL to leave it alone
 * @user_data: (nullable): for @callback, or %NULL
 *
 * Asks for a new instance, without sleeping until there is room for it.
 *
 * The init function of the type and @callback are called in the thread-default main context of the
 * thread that asks. For all else, see [method@Fsmm.Pool.acquire_async].
 *
 * Since: 1.2
 */
void
fsmm_typed_pool_alloc_async (FsmmTypedPool *self,
                             int io_priority,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_return_if_fail (FSMM_IS_TYPED_POOL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  fsmm_request_start (&box_request, G_OBJECT (self), self->pool, fsmm_typed_pool_alloc_async,
                      io_priority, cancellable, callback, user_data);
}

static FSMM_HEAP_TELLER FsmmBox *
fsmm_typed_pool_alloc_finish_told (GTask *task, GError **error)
{
  FsmmBox *box = g_task_propagate_pointer (task, error);
  const gpointer blocks[] = { box, box != NULL ? box->handle.data : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return box;
}

/**
 * fsmm_typed_pool_alloc_finish:
 * @self: a typed pool
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Fsmm.TypedPool.alloc_async]. If this is never called, the instance is destroyed.
 *
 * Errors: those of [method@Fsmm.TypedPool.construct_wait], but for `FSMM_ERROR_TIMED_OUT`.
 *
 * Returns: (transfer full): a box, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmBox *
fsmm_typed_pool_alloc_finish (FsmmTypedPool *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, fsmm_typed_pool_alloc_async), NULL);

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_typed_pool_alloc_finish_told (G_TASK (result), error)
                              : g_task_propagate_pointer (G_TASK (result), error);
}

/* --- For all that wait --- */

/**
 * fsmm_typed_pool_set_flushing: (set-property flushing)
 * @self: a typed pool
 * @flushing: whether nobody may wait
 *
 * Ends all waits, and lets none begin until it is unset: see [method@Fsmm.Pool.set_flushing].
 *
 * Since: 1.2
 */
void
fsmm_typed_pool_set_flushing (FsmmTypedPool *self, gboolean flushing)
{
  g_return_if_fail (FSMM_IS_TYPED_POOL (self));

  if (fsmm_pool_get_flushing (self->pool) == (flushing != FALSE))
    return;

  fsmm_pool_set_flushing (self->pool, flushing);
  g_object_notify (G_OBJECT (self), "flushing");
}

/**
 * fsmm_typed_pool_get_flushing: (get-property flushing)
 * @self: a typed pool
 *
 * Gets whether all calls that can wait fail.
 *
 * Returns: whether nobody may wait
 *
 * Since: 1.2
 */
gboolean
fsmm_typed_pool_get_flushing (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), FALSE);

  return fsmm_pool_get_flushing (self->pool);
}

/**
 * fsmm_typed_pool_set_max_blocks: (set-property max-blocks)
 * @self: a typed pool
 * @max_blocks: the maximum number of instances that can be live at a time, or 0 for no limit
 *
 * Sets the limit: see [method@Fsmm.Pool.set_max_blocks].
 *
 * Since: 1.2
 */
void
fsmm_typed_pool_set_max_blocks (FsmmTypedPool *self, gsize max_blocks)
{
  g_return_if_fail (FSMM_IS_TYPED_POOL (self));

  if (fsmm_pool_get_max_blocks (self->pool) == max_blocks)
    return;

  fsmm_pool_set_max_blocks (self->pool, max_blocks);
  g_object_notify (G_OBJECT (self), "max-blocks");
}

/**
 * fsmm_typed_pool_get_n_waiting: (get-property n-waiting)
 * @self: a typed pool
 *
 * Gets how many threads and requests wait for an instance.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint
fsmm_typed_pool_get_n_waiting (FsmmTypedPool *self)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), 0);

  return fsmm_pool_get_n_waiting (self->pool);
}
