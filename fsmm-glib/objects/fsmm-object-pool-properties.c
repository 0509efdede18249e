/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"

/* What a pool is told, and what it tells of itself. */

static guint
get_guint (FsmmObjectPool *self, const guint *number)
{
  guint value;

  fsmm_lock (&self->store->lock);
  value = *number;
  fsmm_unlock (&self->store->lock);

  return value;
}

static guint64
get_guint64 (FsmmObjectPool *self, const guint64 *number)
{
  guint64 value;

  fsmm_lock (&self->store->lock);
  value = *number;
  fsmm_unlock (&self->store->lock);

  return value;
}

/* Those who wait may be served, and those whose time has come may be others. Before the pool is
 * constructed, there are none. */
static void
set_guint (FsmmObjectPool *self, guint *number, guint value, const char *property)
{
  FsmmObjectStore *store = self->store;
  gboolean is_changed;

  fsmm_lock (&store->lock);
  is_changed = *number != value;
  g_atomic_int_set (number, value);
  if (is_changed && store->care != NULL)
    fsmm_object_store_schedule (store, 0);
  fsmm_object_store_unlock (store);

  if (is_changed)
    g_object_notify (G_OBJECT (self), property);
}

/**
 * fsmm_object_pool_get_name: (get-property name)
 * @self: an object pool
 *
 * Gets the name that messages use for the pool.
 *
 * Returns: (transfer none) (nullable): a name, or %NULL
 *
 * Since: 1.2
 */
const char *
fsmm_object_pool_get_name (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), NULL);

  return self->store->name;
}

/**
 * fsmm_object_pool_get_item_type: (get-property item-type)
 * @self: an object pool
 *
 * Gets the class or interface of the objects.
 *
 * Returns: a type
 *
 * Since: 1.2
 */
GType
fsmm_object_pool_get_item_type (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), G_TYPE_INVALID);

  return self->store->item_type;
}

/**
 * fsmm_object_pool_set_max_objects: (set-property max-objects)
 * @self: an object pool
 * @max_objects: a number of objects, or 0 for no limit
 *
 * Sets how many objects there can be at a time. If it is raised, as many of those that wait get an
 * object as there is room for. If it is lowered, objects that are idle are dropped at once, in the
 * calling thread.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_max_objects (FsmmObjectPool *self, guint max_objects)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_guint (self, &self->store->max_objects, max_objects, "max-objects");
  fsmm_object_store_drop_surplus (self->store);
}

/**
 * fsmm_object_pool_get_max_objects: (get-property max-objects)
 * @self: an object pool
 *
 * Gets how many objects there can be at a time.
 *
 * Returns: a number of objects, or 0 for no limit
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_max_objects (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->max_objects);
}

/**
 * fsmm_object_pool_set_max_idle: (set-property max-idle)
 * @self: an object pool
 * @max_idle: a number of objects, or 0 for no limit
 *
 * Sets how many objects are kept while nobody uses them. If it is lowered, others are dropped at once,
 * in the calling thread.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_max_idle (FsmmObjectPool *self, guint max_idle)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_guint (self, &self->store->max_idle, max_idle, "max-idle");
  if (max_idle > 0)
    fsmm_object_store_drop_idle (self->store, max_idle);
}

/**
 * fsmm_object_pool_get_max_idle: (get-property max-idle)
 * @self: an object pool
 *
 * Gets how many objects are kept while nobody uses them.
 *
 * Returns: a number of objects, or 0 for no limit
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_max_idle (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->max_idle);
}

/**
 * fsmm_object_pool_set_min_idle: (set-property min-idle)
 * @self: an object pool
 * @min_idle: a number of objects
 *
 * Sets how many idle objects are left alone when others are dropped.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_min_idle (FsmmObjectPool *self, guint min_idle)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_guint (self, &self->store->min_idle, min_idle, "min-idle");
}

/**
 * fsmm_object_pool_get_min_idle: (get-property min-idle)
 * @self: an object pool
 *
 * Gets how many idle objects are left alone when others are dropped.
 *
 * Returns: a number of objects
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_min_idle (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->min_idle);
}

/**
 * fsmm_object_pool_set_idle_timeout: (set-property idle-timeout)
 * @self: an object pool
 * @idle_timeout: a number of milliseconds, or 0 for ever
 *
 * Sets for how long an object is kept that nobody uses. For those that are idle now, the time begins
 * again.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_idle_timeout (FsmmObjectPool *self, guint idle_timeout)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  fsmm_object_store_restart_idle_times (self->store);
  set_guint (self, &self->store->idle_timeout, idle_timeout, "idle-timeout");
}

/**
 * fsmm_object_pool_get_idle_timeout: (get-property idle-timeout)
 * @self: an object pool
 *
 * Gets for how long an object is kept that nobody uses.
 *
 * Returns: a number of milliseconds, or 0 for ever
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_idle_timeout (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->idle_timeout);
}

/**
 * fsmm_object_pool_set_max_age: (set-property max-age)
 * @self: an object pool
 * @max_age: a number of milliseconds, or 0 for never
 *
 * Sets after what time an object is not lent again.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_max_age (FsmmObjectPool *self, guint max_age)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_guint (self, &self->store->max_age, max_age, "max-age");
}

/**
 * fsmm_object_pool_get_max_age: (get-property max-age)
 * @self: an object pool
 *
 * Gets after what time an object is not lent again.
 *
 * Returns: a number of milliseconds, or 0 for never
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_max_age (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->max_age);
}

/**
 * fsmm_object_pool_set_sharing: (set-property sharing)
 * @self: an object pool
 * @sharing: what becomes of an object that others still have
 *
 * Sets what becomes of an object that comes back while other code still holds a reference to it.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_sharing (FsmmObjectPool *self, FsmmSharing sharing)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));
  g_return_if_fail (sharing >= FSMM_SHARING_WAIT && sharing <= FSMM_SHARING_IGNORE);

  set_guint (self, &self->store->sharing, sharing, "sharing");
}

/**
 * fsmm_object_pool_get_sharing: (get-property sharing)
 * @self: an object pool
 *
 * Gets what becomes of an object that comes back while other code still holds a reference to it.
 *
 * Returns: what becomes of it
 *
 * Since: 1.2
 */
FsmmSharing
fsmm_object_pool_get_sharing (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), FSMM_SHARING_WAIT);

  return get_guint (self, &self->store->sharing);
}

/* --- Numbers, which may be outdated --- */

/**
 * fsmm_object_pool_get_n_lent: (get-property n-lent)
 * @self: an object pool
 *
 * Gets how many objects are lent.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_n_lent (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->n_lent);
}

/**
 * fsmm_object_pool_get_n_idle: (get-property n-idle)
 * @self: an object pool
 *
 * Gets how many objects nobody uses.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_n_idle (FsmmObjectPool *self)
{
  guint n_idle;

  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  fsmm_lock (&self->store->lock);
  n_idle = fsmm_object_store_count_idle (self->store);
  fsmm_unlock (&self->store->lock);

  return n_idle;
}

/**
 * fsmm_object_pool_get_n_lingering: (get-property n-lingering)
 * @self: an object pool
 *
 * Gets how many objects have come back, but are still referenced by other code.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_n_lingering (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->lingering.length);
}

/**
 * fsmm_object_pool_get_n_waiting: (get-property n-waiting)
 * @self: an object pool
 *
 * Gets how many threads and requests wait for an object.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint
fsmm_object_pool_get_n_waiting (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint (self, &self->store->waiters.queue.length);
}

/**
 * fsmm_object_pool_get_n_created: (get-property n-created)
 * @self: an object pool
 *
 * Gets how many objects the pool has made.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint64
fsmm_object_pool_get_n_created (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint64 (self, &self->store->n_created);
}

/**
 * fsmm_object_pool_get_n_reused: (get-property n-reused)
 * @self: an object pool
 *
 * Gets how often an object was lent that had been lent before.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint64
fsmm_object_pool_get_n_reused (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint64 (self, &self->store->n_reused);
}

/**
 * fsmm_object_pool_get_n_discarded: (get-property n-discarded)
 * @self: an object pool
 *
 * Gets how many objects the pool has given up.
 *
 * Returns: a number, which may be outdated
 *
 * Since: 1.2
 */
guint64
fsmm_object_pool_get_n_discarded (FsmmObjectPool *self)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), 0);

  return get_guint64 (self, &self->store->n_discarded);
}
