/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-many-pools.h"

#include <fsmm-glib/fsmm-glib.h>

static FsmmPool *pools[BENCH_MOST_POOLS];
static gpointer blocks[BENCH_MOST_POOLS];

static void
give_back (gsize i)
{
  fsmm_pool_free (pools[i], g_steal_pointer (&blocks[i]), NULL);
}

void
bench_make_pools (gsize n_pools)
{
  for (gsize i = 0; i < n_pools; i++)
    {
      pools[i] = fsmm_pool_new (64, 0, NULL);
      blocks[i] = fsmm_pool_alloc (pools[i], NULL);
      give_back (i);
    }
}

void
bench_use_pools (gsize n_pools)
{
  for (gsize i = 0; i < n_pools; i++)
    {
      if (blocks[i] == NULL)
        blocks[i] = fsmm_pool_alloc (pools[i], NULL);
      else
        give_back (i);
    }
}

void
bench_drop_pools (gsize n_pools)
{
  for (gsize i = 0; i < n_pools; i++)
    {
      if (blocks[i] != NULL)
        give_back (i);
      g_clear_object (&pools[i]);
    }
}
