/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-terminal.h"

#ifdef G_OS_UNIX
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#define USUAL_COLUMNS 80

/* Whether a line can be written over. */
gboolean
xml_terminal_can_update (void)
{
#ifdef G_OS_UNIX
  return isatty (STDOUT_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
#else
  return FALSE;
#endif
}

/* Nobody wants colour who has set NO_COLOR to anything but nothing: see no-color.org. */
gboolean
xml_terminal_has_colour (void)
{
  const char *no_colour = g_getenv ("NO_COLOR");

  return xml_terminal_can_update () && (no_colour == NULL || *no_colour == '\0');
}

gboolean
xml_terminal_has_utf8 (void)
{
  return g_get_charset (NULL);
}

/* A file has as many columns as terminals usually have, and so has a terminal that does not say. */
gsize
xml_terminal_get_columns (void)
{
#if defined(G_OS_UNIX) && defined(TIOCGWINSZ)
  struct winsize size;

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
#endif

  return USUAL_COLUMNS;
}
