/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A library that has a pool of its own, and cleans up when it goes. */

#include "exit-library.h"

#include <fsmm-glib/fsmm-glib.h>

static FsmmPool *pool;
static gpointer block;

void
exit_library_use (void)
{
  pool = fsmm_pool_new_full ("library", 64, 0, 0, 0, NULL);
  block = fsmm_pool_alloc (pool, NULL);
}

__attribute__ ((destructor)) static void
clean_up (void)
{
  if (pool == NULL)
    return;

  fsmm_pool_free (pool, block, NULL);
  g_object_unref (pool);
}
