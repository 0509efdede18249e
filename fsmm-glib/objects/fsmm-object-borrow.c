/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"

#include "fsmm-error.h"

/* Objects go out, and new ones come in. */

/* --- An object for somebody who has been given a place --- */

static gboolean
is_fit (FsmmObjectPool *self, FsmmPooled *pooled)
{
  return !g_atomic_int_get (&pooled->is_disposed) && !fsmm_pooled_is_too_old (pooled) &&
         fsmm_object_pool_check (self, FSMM_HOOK_VALIDATE, pooled);
}

/* Its place is for another one, if those are made by call. */
static gboolean
replace (FsmmObjectPool *self, FsmmPooled *pooled)
{
  FsmmObjectStore *store = self->store;
  GObject *object;

  fsmm_object_pool_update_making (self);
  if (g_atomic_int_get (&store->making) != FSMM_MAKING_BY_CALL)
    {
      fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
      return FALSE;
    }

  object = fsmm_pooled_detach (pooled);
  g_clear_object (&object);
  fsmm_pooled_renew (pooled);
  fsmm_object_store_count (store, &store->n_discarded);
  return TRUE;
}

static FsmmLease *
lend (FsmmObjectPool *self, FsmmPooled *pooled, GError **error)
{
  FsmmObjectStore *store = self->store;
  FsmmLease *lease = fsmm_lease_new (self, pooled);

  if (lease == NULL)
    {
      fsmm_object_store_set_error (store, error, FSMM_ERROR_NO_MEMORY,
                                   "the system has no memory for a lease");
      fsmm_pooled_settle (pooled, 0, FSMM_CALLS_ALLOWED);
      return NULL;
    }

  if (G_UNLIKELY (store->debug & (FSMM_DEBUG_HISTORY | FSMM_DEBUG_OBJECTS)))
    {
      pooled->borrowed = fsmm_stack_capture ();
      pooled->changed_at = g_get_monotonic_time ();
    }
  if (!fsmm_object_store_lend (pooled))
    {
      fsmm_lease_discard (lease);
      fsmm_lease_unref (lease);
      fsmm_object_store_report (store, FSMM_LEND_CLOSED, error);
      return NULL;
    }

  return lease;
}

/* Somebody may listen to ::needs-object by now. */
static gboolean
still_makes_by_call (FsmmObjectPool *self)
{
  if (fsmm_object_pool_has_hook (self, FSMM_HOOK_CREATE))
    return TRUE;

  fsmm_object_pool_update_making (self);
  return g_atomic_int_get (&self->store->making) == FSMM_MAKING_BY_CALL;
}

/* Makes a lease of one that is BUSY for the caller, or of a place. NULL without an error: it was of no
 * use, and no other one could be made in its place. */
FsmmLease *
fsmm_object_pool_finish_loan (FsmmObjectPool *self, FsmmPooled *pooled, GError **error)
{
  if (pooled->object != NULL && !is_fit (self, pooled) && !replace (self, pooled))
    return NULL;

  if (pooled->object == NULL && !still_makes_by_call (self))
    {
      fsmm_object_store_remove (pooled, FALSE, NULL);
      return NULL;
    }

  if (pooled->object == NULL && !fsmm_object_pool_create (self, pooled, error))
    {
      fsmm_object_store_remove (pooled, FALSE, NULL);
      return NULL;
    }

  return lend (self, pooled, error);
}

/* --- Borrowing --- */

static FsmmPooled *
take_after_a_look (FsmmObjectPool *self, FsmmLendResult *result)
{
  fsmm_object_pool_update_making (self);
  fsmm_object_care_for_borrower (self);

  return fsmm_object_store_take (self->store, TRUE, result);
}

/* Borrows one if that can be done at once. NULL without an error: @result says why not. */
FsmmLease *
fsmm_object_pool_try_borrow (FsmmObjectPool *self, FsmmLendResult *result, GError **error)
{
  GError *own_error = NULL;
  FsmmLease *lease;

  do
    {
      FsmmPooled *pooled = fsmm_object_store_take (self->store, FALSE, result);

      if (pooled == NULL && *result == FSMM_LEND_FULL)
        pooled = take_after_a_look (self, result);
      if (pooled == NULL && *result == FSMM_LEND_FULL)
        fsmm_object_store_note_exhausted (self->store);
      if (pooled == NULL)
        return NULL;

      lease = fsmm_object_pool_finish_loan (self, pooled, &own_error);
    }
  while (lease == NULL && own_error == NULL);

  if (own_error != NULL)
    {
      *result = FSMM_LEND_FAILED;
      g_propagate_error (error, own_error);
    }

  return lease;
}

/**
 * fsmm_object_pool_borrow:
 * @self: an object pool
 * @error: return location for an error
 *
 * Borrows an object: one that is idle, or else a new one, if there is room for it. This does not wait:
 * see [method@Fsmm.ObjectPool.borrow_wait] and [method@Fsmm.ObjectPool.borrow_async].
 *
 * The functions to validate and to create an object run in the calling thread.
 *
 * Errors: `FSMM_ERROR_EXHAUSTED` if there is none, `FSMM_ERROR_CLOSED`, `FSMM_ERROR_NO_MEMORY`,
 * `FSMM_ERROR_UNSUPPORTED_TYPE` for a pool of something that is no object, and those of the function
 * that creates objects.
 *
 * Returns: (transfer full): a lease of the object, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmLease *
fsmm_object_pool_borrow (FsmmObjectPool *self, GError **error)
{
  GError *own_error = NULL;
  FsmmLendResult result;
  FsmmLease *lease;

  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (fsmm_object_pool_is_broken (self, error))
    return NULL;

  lease = fsmm_object_pool_try_borrow (self, &result, &own_error);
  if (own_error != NULL)
    g_propagate_error (error, own_error);
  else if (lease == NULL)
    fsmm_object_store_report (self->store, result, error);

  return lease;
}

/* --- Objects that come in --- */

static FsmmPooled *
take_place_to_add (FsmmObjectPool *self, GError **error)
{
  FsmmPooled *pooled;
  gboolean is_closed;

  if (fsmm_object_pool_is_broken (self, error))
    return NULL;

  pooled = fsmm_object_store_answer_with_place (self->store, &is_closed);
  if (pooled == NULL)
    fsmm_object_store_report_no_place (self->store, is_closed, error);

  return pooled;
}

/**
 * fsmm_object_pool_add:
 * @self: an object pool
 * @object: (transfer full): an object of [property@Fsmm.ObjectPool:item-type]
 * @error: return location for an error
 *
 * Adds an object that was made elsewhere, and answers a request that
 * [signal@Fsmm.ObjectPool::needs-object] made, if there is one.
 *
 * The pool takes the reference, also if this fails. Where other code has references to the object, it
 * lingers until they are gone. A floating reference becomes the pool's own. If the object is none that
 * the pool can have, the request has still to be answered.
 *
 * Errors: `FSMM_ERROR_EXHAUSTED` if there are [property@Fsmm.ObjectPool:max-objects],
 * `FSMM_ERROR_UNSUPPORTED_TYPE` for an object of another type, `FSMM_ERROR_INVALID_ARGUMENT` for one
 * that is in a pool already, `FSMM_ERROR_CLOSED`.
 *
 * Returns: %TRUE if it was added, %FALSE with @error set
 *
 * Since: 1.2
 */
gboolean
fsmm_object_pool_add (FsmmObjectPool *self, GObject *object, GError **error)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), FALSE);
  g_return_val_if_fail (G_IS_OBJECT (object), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return fsmm_object_pool_add_known (self, object, 0, error);
}

/**
 * fsmm_object_pool_add_known:
 * @self: an object pool
 * @object: (transfer full): an object of [property@Fsmm.ObjectPool:item-type]
 * @n_known_refs: how many references to the object the caller has, or knows of, that will not be used
 *   any more
 * @error: return location for an error
 *
 * Adds an object that was made elsewhere, as [method@Fsmm.ObjectPool.add] does, but does not wait until
 * certain references are gone: see [method@Fsmm.Lease.release_known].
 *
 * Errors: the same as [method@Fsmm.ObjectPool.add].
 *
 * Returns: %TRUE if it was added, %FALSE with @error set
 *
 * Since: 1.2
 */
gboolean
fsmm_object_pool_add_known (FsmmObjectPool *self,
                            GObject *object,
                            guint n_known_refs,
                            GError **error)
{
  FsmmPooled *pooled;

  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), FALSE);
  g_return_val_if_fail (G_IS_OBJECT (object), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  pooled = take_place_to_add (self, error);
  if (pooled == NULL)
    {
      g_object_unref (object);
      return FALSE;
    }

  if (!fsmm_object_pool_adopt (self, pooled, object, error))
    {
      fsmm_object_store_refuse (pooled);
      return FALSE;
    }

  fsmm_pooled_settle (pooled, n_known_refs, FSMM_CALLS_ALLOWED);
  return TRUE;
}

/**
 * fsmm_object_pool_add_failed:
 * @self: an object pool
 * @error: why no object could be made
 *
 * Answers a request that [signal@Fsmm.ObjectPool::needs-object] made with an error, which whoever has
 * waited for longest gets.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_add_failed (FsmmObjectPool *self, const GError *error)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));
  g_return_if_fail (error != NULL);

  fsmm_object_wait_fail_first (self->store, error);
}

static gboolean
make_idle (FsmmObjectPool *self, FsmmPooled *pooled, GError **error)
{
  if (!fsmm_object_pool_create (self, pooled, error))
    {
      fsmm_object_store_remove (pooled, FALSE, NULL);
      return FALSE;
    }

  /* What the function that made it may have kept is for that to know. */
  if (!fsmm_object_store_put_idle (pooled))
    fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
  return TRUE;
}

static gboolean
can_reserve (FsmmObjectPool *self, guint n_objects, GError **error)
{
  guint max_idle = fsmm_object_pool_get_max_idle (self);

  fsmm_object_pool_update_making (self);
  if (g_atomic_int_get (&self->store->making) != FSMM_MAKING_BY_CALL)
    fsmm_object_store_set_error (self->store, error, FSMM_ERROR_INVALID_ARGUMENT,
                                 "it cannot make objects by itself; set a create function, or add them");
  else if (max_idle > 0 && n_objects > max_idle)
    fsmm_object_store_set_error (self->store, error, FSMM_ERROR_INVALID_ARGUMENT,
                                 "%u objects cannot be idle: max-idle is %u; raise it", n_objects,
                                 max_idle);
  else
    return TRUE;

  return FALSE;
}

/**
 * fsmm_object_pool_reserve:
 * @self: an object pool
 * @n_objects: how many objects are to be idle
 * @error: return location for an error
 *
 * Makes objects until so many are idle, so that they can be borrowed without making one.
 *
 * Errors: `FSMM_ERROR_EXHAUSTED` if there is no room for so many, `FSMM_ERROR_INVALID_ARGUMENT` if
 * objects are only added, or [property@Fsmm.ObjectPool:max-idle] is lower, `FSMM_ERROR_CLOSED`, and
 * those of the function that creates objects. What has been made until then stays.
 *
 * Returns: %TRUE if so many are idle, %FALSE with @error set
 *
 * Since: 1.2
 */
gboolean
fsmm_object_pool_reserve (FsmmObjectPool *self, guint n_objects, GError **error)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (fsmm_object_pool_is_broken (self, error))
    return FALSE;

  /* What can be reserved may change while one is made. */
  while (can_reserve (self, n_objects, error))
    {
      gboolean is_closed;
      FsmmPooled *pooled;

      if (fsmm_object_pool_get_n_idle (self) >= n_objects)
        return TRUE;

      pooled = fsmm_object_store_take_place (self->store, &is_closed);
      if (pooled == NULL)
        {
          fsmm_object_store_report_no_place (self->store, is_closed, error);
          return FALSE;
        }
      if (!make_idle (self, pooled, error))
        return FALSE;
    }

  return FALSE;
}
