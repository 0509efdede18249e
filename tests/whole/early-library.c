/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A library that uses its static pool before main () begins, for test-early-library.c. */

#include "early-library.h"

#include <unistd.h>

typedef struct {
  double x, y;
} Spot;

FSMM_DEFINE_POOL_INLINE (Spot, spot)

static FsmmPool *pool; /* (nullable): while it exists */

__attribute__ ((constructor)) static void
use_early (void)
{
  spot_pool_free (spot_pool_new ());
  pool = spot_pool_get ();
  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
}

__attribute__ ((visibility ("default"))) void
early_library_use (void)
{
  spot_pool_free (spot_pool_new ());
}

/* After that which the macro defines: whoever still runs may use the pool. */
__attribute__ ((destructor (101))) static void
look_at_exit (void)
{
  if (pool == NULL)
    _exit (99);
}
