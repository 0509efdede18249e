/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pools of raw blocks: the input says which calls are made, a model what must come of each. */

#include "fuzz-pool.h"

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

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  fuzz_input_start (data, size);
  fuzz_pool_run (fuzz_pool_make, operations, G_N_ELEMENTS (operations), FUZZ_MAX_OPERATIONS);

  return 0;
}
