/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-lease.h"

#include "fsmm-error.h"
#include "objects/fsmm-object-pool-private.h"
#include "pool/fsmm-handle-private.h"

struct _FsmmLease {
  gatomicrefcount ref_count;
  FsmmObjectPool *pool;   /* kept alive until the lease has ended */
  FsmmObjectStore *store; /* (owned) */
  FsmmPooled *pooled;     /* (not owned): there for as long as the lease is live */
  GObject *object;        /* (not owned) (nullable) (atomic): whoever makes it NULL ends the lease */
};

FSMM_ASSERT_HANDLE_FITS (FsmmLease);

G_DEFINE_BOXED_TYPE (FsmmLease, fsmm_lease, fsmm_lease_ref, fsmm_lease_unref)

/* NULL if there is no memory. */
FsmmLease *
fsmm_lease_new (FsmmObjectPool *pool, FsmmPooled *pooled)
{
  FsmmLease *self = fsmm_handle_memory_alloc ();

  if (self == NULL)
    return NULL;

  g_atomic_ref_count_init (&self->ref_count);
  fsmm_keepers_add (&pool->keepers);
  self->pool = pool;
  self->store = fsmm_object_store_ref (pool->store);
  self->pooled = pooled;
  self->object = pooled->object;

  return self;
}

/* Returns FALSE if the lease has ended before: otherwise the caller ends it. */
static gboolean
end_lease (FsmmLease *self)
{
  GObject *object = __atomic_exchange_n (&self->object, NULL, __ATOMIC_ACQ_REL);

  return object != NULL;
}

/* Of a lease that has ended. A function of the program may have dropped its last reference since. */
static void
let_pool_go (FsmmObjectPool *pool)
{
  fsmm_keepers_remove (&pool->keepers, pool);
}

/* As above, but if the pool would be finalized, with all that is in it, its context does that. */
static void
let_pool_go_silently (FsmmLease *self)
{
  FsmmObjectStore *store = self->store;

  if (fsmm_keepers_try_remove (&self->pool->keepers))
    return;

  fsmm_lock (&store->lock);
  store->n_keepers++;
  fsmm_object_store_schedule (store, 0);
  fsmm_unlock (&store->lock);
}

/**
 * fsmm_lease_ref: (skip)
 * @self: a lease
 *
 * Adds a reference.
 *
 * Returns: (transfer full): the same lease
 *
 * Since: 1.2
 */
FsmmLease *
fsmm_lease_ref (FsmmLease *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);

  return self;
}

/**
 * fsmm_lease_unref: (skip)
 * @self: (transfer full): a lease
 *
 * Drops a reference. With the last one, the object goes back, if it has not been given back before.
 *
 * No function of the program is called here, and no object is finalized, since this may be done by the
 * collector of another language: if the pool has a reset function, the object is reset later, in the
 * main context in which the pool was made, or when somebody next borrows one.
 *
 * Since: 1.2
 */
void
fsmm_lease_unref (FsmmLease *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  if (end_lease (self))
    {
      fsmm_object_pool_take_back_silently (self->pool, self->pooled);
      let_pool_go_silently (self);
    }
  fsmm_object_store_unref (self->store);
  fsmm_handle_memory_free (self);
}

/**
 * fsmm_lease_get_object:
 * @self: a lease
 *
 * Gets the object that has been lent.
 *
 * Take no reference to it that you keep for longer than the lease: under
 * [enum@Fsmm.Sharing.WAIT], the object would not be lent again before that is dropped.
 *
 * Returns: (transfer none) (nullable): the object, or %NULL if the lease has ended
 *
 * Since: 1.2
 */
GObject *
fsmm_lease_get_object (FsmmLease *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return g_atomic_pointer_get (&self->object);
}

/**
 * fsmm_lease_is_live:
 * @self: a lease
 *
 * Checks whether the lease still has its object.
 *
 * Returns: %FALSE once it was released, discarded or stolen from
 *
 * Since: 1.2
 */
gboolean
fsmm_lease_is_live (FsmmLease *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return g_atomic_pointer_get (&self->object) != NULL;
}

/**
 * fsmm_lease_release:
 * @self: a lease
 * @error: return location for an error
 *
 * Gives the object back now. The reset function of the pool runs in the calling thread.
 *
 * If other code still has a reference to the object, this succeeds as well, and
 * [property@Fsmm.ObjectPool:sharing] says what becomes of it.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the lease has ended already.
 *
 * Returns: %TRUE if the object went back, %FALSE with @error set
 *
 * Since: 1.2
 */
gboolean
fsmm_lease_release (FsmmLease *self, GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return fsmm_lease_release_known (self, 0, error);
}

/**
 * fsmm_lease_release_known:
 * @self: a lease
 * @n_known_refs: how many references to the object the caller has, or knows of, that will not be used
 *   any more
 * @error: return location for an error
 *
 * Gives the object back now, as [method@Fsmm.Lease.release] does, but does not wait until certain
 * references are gone.
 *
 * This is for bindings, whose wrapper of the object has one reference until it is collected. Whoever
 * says a number that is too high makes the pool lend an object that is still in use.
 *
 * Errors: the same as [method@Fsmm.Lease.release].
 *
 * Returns: %TRUE if the object went back, %FALSE with @error set
 *
 * Since: 1.2
 */
gboolean
fsmm_lease_release_known (FsmmLease *self, guint n_known_refs, GError **error)
{
  FsmmObjectPool *pool;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  pool = self->pool;
  if (!end_lease (self))
    {
      fsmm_object_store_set_error (self->store, error, FSMM_ERROR_RELEASED,
                                   "this lease has ended before: its object was released, discarded or "
                                   "stolen; borrow another one");
      return FALSE;
    }

  fsmm_object_pool_take_back (pool, self->pooled, n_known_refs);
  let_pool_go (pool);

  return TRUE;
}

/**
 * fsmm_lease_discard:
 * @self: a lease
 *
 * Ends the lease, and has the pool give the object up, because it cannot be used any more. Whoever
 * waits for one can have another one made in its place.
 *
 * If the lease has ended before, nothing is done.
 *
 * Since: 1.2
 */
void
fsmm_lease_discard (FsmmLease *self)
{
  FsmmObjectPool *pool;

  g_return_if_fail (self != NULL);

  pool = self->pool;
  if (!end_lease (self))
    return;

  fsmm_pooled_drop (self->pooled, FSMM_CALLS_ALLOWED);
  let_pool_go (pool);
}

/**
 * fsmm_lease_steal:
 * @self: a lease
 *
 * Ends the lease, and makes the object the caller's own: the pool knows nothing of it any more.
 *
 * Returns: (transfer full) (nullable): the object, or %NULL if the lease has ended before
 *
 * Since: 1.2
 */
GObject *
fsmm_lease_steal (FsmmLease *self)
{
  GObject *object;

  g_return_val_if_fail (self != NULL, NULL);

  if (!end_lease (self))
    return NULL;

  object = fsmm_pooled_detach (self->pooled);
  fsmm_object_store_remove (self->pooled, FALSE, NULL);
  let_pool_go (self->pool);

  return object;
}
