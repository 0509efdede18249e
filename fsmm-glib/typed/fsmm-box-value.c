/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-box-private.h"

#include "engine/heap/fsmm-heap-tell.h"

#include "fsmm-error.h"
#include "pool/fsmm-user-call-private.h"

/* What a box has, as a GValue, and as a string. */

/* Checks that @value holds an instance of the pool's type. */
static gboolean
check_value (FsmmTypedPool *self, const GValue *value, GError **error)
{
  gboolean is_of_type = value != NULL && G_VALUE_HOLDS (value, self->item_type);

  if (fsmm_pool_is_broken (self->pool))
    fsmm_pool_report_broken (self->pool, error);
  else if (is_of_type && g_value_get_boxed (value) != NULL)
    return TRUE;
  else if (is_of_type)
    g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
                 "the value is NULL: it must be an instance of %s", g_type_name (self->item_type));
  else
    g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
                 "the value holds %s: it must hold a %s",
                 value != NULL && G_IS_VALUE (value) ? G_VALUE_TYPE_NAME (value) : "nothing",
                 g_type_name (self->item_type));

  return FALSE;
}

static FSMM_HEAP_TELLER FsmmBox *
fsmm_typed_pool_alloc_value_told (FsmmTypedPool *pool, gconstpointer source, GError **error)
{
  FsmmBox *self = fsmm_box_make (pool, source, NULL, error);
  const gpointer blocks[] = { self, self != NULL ? self->handle.data : NULL };

  FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return self;
}

/**
 * fsmm_typed_pool_alloc_value:
 * @self: a typed pool
 * @value: a value of the pool's [property@Fsmm.TypedPool:item-type], not %NULL
 * @error: return location for an error
 *
 * Copies the instance in @value and returns a box that owns the copy.
 *
 * Errors: the same as [method@Fsmm.TypedPool.construct], and `FSMM_ERROR_INVALID_ARGUMENT` for a
 * value of another type.
 *
 * Returns: (transfer full): a box, or %NULL with @error set
 *
 * Since: 1.0
 */
FsmmBox *
fsmm_typed_pool_alloc_value (FsmmTypedPool *self, const GValue *value, GError **error)
{
  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), NULL);

  if (!check_value (self, value, error))
    return NULL;

  return FSMM_HEAP_IS_TOLD_OF
           ? fsmm_typed_pool_alloc_value_told (self, g_value_get_boxed (value), error)
           : fsmm_box_make (self, g_value_get_boxed (value), NULL, error);
}

/* Fills in the value of the box. This takes the lock for types, not g_once_init_enter (): if
 * another thread forked at this moment, the child would wait for the latter forever. */
static void
fill_value (FsmmBox *self, gpointer instance)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, self->pool->item_type);
  g_value_set_static_boxed (&value, instance);

  fsmm_type_lock ();
  if (!self->has_value)
    self->value = value;
  g_atomic_int_set (&self->has_value, TRUE);
  fsmm_type_unlock ();
}

/**
 * fsmm_box_peek:
 * @self: a box
 * @error: return location for an error
 *
 * Gets the instance as a value, without copying it.
 *
 * Language bindings use this to look into a box. The value and the instance are valid for as long
 * as the box exists and owns the instance.
 *
 * Errors: `FSMM_ERROR_RELEASED` if the instance was dropped or stolen.
 *
 * Returns: (transfer none): a value of the pool's [property@Fsmm.TypedPool:item-type], or %NULL
 *   with @error set
 *
 * Since: 1.0
 */
const GValue *
fsmm_box_peek (FsmmBox *self, GError **error)
{
  gpointer instance;

  g_return_val_if_fail (self != NULL, NULL);

  instance = fsmm_box_get (self);
  if (instance == NULL)
    {
      fsmm_handle_report_released (&self->handle, "peek at", error);
      return NULL;
    }

  if (!g_atomic_int_get (&self->has_value))
    fill_value (self, instance);

  return &self->value;
}

/* Returns whether the box has been dropped meanwhile, so that the caller must drop the instance. If
 * no reference is left either, the box is gone afterwards. */
static gboolean
leave_box (FsmmBox *self)
{
  FsmmLeave what = fsmm_handle_leave (&self->handle);

  if (G_UNLIKELY (what == FSMM_LEAVE_ORPHANED))
    fsmm_handle_memory_free (self);

  return what != FSMM_LEAVE_NO_MORE;
}

/* For a user of the box, which leaves it here. When the type's functions return, no reference may
 * be left: neither to the box, whose memory its users keep, nor to the pool, which is used
 * afterwards only if the instance is still in it. This has a frame of its own, as what it calls
 * has one. */
static G_GNUC_NO_INLINE gboolean
replace_and_leave (FsmmBox *self, gconstpointer source, GError **error)
{
  FsmmTypedPool *pool = self->pool;
  gpointer instance = self->handle.data;
  gsize epoch = self->handle.epoch;
  gboolean replaced;
  FsmmClaim claim;

  if (!fsmm_heap_claim_held (fsmm_typed_pool_get_store (pool), instance, epoch, &claim))
    {
      fsmm_pool_report_released (pool->pool, "set", instance, error);
      if (leave_box (self))
        fsmm_typed_pool_drop_held (pool, instance, epoch);
      return FALSE;
    }

  replaced = fsmm_typed_pool_replace (pool, &claim, source, error);
  if (!leave_box (self) || !replaced)
    return replaced;

  fsmm_pool_report_released (pool->pool, "set", instance, error);
  fsmm_typed_pool_drop_held (pool, instance, epoch);
  return FALSE;
}

/**
 * fsmm_box_set_value:
 * @self: a box
 * @value: a value of the pool's [property@Fsmm.TypedPool:item-type], not %NULL
 * @error: return location for an error
 *
 * Clears the instance and replaces it with a copy of another one.
 *
 * Setting the instance to itself does nothing. The new instance must not be part of what the old
 * one owns.
 *
 * Errors: `FSMM_ERROR_INVALID_ARGUMENT` for a value of another type, `FSMM_ERROR_RELEASED` if the
 * instance was dropped or stolen, or if another thread is setting it at this moment.
 *
 * Returns: %TRUE if the instance is now a copy
 *
 * Since: 1.0
 */
gboolean
fsmm_box_set_value (FsmmBox *self, const GValue *value, GError **error)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;
  const gpointer blocks[] = { self, self != NULL ? self->handle.data : NULL };
  gboolean replaced;

  g_return_val_if_fail (self != NULL, FALSE);

  if (!check_value (self->pool, value, error))
    return FALSE;

  if (!fsmm_handle_enter (&self->handle))
    {
      fsmm_handle_report_released (&self->handle, "set", error);
      return FALSE;
    }

  fsmm_user_call_begin (self->pool, frame);
  replaced = replace_and_leave (self, g_value_get_boxed (value), error);
  fsmm_user_call_end (frame);
  if (FSMM_HEAP_IS_TOLD_OF)
    FSMM_HEAP_TELL (G_N_ELEMENTS (blocks), blocks);

  return replaced;
}

/**
 * fsmm_box_to_string:
 * @self: a box
 *
 * Describes the instance for debugging, with the type's own function if its layout has one.
 *
 * Returns: (transfer full): a description, even if the box is empty, to be freed with `g_free ()`
 *
 * Since: 1.0
 */
char *
fsmm_box_to_string (FsmmBox *self)
{
  const char *type;
  gpointer instance;

  g_return_val_if_fail (self != NULL, NULL);

  type = g_type_name (self->pool->item_type);
  instance = fsmm_box_get (self);
  if (instance == NULL)
    return g_strdup_printf ("%s (released)", type);
  if (self->pool->layout->to_string != NULL)
    return self->pool->layout->to_string (instance);

  return g_strdup_printf ("%s at %p", type, instance);
}
