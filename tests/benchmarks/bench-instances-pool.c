/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-instances.h"

gpointer
bench_instances_get_pool (GType type)
{
  return fsmm_typed_pool_get_default (type);
}

guint64
bench_pass_construct (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer instance = fsmm_typed_pool_construct (self->pool, NULL);

      bench_use (instance);
      fsmm_typed_pool_destroy (self->pool, instance, NULL);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

guint64
bench_pass_box (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      FsmmBox *box = fsmm_typed_pool_alloc (self->pool, NULL);

      bench_use (box);
      fsmm_box_unref (box);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

guint64
bench_pass_handle (gpointer state)
{
  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      FsmmBlock *block = fsmm_pool_acquire (bench_peer_pool, NULL);

      bench_use (block);
      fsmm_block_unref (block);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

/* A pool knows the functions of its type. */
guint64
bench_pass_construct_active (gpointer state)
{
  return bench_pass_construct (state);
}

guint64
bench_pass_box_active (gpointer state)
{
  return bench_pass_box (state);
}
