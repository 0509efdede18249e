/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What GTK calls when its inspector is opened for the first time. */

#include "fsmm-inspector-page.h"

/* The name is that of the file, in which GIO looks for it before it looks for one without. */
#define EXPORT __attribute__ ((visibility ("default")))

#define EXTENSION_POINT "gtk-inspector-page"

EXPORT void g_io_fsmm_glib_inspector_load (GIOModule *module);
EXPORT void g_io_fsmm_glib_inspector_unload (GIOModule *module);
EXPORT char **g_io_fsmm_glib_inspector_query (void);

void
g_io_fsmm_glib_inspector_load (GIOModule *module)
{
  /* The classes stay when nobody uses them: they cannot be registered twice. */
  g_type_module_use (G_TYPE_MODULE (module));
  g_io_extension_point_implement (EXTENSION_POINT, FSMM_TYPE_INSPECTOR_PAGE, "fsmm-pools", 10);
}

void
g_io_fsmm_glib_inspector_unload (GIOModule *module)
{
}

char **
g_io_fsmm_glib_inspector_query (void)
{
  const char *const points[] = { EXTENSION_POINT, NULL };

  return g_strdupv ((char **) points);
}
