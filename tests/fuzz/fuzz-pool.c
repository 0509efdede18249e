/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pools of raw blocks: the input says which calls are made, a model what must come of each. */

#include "fuzz-pool.h"

/* Walking over more blocks than that takes longer than all else. */
#define MAX_QUICK_BLOCKS 600

static guint n_looks;

static void
fail_later (void)
{
  fuzz_plan_failure (1 + fuzz_input_below (8));
}

static const FuzzOperation operations[] = {
  { "alloc", fuzz_pool_alloc },
  { "alloc0", fuzz_pool_alloc0 },
  { "alloc run", fuzz_pool_alloc_run },
  { "free", fuzz_pool_free },
  { "free run", fuzz_pool_free_run },
  { "fsmm_free", fuzz_pool_free_anywhere },
  { "look at address", fuzz_pool_look_at_address },
  { "alloc_many", fuzz_pool_alloc_many },
  { "free_many", fuzz_pool_free_many },
  { "reserve", fuzz_pool_reserve },
  { "trim", fuzz_pool_trim },
  { "free_all", fuzz_pool_free_all },
  { "foreach", fuzz_pool_foreach },
  { "make pool", fuzz_pool_make },
  { "unref pool", fuzz_pool_unref },
  { "acquire", fuzz_handle_acquire },
  { "ref handle", fuzz_handle_ref },
  { "unref handle", fuzz_handle_unref },
  { "release", fuzz_handle_release },
  { "read", fuzz_handle_read },
  { "write", fuzz_handle_write },
  { "get bytes", fuzz_handle_get_bytes },
  { "unref bytes", fuzz_handle_unref_bytes },
  { "look at handle", fuzz_handle_look },
  { "have the system fail", fail_later },
  { "change to the other thread", fuzz_worker_toggle },
  { "end the other thread", fuzz_worker_dismiss },
};

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

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  fuzz_input_start (data, size);
  fuzz_check_start (check_pools);
  fuzz_pool_forget_stale ();
  n_looks = 0;

  fuzz_run_step ("make pool", fuzz_pool_make);
  fuzz_run_operations (operations, G_N_ELEMENTS (operations));
  fuzz_worker_end ();
  fuzz_run_step ("end", end);

  return 0;
}
