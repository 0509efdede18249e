/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A plugin that has the static library in it, for test-static-plugin.c. */

#include <fsmm-glib/fsmm-glib.h>

#define EXPORT __attribute__ ((visibility ("default")))

EXPORT void static_plugin_start (void);
EXPORT void static_plugin_work (void);
EXPORT void static_plugin_stop (void);

static FsmmPool *pool;

void
static_plugin_start (void)
{
  pool = fsmm_pool_new (64, 0, NULL);
}

void
static_plugin_work (void)
{
  gpointer block = fsmm_pool_alloc (pool, NULL);

  g_assert_nonnull (block);
  fsmm_free (block);
}

void
static_plugin_stop (void)
{
  g_clear_object (&pool);
}
