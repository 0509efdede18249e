/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-type-layout-private.h"

#include "fsmm-error.h"
#include "base/fsmm-fork.h"
#include "engine/chunk/fsmm-geometry.h"
#include "base/fsmm-lock.h"

/* A layout is qdata of its GType, which any thread can look up, and is never freed. The lock is
 * only for two threads that register a layout at the same time. */

static FSMM_DEFINE_QUARK (fsmm-type-layout, layout);

/* Protects the qdata of types. No other lock is taken while it is held. */
void
fsmm_type_lock (void)
{
  fsmm_lock (&fsmm_types_lock);
}

void
fsmm_type_unlock (void)
{
  fsmm_unlock (&fsmm_types_lock);
}

static gboolean
is_same_layout (const FsmmTypeLayout *a, const FsmmTypeLayout *b)
{
  return a->size == b->size && a->alignment == b->alignment && a->init == b->init &&
         a->copy == b->copy && a->clear == b->clear && a->to_string == b->to_string;
}

static const char *
type_name (GType type)
{
  const char *name = g_type_name (type);

  return name != NULL ? name : "(invalid type)";
}

static gboolean
check_boxed (GType type, GError **error)
{
  /* Bindings take a type for this one if they cannot call the function that registers it. */
  const char *if_unknown = type == G_TYPE_NONE ? ", see that its library is found" : "";

  if (G_TYPE_IS_BOXED (type) && type != G_TYPE_BOXED)
    return TRUE;

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE,
               "%s is not a boxed type: a pool holds instances of boxed types only; make the "
               "struct a boxed type with FSMM_DEFINE_BOXED_TYPE ()%s, or use an FsmmPool for its "
               "bytes",
               type_name (type), if_unknown);
  return FALSE;
}

static gboolean
check_sizes (GType type, const FsmmTypeLayout *layout, GError **error)
{
  FsmmGeometry geometry;

  if (layout == NULL)
    {
      g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
                   "the layout of %s is NULL: it must have a size at least", type_name (type));
      return FALSE;
    }

  if (fsmm_geometry_init (&geometry, layout->size, layout->alignment, 0, error))
    return TRUE;

  g_prefix_error (error, "cannot register a layout for %s: ", type_name (type));
  return FALSE;
}

/* Checks that @layout is valid for @type, whether or not it has another one. */
gboolean
fsmm_type_check_layout (GType type, const FsmmTypeLayout *layout, GError **error)
{
  return check_boxed (type, error) && check_sizes (type, layout, error);
}

/* Keeps a copy of the layout, or compares it to the one that the type has. */
static gboolean
keep_layout (GType type, const FsmmTypeLayout *layout, GError **error)
{
  const FsmmTypeLayout *present;

  fsmm_type_lock ();
  present = g_type_get_qdata (type, layout_quark ());
  if (present == NULL)
    g_type_set_qdata (type, layout_quark (), fsmm_publish (g_memdup2 (layout, sizeof *layout)));
  fsmm_type_unlock ();

  if (present == NULL || is_same_layout (present, layout))
    return TRUE;

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
               "%s has another layout already: register one only, before the type's first pool",
               type_name (type));
  return FALSE;
}

static gboolean
add_layout (GType type, const FsmmTypeLayout *layout, GError **error)
{
  return fsmm_type_check_layout (type, layout, error) && keep_layout (type, layout, error);
}

/* --- Ready layouts --- */

/* The boxed types of GLib and GObject that are plain structs, so that instances can live in a
 * block. All others are opaque or reference-counted, or are freed by a function that frees their
 * memory. */

static void
value_copy (gconstpointer source, gpointer destination)
{
  if (!G_IS_VALUE (source))
    return;

  g_value_init (destination, G_VALUE_TYPE (source));
  g_value_copy (source, destination);
}

static void
value_clear (gpointer instance)
{
  if (G_IS_VALUE (instance))
    g_value_unset (instance);
}

static char *
value_to_string (gconstpointer instance)
{
  return G_IS_VALUE (instance) ? g_strdup_value_contents (instance) : g_strdup ("(unset)");
}

static void
date_init (gpointer instance)
{
  g_date_clear (instance, 1);
}

static char *
date_to_string (gconstpointer instance)
{
  const GDate *date = instance;

  if (!g_date_valid (date))
    return g_strdup ("(not a date)");

  return g_strdup_printf ("%04d-%02u-%02d", g_date_get_year (date), g_date_get_month (date),
                          g_date_get_day (date));
}

static char *
poll_fd_to_string (gconstpointer instance)
{
  const GPollFD *fd = instance;

  return g_strdup_printf ("fd %d, events 0x%x, revents 0x%x", (int) fd->fd, fd->events,
                          fd->revents);
}

static void
add_ready_layouts (void)
{
  const FsmmTypeLayout value = {
    .size = sizeof (GValue),
    .alignment = _Alignof (GValue),
    .copy = value_copy,
    .clear = value_clear,
    .to_string = value_to_string,
  };
  const FsmmTypeLayout date = {
    .size = sizeof (GDate),
    .alignment = _Alignof (GDate),
    .init = date_init,
    .to_string = date_to_string,
  };
  const FsmmTypeLayout poll_fd = {
    .size = sizeof (GPollFD),
    .alignment = _Alignof (GPollFD),
    .to_string = poll_fd_to_string,
  };

  add_layout (G_TYPE_VALUE, &value, NULL);
  add_layout (G_TYPE_DATE, &date, NULL);
  add_layout (G_TYPE_POLLFD, &poll_fd, NULL);
}

static void
ensure_ready_layouts (void)
{
  static gsize added;

  if (fsmm_once_enter (&added))
    {
      add_ready_layouts ();
      fsmm_once_leave (&added);
    }
}

/* --- Registering --- */

/**
 * fsmm_type_register_layout: (skip)
 * @type: a boxed type
 * @layout: how its instances are created, copied and cleared; the layout is copied
 * @error: return location for an error
 *
 * Tells pools how to handle instances of a boxed type.
 *
 * This is for existing types. [func@Fsmm.DEFINE_BOXED_TYPE] defines a type and registers its
 * layout.
 *
 * ```c
 * typedef struct {
 *   double red, green, blue;
 * } Colour;
 *
 * static Colour *
 * colour_copy (const Colour *self)
 * {
 *   return g_memdup2 (self, sizeof *self);
 * }
 *
 * GType colour_get_type (void);
 * G_DEFINE_BOXED_TYPE (Colour, colour, colour_copy, g_free)
 *
 * static gboolean
 * prepare_colours (GError **error)
 * {
 *   const FsmmTypeLayout layout = { .size = sizeof (Colour), .alignment = _Alignof (Colour) };
 *
 *   return fsmm_type_register_layout (colour_get_type (), &layout, error);
 * }
 * ```
 *
 * Do this only for plain structs that your code owns. Instances of an opaque or reference-counted
 * type cannot be created in a block, and the type's own free function would free the block as well.
 *
 * A layout is kept for as long as the program runs. Registering the same one again does nothing.
 * This function can be called from any thread.
 *
 * Errors: `FSMM_ERROR_UNSUPPORTED_TYPE` for a type that is not boxed, `FSMM_ERROR_INVALID_ARGUMENT`
 * for a size or an alignment that no pool can have, or for a type that has another layout.
 *
 * Returns: %TRUE if the type now has this layout
 *
 * Since: 1.0
 */
gboolean
fsmm_type_register_layout (GType type, const FsmmTypeLayout *layout, GError **error)
{
  ensure_ready_layouts ();

  return add_layout (type, layout, error);
}

/* --- Looking up --- */

/* Returns the layout of a type, or NULL. */
const FsmmTypeLayout *
fsmm_type_lookup_layout (GType type)
{
  ensure_ready_layouts ();

  return fsmm_receive (g_type_get_qdata (type, layout_quark ()));
}

/* Returns the layout of a type, or NULL with @error set. */
const FsmmTypeLayout *
fsmm_type_require_layout (GType type, GError **error)
{
  const FsmmTypeLayout *layout;

  if (!check_boxed (type, error))
    return NULL;

  layout = fsmm_type_lookup_layout (type);
  if (layout == NULL)
    g_set_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE,
                 "%s has no layout, so that nobody knows how to make one in a block; if it is a "
                 "plain struct, call fsmm_type_register_layout () first; if it is opaque or "
                 "reference-counted, keep a pointer to it in a struct of your own",
                 type_name (type));

  return layout;
}
