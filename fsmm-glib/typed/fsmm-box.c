/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-box-private.h"

#include "engine/heap/fsmm-heap-tell.h"

G_DEFINE_BOXED_TYPE (FsmmBox, fsmm_box, fsmm_box_ref, fsmm_box_unref)

static FsmmBox *
alloc_box (FsmmTypedPool *pool, GError **error)
{
  FsmmBox *self = fsmm_handle_memory_alloc ();

  if (G_UNLIKELY (self == NULL))
    fsmm_pool_report_alloc (pool->pool, FSMM_ALLOC_NO_MEMORY, 1, error);

  return self;
}

/* The caller has become a keeper of the pool, which the box is from now on. */
static void
init_box (FsmmBox *self, FsmmTypedPool *pool, gpointer instance, gsize epoch)
{
  self->pool = pool;
  fsmm_handle_init (&self->handle, pool->pool, instance, epoch);
}

/* Makes a box whose instance is a copy of @source, or a new one if that is NULL. @patience is NULL for a
 * call that does not wait. */
FsmmBox *
fsmm_box_make (FsmmTypedPool *pool,
               gconstpointer source,
               const FsmmPatience *patience,
               GError **error)
{
  FsmmBox *self = alloc_box (pool, error);
  gpointer instance;
  gsize epoch;

  if (self == NULL)
    return NULL;

  instance = fsmm_typed_pool_make (pool, source, FSMM_STATE_HELD, patience, &epoch, error);
  if (instance == NULL)
    {
      fsmm_handle_memory_free (self);
      return NULL;
    }

  init_box (self, pool, instance, epoch);

  return self;
}

static FSMM_HEAP_TELLER FsmmBox *
fsmm_typed_pool_alloc_told (FsmmTypedPool *pool, GError **error)
{
  FsmmBox *self = fsmm_box_make (pool, NULL, NULL, error);
  const gpointer blocks[] = { self, self != NULL ? self->handle.data : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

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

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_typed_pool_alloc_told (self, error)
                              : fsmm_box_make (self, NULL, NULL, error);
}

/* Checks that there can be a box for @instance, which may still be anything. */
static gboolean
check_instance (FsmmTypedPool *pool, gconstpointer instance, GError **error)
{
  if (fsmm_pool_is_broken (pool->pool))
    fsmm_pool_report_broken (pool->pool, error);
  else if (g_atomic_int_get (&pool->disposed))
    fsmm_pool_report_dropped (pool->pool, TRUE, error);
  else if (instance == NULL)
    fsmm_pool_report_no_instance (pool->pool, error);
  else
    return TRUE;

  return FALSE;
}

static FsmmBox *
take_instance (FsmmTypedPool *pool, gpointer instance, GError **error)
{
  FsmmBox *self = alloc_box (pool, error);
  FsmmLook look;
  gsize epoch;

  if (self == NULL)
    return NULL;

  if (!fsmm_heap_own (fsmm_typed_pool_get_store (pool), instance, &epoch, &look))
    {
      fsmm_handle_memory_free (self);
      fsmm_pool_report_take (pool->pool, "fsmm_box_new_take", &look, instance, error);
      return NULL;
    }

  fsmm_keepers_add (&pool->keepers);
  init_box (self, pool, instance, epoch);

  return self;
}

static FSMM_HEAP_TELLER FsmmBox *
fsmm_box_new_take_told (FsmmTypedPool *pool, gpointer instance, GError **error)
{
  FsmmBox *self = take_instance (pool, instance, error);
  const gpointer blocks[] = { self, self != NULL ? self->handle.data : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return self;
}

/**
 * fsmm_box_new_take: (skip)
 * @pool: the typed pool that @instance lives in
 * @instance: (transfer full): an instance that no box owns
 * @error: return location for an error
 *
 * Puts an instance into a new box, which owns it from then on.
 *
 * This is for an instance that a function of yours has made with [method@Fsmm.TypedPool.construct],
 * or that [method@Fsmm.Box.steal] has taken out of another box. It is neither copied nor moved.
 *
 * The address is checked as in [method@Fsmm.TypedPool.destroy]. If the call fails, nothing has
 * changed: an instance that is there still belongs to the caller. If @error is %NULL, a wrong
 * address is logged as a critical message.
 *
 * Of two threads that put the same instance into a box, one succeeds. Nobody may destroy the
 * instance meanwhile: that is refused once it is in the box, and reported here if it came first;
 * but if the type has no clear function and both happen at the same moment, the box may have an
 * instance that is gone, which is logged when the box is dropped.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the instance was destroyed or dropped, or if the pool is being
 * finalized, `FSMM_ERROR_INVALID_POINTER` if it belongs to a box, or is no instance of this pool,
 * `FSMM_ERROR_INVALID_ARGUMENT` if it is %NULL, `FSMM_ERROR_NO_MEMORY` if the system has no memory
 * for a box.
 *
 * Returns: (transfer full) (nullable): a box, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmBox *
fsmm_box_new_take (FsmmTypedPool *pool, gpointer instance, GError **error)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (pool), NULL);

  if (!check_instance (pool, instance, error))
    return NULL;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_box_new_take_told (pool, instance, error)
                              : take_instance (pool, instance, error);
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

static G_ALWAYS_INLINE inline void
unref_box (FsmmBox *self)
{
  FsmmTypedPool *pool;
  gboolean has_block;
  gpointer instance;
  gsize epoch;

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

static FSMM_HEAP_TELLER void
fsmm_box_unref_told (FsmmBox *self)
{
  const gpointer blocks[] = { self, self->handle.data };

  unref_box (self);
  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);
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
  g_return_if_fail (self != NULL);

  if (FSMM_HEAP_IS_TOLD_OF)
    fsmm_box_unref_told (self);
  else
    unref_box (self);
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
 * fsmm_box_get_as: (skip)
 * @self: a box
 * @type: the type that the instance should have
 *
 * Gets the instance if it is of a type.
 *
 * A box does not say what is in it, and a property or a signal argument can have any box. This
 * makes a box of another type a critical message, which names the pool and both types.
 *
 * ```c
 * g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, &error);
 * g_autoptr (FsmmBox) box = pool != NULL ? fsmm_typed_pool_alloc (pool, &error) : NULL;
 * GDate *date = box != NULL ? fsmm_box_get_as (box, G_TYPE_DATE) : NULL;
 *
 * if (date != NULL)
 *   g_date_set_year (date, 2000);
 * ```
 *
 * For a type of your own, [func@Fsmm.DECLARE_BOXED_TYPE] makes a function of this that returns
 * the right pointer. The instance is valid for as long as the box owns it.
 *
 * Returns: (transfer none) (nullable): the instance, or %NULL if it was dropped or stolen, or the
 * box is for another type
 *
 * Since: 1.2
 */
gpointer
fsmm_box_get_as (FsmmBox *self, GType type)
{
  g_return_val_if_fail (self != NULL, NULL);

  if (G_UNLIKELY (self->pool->item_type != type))
    {
      fsmm_pool_report_other_type (self->pool->pool, G_STRFUNC, self->handle.data,
                                   g_type_name (type));
      return NULL;
    }

  return fsmm_handle_get (&self->handle);
}

/**
 * fsmm_box_get_pool:
 * @self: a box
 *
 * Gets the pool that the box keeps alive, and in which its instance lives or has lived.
 *
 * Whoever gets a box from a property or a signal can so find out which of several pools it is from,
 * and, with [method@Fsmm.TypedPool.get_item_type], what is in it.
 *
 * Returns: (transfer none): a typed pool
 *
 * Since: 1.2
 */
FsmmTypedPool *
fsmm_box_get_pool (FsmmBox *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->pool;
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

static FSMM_HEAP_TELLER void
fsmm_box_drop_told (FsmmBox *self)
{
  const gpointer instance = self->handle.data;

  drop_instance (self);
  FSMM_HEAP_TELL (1, &instance);
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

  if (fsmm_handle_release (&self->handle) != FSMM_RELEASE_NOW)
    return;

  if (FSMM_HEAP_IS_TOLD_OF)
    fsmm_box_drop_told (self);
  else
    drop_instance (self);
}
