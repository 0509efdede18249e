/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-program-name.h"

/* Few programs without windows tell GLib their names. */
char *
fsmm_program_dup_name (void)
{
  g_autofree char *path = NULL;
  g_autofree char *name = NULL;

  if (g_get_prgname () != NULL)
    return g_utf8_make_valid (g_get_prgname (), -1);

  path = g_file_read_link ("/proc/self/exe", NULL);
  name = g_path_get_basename (path != NULL ? path : "unknown");

  return g_utf8_make_valid (name, -1);
}
