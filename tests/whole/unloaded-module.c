/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A module with a static pool, for test-unloaded-module.c. */

#include "unloaded-module.h"

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
