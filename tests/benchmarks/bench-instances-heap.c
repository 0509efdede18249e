/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-instances.h"

#include "bench-types.h"

gpointer
bench_instances_get_pool (GType type)
{
  return NULL;
}

guint64
bench_pass_construct (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer instance = g_malloc0 (self->size);

      bench_use (instance);
      g_free (instance);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

guint64
bench_pass_construct_active (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer instance = g_malloc0 (self->size);

      bench_active_init (instance);
      bench_use (instance);
      bench_active_clear (instance);
      g_free (instance);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

guint64
bench_pass_box (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer instance = g_atomic_rc_box_alloc0 (self->size);

      bench_use (instance);
      g_atomic_rc_box_release (instance);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

guint64
bench_pass_box_active (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer instance = g_atomic_rc_box_alloc0 (self->size);

      bench_active_init (instance);
      bench_use (instance);
      g_atomic_rc_box_release_full (instance, bench_active_clear);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

guint64
bench_pass_handle (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer block = g_atomic_rc_box_alloc (self->size);

      bench_use (block);
      g_atomic_rc_box_release (block);
    }

  return BENCH_OPERATIONS_PER_PASS;
}
