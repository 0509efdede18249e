/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A run from the first pool to the last. */

#include "fuzz-pool.h"

/* Walking over more blocks than that takes longer than all else. */
#define MAX_QUICK_BLOCKS 600

static guint n_looks;

/* Small pools are looked at closely after each operation, others now and then. */
static void
check_pools (void)
{
  n_looks++;

  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    {
      FuzzPool *self = &fuzz_pools[i];
      gboolean is_small = self->n_chunks * self->per_chunk <= MAX_QUICK_BLOCKS;

      if (self->pool != NULL)
        fuzz_pool_check (self, is_small || n_looks % 16 == 0);
    }

  fuzz_handle_check_all ();
}

static void
end (void)
{
  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    if (fuzz_pools[i].pool != NULL)
      fuzz_pool_check (&fuzz_pools[i], TRUE);

  fuzz_handle_end_all ();

  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    if (fuzz_pools[i].pool != NULL)
      {
        fuzz_pool_check (&fuzz_pools[i], TRUE);
        fuzz_pool_unref_owned (&fuzz_pools[i]);
      }
}

/* The input says which operations follow after @make. */
void
fuzz_pool_run (void (*make) (void),
               const FuzzOperation *operations,
               guint n_operations,
               guint max_run)
{
  fuzz_check_start (check_pools);
  fuzz_pool_forget_stale ();
  n_looks = 0;

  fuzz_run_step ("make pool", make);
  fuzz_run_operations (operations, n_operations, max_run);
  fuzz_worker_end ();
  fuzz_run_step ("end", end);
}
