/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A property whose type lives in pools. The object is one like any other: whatever copies a colour
 * takes the copy from the type's default pool, and frees it there, without knowing of pools. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

typedef struct {
  int red, green, blue;
} Colour;

#define COLOUR_TYPE (colour_get_type ())
GType colour_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Colour, colour, NULL, NULL)

G_DECLARE_FINAL_TYPE (Lamp, lamp, DEMO, LAMP, GObject)

struct _Lamp {
  GObject parent_instance;
  Colour *colour; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (Lamp, lamp, G_TYPE_OBJECT)

static void
lamp_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boxed (value, DEMO_LAMP (object)->colour);
}

static void
lamp_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  g_clear_pointer (&DEMO_LAMP (object)->colour, fsmm_free);
  DEMO_LAMP (object)->colour = g_value_dup_boxed (value);
}

static void
lamp_finalize (GObject *object)
{
  g_clear_pointer (&DEMO_LAMP (object)->colour, fsmm_free);
  G_OBJECT_CLASS (lamp_parent_class)->finalize (object);
}

static void
lamp_class_init (LampClass *klass)
{
  G_OBJECT_CLASS (klass)->get_property = lamp_get_property;
  G_OBJECT_CLASS (klass)->set_property = lamp_set_property;
  G_OBJECT_CLASS (klass)->finalize = lamp_finalize;
  g_object_class_install_property (G_OBJECT_CLASS (klass), 1,
                                   g_param_spec_boxed ("colour", NULL, NULL, COLOUR_TYPE,
                                                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
}

static void
lamp_init (Lamp *self)
{
}

static void
print_count (const char *when)
{
  FsmmTypedPool *pool = fsmm_typed_pool_get_default (COLOUR_TYPE);

  printf ("%-22s %zu live\n", when, fsmm_typed_pool_get_n_allocated (pool));
}

static void
on_notify (Lamp *lamp)
{
  printf ("other lamp: %d %d %d\n", lamp->colour->red, lamp->colour->green, lamp->colour->blue);
}

int
main (void)
{
  const Colour orange = { 255, 165, 0 }, teal = { 0, 128, 128 };
  Lamp *lamp = g_object_new (lamp_get_type (), NULL);
  Lamp *other = g_object_new (lamp_get_type (), NULL);
  Colour *colour = NULL;
  GValue value = G_VALUE_INIT;

  g_signal_connect (other, "notify::colour", G_CALLBACK (on_notify), NULL);
  print_count ("at first:");

  g_object_set (lamp, "colour", &orange, NULL);
  print_count ("set:");
  g_object_get (lamp, "colour", &colour, NULL);
  print_count ("got:");

  g_value_init (&value, COLOUR_TYPE);
  g_value_set_boxed (&value, colour);
  print_count ("put into a value:");

  g_object_bind_property (lamp, "colour", other, "colour", G_BINDING_SYNC_CREATE);
  print_count ("bound to the other:");
  g_object_set (lamp, "colour", &teal, NULL);
  print_count ("set again:");

  g_boxed_free (COLOUR_TYPE, colour);
  g_value_unset (&value);
  print_count ("got and value freed:");

  g_object_unref (lamp);
  g_object_unref (other);
  print_count ("lamps freed:");

  return 0;
}
