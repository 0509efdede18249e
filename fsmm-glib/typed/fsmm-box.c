/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-box-private.h"

G_DEFINE_BOXED_TYPE (FsmmBox, fsmm_box, fsmm_box_ref, fsmm_box_unref)

/* Makes a box whose instance is a copy of @source, or a new one if that is NULL. */
FsmmBox *
fsmm_box_make (FsmmTypedPool *pool, gconstpointer source, GError **error)
{
  FsmmBox *self = fsmm_handle_memory_alloc ();
  gpointer instance;
  gsize epoch;

  if (self == NULL)
    {
      fsmm_pool_report_alloc (pool->pool, FSMM_ALLOC_NO_MEMORY, 1, error);
      return NULL;
    }

  instance = fsmm_typed_pool_make (pool, source, FSMM_STATE_HELD, &epoch, error);
  if (instance == NULL)
    {
      fsmm_handle_memory_free (self);
      return NULL;
    }

  self->pool = pool;
  fsmm_handle_init (&self->handle, pool->pool, instance, epoch);

  return self;
}

/**
 * fsmm_typed_pool_alloc:
 * @self: a typed pool
 * @error: return location for an error
 *
 * Creates a new instance and returns a box that owns it.
 *
 * Errors: the same as [method@Fsmm.TypedPool.construct].
 *
 * Returns: (transfer full): a box, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmBox *
fsmm_typed_pool_alloc (FsmmTypedPool *self, GError **error)
{
  FSMM_RETURN_VAL_IF_FAIL_IN (G_STRFUNC, fsmm_typed_pool_has_class (self),
                              "FSMM_IS_TYPED_POOL (self)", NULL);

  return fsmm_box_make (self, NULL, error);
}

/**
 * fsmm_box_ref: (skip)
 * @self: a box
 *
 * Adds a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 1.0
 */
FsmmBox *
fsmm_box_ref (FsmmBox *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->handle.ref_count);

  return self;
}

static void
drop_instance (FsmmBox *self)
{
  fsmm_typed_pool_drop_held (self->pool, self->handle.data, self->handle.epoch);
}

/**
 * fsmm_box_unref: (skip)
 * @self: (transfer full): a box
 *
 * Drops a reference. Dropping the last one clears the instance, if there is one, and gives its
 * block back.
 *
 * Since: 1.0
 */
void
fsmm_box_unref (FsmmBox *self)
{
  FsmmTypedPool *pool;
  gboolean has_block;
  gpointer instance;
  gsize epoch;

  g_return_if_fail (self != NULL);

  if (!fsmm_handle_unref (&self->handle))
    return;

  /* Free the box first, since the clear function may not return. */
  pool = self->pool;
  has_block = fsmm_handle_has_block (&self->handle);
  instance = self->handle.data;
  epoch = self->handle.epoch;
  if (G_LIKELY (has_block || !fsmm_handle_orphan (&self->handle)))
    fsmm_handle_memory_free (self);

  if (has_block)
    fsmm_typed_pool_drop_last_held (pool, instance, epoch);
  else
    fsmm_keepers_remove (&pool->keepers, pool);
}

/**
 * fsmm_box_is_live:
 * @self: a box
 *
 * Checks whether the box owns an instance.
 *
 * Returns: %FALSE if the instance was dropped or stolen
 *
 * Since: 1.0
 */
gboolean
fsmm_box_is_live (FsmmBox *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return fsmm_handle_get (&self->handle) != NULL;
}

/**
 * fsmm_box_get: (skip)
 * @self: a box
 *
 * Gets the instance.
 *
 * The instance is valid for as long as the box owns it.
 *
 * Returns: (transfer none) (nullable): the instance, or %NULL if it was dropped or stolen
 *
 * Since: 1.0
 */
gpointer
fsmm_box_get (FsmmBox *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return fsmm_handle_get (&self->handle);
}

/**
 * fsmm_box_steal: (skip)
 * @self: a box
 *
 * Takes the instance out of the box, which is empty afterwards.
 *
 * The caller must destroy the instance with [method@Fsmm.TypedPool.destroy], `g_boxed_free ()` or
 * [func@Fsmm.free], and keep the pool alive until then.
 *
 * Returns: (transfer full) (nullable): the instance, or %NULL if it was dropped or stolen, or is
 *   being set by another thread
 *
 * Since: 1.0
 */
gpointer
fsmm_box_steal (FsmmBox *self)
{
  gpointer instance = NULL;

  g_return_val_if_fail (self != NULL, NULL);

  if (fsmm_handle_release_unused (&self->handle) &&
      fsmm_heap_disown (fsmm_typed_pool_get_store (self->pool), self->handle.data,
                        self->handle.epoch))
    instance = self->handle.data;

  return instance;
}

/**
 * fsmm_box_drop:
 * @self: a box
 *
 * Clears the instance and gives its block back now. Does nothing if the instance was dropped or
 * stolen.
 *
 * Since: 1.0
 */
void
fsmm_box_drop (FsmmBox *self)
{
  g_return_if_fail (self != NULL);

  if (fsmm_handle_release (&self->handle) == FSMM_RELEASE_NOW)
    drop_instance (self);
}
