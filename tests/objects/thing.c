/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "thing.h"

#include <string.h>

G_DEFINE_TYPE (Thing, thing, G_TYPE_OBJECT)

static gint n_things; /* (atomic) */

static void
thing_init (Thing *self)
{
  g_atomic_int_inc (&n_things);
}

static void
thing_finalize (GObject *object)
{
  g_free (THING (object)->label);
  g_atomic_int_add (&n_things, -1);

  G_OBJECT_CLASS (thing_parent_class)->finalize (object);
}

static void
thing_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_value_set_string (value, THING (object)->label);
}

static void
thing_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  g_free (THING (object)->label);
  THING (object)->label = g_value_dup_string (value);
}

static void
thing_class_init (ThingClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = thing_finalize;
  object_class->get_property = thing_get_property;
  object_class->set_property = thing_set_property;

  g_object_class_install_property (
      object_class, 1,
      g_param_spec_string ("label", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
  g_signal_new ("used", THING_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

guint
thing_count (void)
{
  return (guint) g_atomic_int_get (&n_things);
}

/* --- Pools of them --- */

FsmmObjectPool *
thing_pool_new (guint max_objects)
{
  return g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "things", "item-type", THING_TYPE, "max-objects",
                       max_objects, NULL);
}

FsmmLease *
thing_borrow (FsmmObjectPool *pool)
{
  g_autoptr (GError) error = NULL;
  FsmmLease *lease = fsmm_object_pool_borrow (pool, &error);

  g_assert_no_error (error);
  g_assert_nonnull (lease);

  return lease;
}

void
thing_give_back (FsmmLease *lease)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (fsmm_lease_release (lease, &error));
  g_assert_no_error (error);
  fsmm_lease_unref (lease);
}

void
thing_assert_refused (FsmmObjectPool *pool, gint code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_object_pool_borrow (pool, &error));
  g_assert_error (error, FSMM_ERROR, code);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, words);
}

void
thing_assert_counts (FsmmObjectPool *pool, guint n_lent, guint n_idle, guint n_lingering)
{
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, n_lent);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, n_idle);
  g_assert_cmpuint (fsmm_object_pool_get_n_lingering (pool), ==, n_lingering);
}

/* What is to be done there now. */
void
thing_run_context (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}
