/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

/* Whether the library is where the model is. */

static void
check_instance (guint64 id)
{
  const FuzzInstance *self = &fuzz_instances[id];

  fuzz_check (self->state == FUZZ_DEAD || self->state == FUZZ_LIVE,
              "nobody makes or clears number %" G_GUINT64_FORMAT " any more, but its state is %d",
              id, self->state);
  if (self->state != FUZZ_LIVE)
    return;

  fuzz_check (!self->is_dropped, "number %" G_GUINT64_FORMAT " was dropped, and not cleared", id);
  fuzz_check (self->address->id == id && self->address->check == ~id,
              "what number %" G_GUINT64_FORMAT " has in its block at %p has changed", id,
              self->address);
}

static void
check_store (FuzzTyped *pool)
{
  char *fault = fsmm_heap_find_fault (&fsmm_typed_pool_get_pool (pool->pool)->store);

  fuzz_check (fault == NULL, "the pool is not sound: %s", fault);
}

static void
check_pool (FuzzTyped *pool)
{
  gsize n_live = fsmm_typed_pool_get_n_allocated (pool->pool);
  gsize peak = fsmm_typed_pool_get_peak_allocated (pool->pool);

  fuzz_check (n_live == pool->n_live, "n-allocated must be %u, but is %" G_GSIZE_FORMAT,
              pool->n_live, n_live);
  fuzz_check (peak >= pool->peak && peak <= pool->max_blocks,
              "peak-allocated must be %u or more, but is %" G_GSIZE_FORMAT, pool->peak, peak);
  if (pool->peak_is_known && (pool->threads & (pool->threads - 1)) == 0)
    fuzz_check (peak == pool->peak, "peak-allocated must be %u, but is %" G_GSIZE_FORMAT,
                pool->peak, peak);
}

/* What is cheap, or everything. */
void
fuzz_typed_check_all (gboolean deeply)
{
  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    check_instance (id);

  for (guint i = 0; i < FUZZ_N_TYPED; i++)
    if (fuzz_typed[i].pool != NULL)
      {
        check_pool (&fuzz_typed[i]);
        if (deeply)
          check_store (&fuzz_typed[i]);
      }
}
