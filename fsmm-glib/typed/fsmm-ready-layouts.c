/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-type-layout-private.h"

/* The boxed types of GLib and GObject that are plain structs, so that they can live in a block. All
 * others are opaque, or counted by reference, or freed together with their own memory. */

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

  return g_strdup_printf ("fd %d, events 0x%x, revents 0x%x", (int) fd->fd, fd->events, fd->revents);
}

void
fsmm_type_register_ready_layouts (void)
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

  fsmm_type_add_layout (G_TYPE_VALUE, &value, NULL);
  fsmm_type_add_layout (G_TYPE_DATE, &date, NULL);
  fsmm_type_add_layout (G_TYPE_POLLFD, &poll_fd, NULL);
}
