/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "thing.h"

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
