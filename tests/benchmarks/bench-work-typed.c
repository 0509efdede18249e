/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Instances of types: made and destroyed, copied as boxed values, and owned by a handle. Beside
 * pools stands what a GLib program does otherwise, on the heap. */

#include "bench-instances.h"
#include "bench-types.h"

static double
measure (BenchPass pass, GType type, const BenchWork *work)
{
  BenchTyped self = { .type = type, .size = work->size };

  if (type == G_TYPE_INVALID)
    return -1;
  self.pool = bench_instances_get_pool (type);

  return bench_measure (pass, &self, work);
}

static guint64
pass_boxed (gpointer state)
{
  const BenchTyped *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer copy = g_boxed_copy (self->type, self->source);

      bench_use (copy);
      g_boxed_free (self->type, copy);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

double
bench_work_boxed (const BenchWork *work)
{
  return measure (pass_boxed, bench_type_get_plain (work->size), work);
}

double
bench_work_boxed_active (const BenchWork *work)
{
  return measure (pass_boxed, bench_type_get_active (work->size), work);
}

double
bench_work_construct (const BenchWork *work)
{
  return measure (bench_pass_construct, bench_type_get_plain (work->size), work);
}

double
bench_work_construct_active (const BenchWork *work)
{
  return measure (bench_pass_construct_active, bench_type_get_active (work->size), work);
}

double
bench_work_box (const BenchWork *work)
{
  return measure (bench_pass_box, bench_type_get_plain (work->size), work);
}

double
bench_work_box_active (const BenchWork *work)
{
  return measure (bench_pass_box_active, bench_type_get_active (work->size), work);
}

double
bench_work_handle (const BenchWork *work)
{
  return measure (bench_pass_handle, bench_type_get_plain (work->size), work);
}
