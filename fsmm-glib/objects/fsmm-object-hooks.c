/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"

#include "fsmm-error.h"
#include "objects/fsmm-object-snapshot.h"

/* --- Functions of the program --- */

static void
hook_unref (FsmmHook *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  if (self->destroy != NULL)
    self->destroy (self->data);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FsmmHook, hook_unref)

/* Returns: (transfer full) (nullable) */
static FsmmHook *
dup_hook (FsmmObjectPool *self, FsmmHookKind kind)
{
  FsmmHook *hook;

  if (!fsmm_object_pool_has_hook (self, kind))
    return NULL;

  fsmm_lock (&self->store->lock);
  hook = self->hooks[kind];
  if (hook != NULL)
    g_atomic_int_inc (&hook->ref_count);
  fsmm_unlock (&self->store->lock);

  return hook;
}

static void
replace_hook (FsmmObjectPool *self, FsmmHookKind kind, FsmmHook *hook)
{
  FsmmHook *old;

  fsmm_lock (&self->store->lock);
  old = g_atomic_pointer_get (&self->hooks[kind]);
  g_atomic_pointer_set (&self->hooks[kind], hook);
  fsmm_unlock (&self->store->lock);

  if (old != NULL)
    hook_unref (old);
}

/* @func NULL: none. */
static void
set_hook (FsmmObjectPool *self,
          FsmmHookKind kind,
          GCallback func,
          gpointer data,
          GDestroyNotify destroy)
{
  FsmmHook *hook = g_new0 (FsmmHook, 1);

  *hook = (FsmmHook) { 1, func, data, destroy };
  replace_hook (self, kind, func != NULL ? hook : NULL);
  if (func == NULL)
    hook_unref (hook);
  if (kind == FSMM_HOOK_CREATE)
    fsmm_object_pool_update_making (self);
}

void
fsmm_object_pool_clear_hooks (FsmmObjectPool *self)
{
  for (guint i = 0; i < FSMM_N_HOOKS; i++)
    replace_hook (self, i, NULL);
}

/**
 * fsmm_object_pool_set_create_func:
 * @self: an object pool
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): the function, or %NULL for
 *   none
 * @user_data: (nullable): data to pass to @func, or %NULL
 * @destroy: (nullable): to be called with @user_data when the function is not needed any more, or %NULL
 *
 * Sets the function that makes objects. It is called by whoever needs one, in that thread, where an
 * object is borrowed or reserved.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_create_func (FsmmObjectPool *self,
                                  FsmmObjectCreateFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_hook (self, FSMM_HOOK_CREATE, (GCallback) func, user_data, destroy);
}

/**
 * fsmm_object_pool_set_reset_func:
 * @self: an object pool
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): the function, or %NULL for
 *   none
 * @user_data: (nullable): data to pass to @func, or %NULL
 * @destroy: (nullable): to be called with @user_data when the function is not needed any more, or %NULL
 *
 * Sets the function that prepares an object which has come back, once for each lease: in the thread that
 * releases the lease, or in the pool's main context, or when somebody next borrows one, if its last
 * reference was dropped. It is called before the pool looks whether other code has references to the
 * object.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_reset_func (FsmmObjectPool *self,
                                 FsmmObjectCheckFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_hook (self, FSMM_HOOK_RESET, (GCallback) func, user_data, destroy);
}

/**
 * fsmm_object_pool_set_validate_func:
 * @self: an object pool
 * @func: (scope notified) (closure user_data) (destroy destroy) (nullable): the function, or %NULL for
 *   none
 * @user_data: (nullable): data to pass to @func, or %NULL
 * @destroy: (nullable): to be called with @user_data when the function is not needed any more, or %NULL
 *
 * Sets the function that checks an object before it is lent again, as whether a connection is still
 * there. It is called in the thread that borrows. If it returns %FALSE, another object takes the place.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_set_validate_func (FsmmObjectPool *self,
                                    FsmmObjectCheckFunc func,
                                    gpointer user_data,
                                    GDestroyNotify destroy)
{
  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));

  set_hook (self, FSMM_HOOK_VALIDATE, (GCallback) func, user_data, destroy);
}

/* --- Making objects --- */

static gboolean
can_make_by_type (GType type)
{
  return G_TYPE_IS_OBJECT (type) && !G_TYPE_IS_ABSTRACT (type) &&
         (g_type_is_a (type, G_TYPE_INITABLE) || !g_type_is_a (type, G_TYPE_ASYNC_INITABLE));
}

static FsmmMaking
find_making (FsmmObjectPool *self)
{
  if (fsmm_object_pool_has_hook (self, FSMM_HOOK_CREATE))
    return FSMM_MAKING_BY_CALL;
  if (fsmm_object_pool_has_handlers (self))
    return FSMM_MAKING_BY_SIGNAL;

  return can_make_by_type (self->store->item_type) ? FSMM_MAKING_BY_CALL : FSMM_MAKING_NONE;
}

/* To be called before somebody waits, or is asked to make one: handlers come and go without a word. It
 * is found out with the lock, so that what has changed since is not undone; GLib has a lock of its own for
 * handlers, with which it calls nobody. */
void
fsmm_object_pool_update_making (FsmmObjectPool *self)
{
  FsmmObjectStore *store = self->store;

  fsmm_lock (&store->lock);
  g_atomic_int_set (&store->making, find_making (self));
  /* Nobody is left who would answer. */
  if (store->making != FSMM_MAKING_BY_SIGNAL)
    store->n_pending = 0;
  fsmm_object_store_unlock (store);
}

/* A class whose objects are floating at first may have sunk this one as it was made, as those of
 * windows and of scripts do: then that reference is its own. */
static GObject *
make_by_type (GType type, GError **error)
{
  GObject *object = g_type_is_a (type, G_TYPE_INITABLE) ? g_initable_new (type, NULL, error, NULL)
                                                        : g_object_new (type, NULL);

  if (object != NULL && G_IS_INITIALLY_UNOWNED (object))
    g_object_ref_sink (object);

  return object;
}

static GObject *
call_create (FsmmObjectPool *self, GError **error)
{
  g_autoptr (FsmmHook) hook = dup_hook (self, FSMM_HOOK_CREATE);
  GError *own_error = NULL;
  GObject *object;

  object = hook != NULL ? ((FsmmObjectCreateFunc) hook->func) (self, hook->data, &own_error)
                        : make_by_type (self->store->item_type, &own_error);
  if (object != NULL)
    g_clear_error (&own_error);
  else if (own_error != NULL)
    g_propagate_error (error, own_error);
  else
    fsmm_object_store_set_error (self->store, error, FSMM_ERROR_INVALID_ARGUMENT,
                                 "the create function returned nothing, and set no error; look there");

  return object;
}

/* Takes @object (transfer full). */
gboolean
fsmm_object_pool_adopt (FsmmObjectPool *self, FsmmPooled *pooled, GObject *object, GError **error)
{
  FsmmObjectStore *store = self->store;

  if (g_object_is_floating (object))
    g_object_ref_sink (object);

  if (!g_type_is_a (G_OBJECT_TYPE (object), store->item_type))
    fsmm_object_store_set_error (store, error, FSMM_ERROR_UNSUPPORTED_TYPE,
                                 "a %s cannot be one of its objects: it is no %s",
                                 G_OBJECT_TYPE_NAME (object), g_type_name (store->item_type));
  else if (!fsmm_pooled_attach (pooled, object))
    fsmm_object_store_set_error (store, error, FSMM_ERROR_INVALID_ARGUMENT,
                                 "the %s at %p is in a pool already; take it out there first, with "
                                 "fsmm_lease_steal (), or make another one",
                                 G_OBJECT_TYPE_NAME (object), (gpointer) object);
  else
    {
      pooled->made_at = g_get_monotonic_time ();
      if (store->debug & FSMM_DEBUG_OBJECTS)
        pooled->snapshot = fsmm_snapshot_new (object);
      return TRUE;
    }

  g_object_unref (object);
  return FALSE;
}

/* Makes an object for a place that has none. */
gboolean
fsmm_object_pool_create (FsmmObjectPool *self, FsmmPooled *pooled, GError **error)
{
  GObject *object = call_create (self, error);

  if (object == NULL || !fsmm_object_pool_adopt (self, pooled, object, error))
    return FALSE;

  fsmm_object_store_count (self->store, &self->store->n_created);
  return TRUE;
}

/* --- Checking them --- */

/* Whether it can be used, as the function says that the program has for this, if there is one. */
gboolean
fsmm_object_pool_check (FsmmObjectPool *self, FsmmHookKind kind, FsmmPooled *pooled)
{
  g_autoptr (FsmmHook) hook = dup_hook (self, kind);

  return hook == NULL || ((FsmmObjectCheckFunc) hook->func) (self, pooled->object, hook->data);
}
