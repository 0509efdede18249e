/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-boxed-type.h"

#include "fsmm-type-layout-private.h"

static G_DEFINE_QUARK (fsmm-default-typed-pool, default_pool);

/**
 * fsmm_typed_pool_get_default:
 * @item_type: a boxed type
 *
 * Gets the pool that `g_boxed_copy ()` takes instances from, for a type that was defined with
 * FSMM_DEFINE_BOXED_TYPE(). Any type with a layout can have one.
 *
 * It is created when it is first asked for, and stays for as long as the program runs.
 *
 * Returns: (transfer none) (nullable): the default pool of the type, or %NULL if the type has no
 *   layout
 *
 * Since: 1.0
 */
FsmmTypedPool *
fsmm_typed_pool_get_default (GType item_type)
{
  static GMutex lock;
  FsmmTypedPool *pool;

  if (!G_TYPE_IS_BOXED (item_type) || fsmm_type_lookup_layout (item_type) == NULL)
    return NULL;

  g_mutex_lock (&lock);
  pool = g_type_get_qdata (item_type, default_pool_quark ());
  if (pool == NULL)
    {
      pool = fsmm_typed_pool_new (item_type, 0, NULL);
      g_type_set_qdata (item_type, default_pool_quark (), pool);
    }
  g_mutex_unlock (&lock);

  return pool;
}

/**
 * fsmm_boxed_copy: (skip)
 * @pool: where to take the copy from
 * @instance: an instance
 *
 * Copies an instance, for `g_boxed_copy ()`: ends the program if there is no memory.
 *
 * You do not need this: FSMM_DEFINE_BOXED_TYPE() does.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
gpointer
fsmm_boxed_copy (FsmmTypedPool *pool, gconstpointer instance)
{
  g_autoptr (GError) error = NULL;
  gpointer copy = fsmm_typed_pool_construct_copy (pool, instance, &error);

  if (copy == NULL)
    g_error ("%s", error->message);

  return copy;
}

/**
 * fsmm_boxed_type_register_layout: (skip)
 * @type: a boxed type
 * @layout: its layout
 *
 * Registers a layout that was made by a macro: ends the program if it cannot be, because then the
 * definition of the type is wrong.
 *
 * You do not need this: FSMM_DEFINE_BOXED_TYPE() does.
 *
 * Since: 1.0
 */
void
fsmm_boxed_type_register_layout (GType type, const FsmmTypeLayout *layout)
{
  g_autoptr (GError) error = NULL;

  if (!fsmm_type_register_layout (type, layout, &error))
    g_error ("%s", error->message);
}
