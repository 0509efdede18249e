/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A module with a static pool, for test-unloaded-module.c. */

#include "unloaded-module.h"

#include <stdlib.h>

typedef struct {
  double x, y;
} Spot;

DEFINE_POOL (Spot, spot)

#define EXPORT __attribute__ ((visibility ("default")))

EXPORT FsmmPool *
module_get_pool (void)
{
  return spot_pool_get ();
}

EXPORT gpointer
module_new_spot (void)
{
  return spot_pool_new0 ();
}

EXPORT void
module_free_spot (gpointer spot)
{
  spot_pool_free (spot);
}

static Spot *kept; /* until the module goes */

static void
free_kept (void)
{
  spot_pool_free (g_steal_pointer (&kept));
}

EXPORT void
module_keep_spot (void)
{
  kept = spot_pool_new ();
  atexit (free_kept);
}
