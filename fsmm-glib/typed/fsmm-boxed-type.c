/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-boxed-type.h"

#include "fsmm-error.h"
#include "base/fsmm-lock.h"
#include "typed/fsmm-typed-pool-private.h"

static FSMM_DEFINE_QUARK (fsmm-default-typed-pool, default_pool);

/**
 * fsmm_typed_pool_get_default:
 * @item_type: a boxed type
 *
 * Gets the pool that `g_boxed_copy ()` takes instances from, for a type defined with
 * [func@Fsmm.DEFINE_BOXED_TYPE]. Any type with a layout can have a default pool.
 *
 * The pool is created when it is first requested, and kept for as long as the program runs.
 *
 * Returns: (transfer none) (nullable): the default pool of the type, or %NULL if the type has no
 *   layout
 *
 * Since: 1.0
 */
FsmmTypedPool *
fsmm_typed_pool_get_default (GType item_type)
{
  FsmmTypedPool *present, *pool;

  if (!G_TYPE_IS_BOXED (item_type) || fsmm_type_lookup_layout (item_type) == NULL)
    return NULL;

  present = fsmm_receive (g_type_get_qdata (item_type, default_pool_quark ()));
  if (present != NULL)
    return present;

  /* Create the pool without the lock: no other lock is taken while it is held. */
  pool = fsmm_typed_pool_new (item_type, 0, NULL);
  pool->pool->is_default = TRUE;

  fsmm_type_lock ();
  present = g_type_get_qdata (item_type, default_pool_quark ());
  if (present == NULL)
    g_type_set_qdata (item_type, default_pool_quark (), fsmm_publish (pool));
  fsmm_type_unlock ();

  if (present == NULL)
    return pool;

  g_object_unref (pool);
  return present;
}

/**
 * fsmm_boxed_copy: (skip)
 * @pool: the pool to take the copy from
 * @instance: an instance
 *
 * Copies an instance for `g_boxed_copy ()`, which cannot report an error: ends the program if there
 * is no memory, or if everything in the pool is dropped while the copy is being made.
 *
 * You do not need to call this: [func@Fsmm.DEFINE_BOXED_TYPE] does.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
gpointer
fsmm_boxed_copy (FsmmTypedPool *pool, gconstpointer instance)
{
  g_autoptr (GError) error = NULL;
  gpointer copy = fsmm_typed_pool_construct_copy (fsmm_receive (pool), instance, &error);

  if (copy == NULL)
    g_error ("%s", error->message);

  return copy;
}

static char *
describe_boxed_free (GType type)
{
  return g_strdup_printf ("g_boxed_free (%s)", g_type_name (type));
}

static void
report_no_pool (GType type, gconstpointer instance)
{
  g_autofree char *call = describe_boxed_free (type);

  fsmm_pool_report_no_pool (call, g_type_name (type), instance);
}

/* @misuse: (transfer full) */
static void
report_misuse (FsmmPool *pool, GType type, gconstpointer instance, GError *misuse)
{
  g_autofree char *call = describe_boxed_free (type);

  fsmm_pool_report_found (pool, call, instance, misuse);
}

static void
report_wrong_type (FsmmPool *pool, GType type, gconstpointer instance)
{
  g_autofree char *description = fsmm_pool_describe (pool);
  GError *misuse = g_error_new (FSMM_ERROR, FSMM_ERROR_INVALID_POINTER,
                                "%s: cannot free %p as a %s: that type does not live in this pool",
                                description, instance, g_type_name (type));

  fsmm_pool_note_misuse (pool, instance, misuse);
  report_misuse (pool, type, instance, misuse);
}

/**
 * fsmm_boxed_free: (skip)
 * @type: the type that @instance should have
 * @instance: (transfer full): an instance
 *
 * Frees an instance for `g_boxed_free ()`, and refuses one of another type.
 *
 * You do not need to call this: [func@Fsmm.DEFINE_BOXED_TYPE] does.
 *
 * Since: 1.0
 */
void
fsmm_boxed_free (GType type, gpointer instance)
{
  GError *misuse = NULL;
  FsmmTypedPool *typed_pool;
  FsmmPool *pool;

  if (instance == NULL)
    return;

  pool = fsmm_pool_find (instance);
  if (pool == NULL)
    {
      report_no_pool (type, instance);
      return;
    }

  typed_pool = fsmm_typed_pool_get_owner (pool);
  if (typed_pool == NULL || typed_pool->item_type != type)
    report_wrong_type (pool, type, instance);
  else if (!fsmm_typed_pool_destroy (typed_pool, instance, &misuse))
    report_misuse (pool, type, instance, misuse);
}

/**
 * fsmm_boxed_type_register_layout: (skip)
 * @type: a boxed type
 * @layout: its layout
 *
 * Registers a layout created by a macro. Ends the program if that fails, because the definition of
 * the type is then wrong.
 *
 * You do not need to call this: [func@Fsmm.DEFINE_BOXED_TYPE] does.
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
