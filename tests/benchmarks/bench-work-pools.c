/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Workloads of one thread with more than one pool: many of them in turn, and one after the other.
 */

#include "bench-work.h"

#include "bench-peer-heap.h"

#define MOST_POOLS 64

typedef struct {
  gpointer pools[MOST_POOLS];
  gsize n_pools;
  gsize size;
} Pools;

static guint64
pass_in_turn (gpointer state)
{
  Pools *self = state;
  gsize next = 0;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer pool = self->pools[next];

      bench_heap_give (pool, bench_heap_take (pool, self->size));
      next = next + 1 < self->n_pools ? next + 1 : 0;
    }

  return BENCH_OPERATIONS_PER_PASS;
}

static double
measure_in_turn (const BenchWork *work, gsize n_pools)
{
  Pools self = { .n_pools = n_pools, .size = work->size };

  if (!bench_heap_find ())
    return -1;

  for (gsize i = 0; i < n_pools; i++)
    self.pools[i] = bench_heap_new (work->size);

  return bench_measure (pass_in_turn, &self, work);
}

double
bench_work_pools_1 (const BenchWork *work)
{
  return measure_in_turn (work, 1);
}

double
bench_work_pools_64 (const BenchWork *work)
{
  return measure_in_turn (work, MOST_POOLS);
}

static guint64
pass_lives (gpointer state)
{
  const BenchWork *work = state;
  const int n_lives = 50;

  for (int i = 0; i < n_lives; i++)
    {
      gpointer pool = bench_heap_new (work->size);

      bench_heap_take (pool, work->size);
      bench_heap_drop (pool);
    }

  return n_lives;
}

/* A pool that is made, used for one block, and dropped. */
double
bench_work_pool_life (const BenchWork *work)
{
  return bench_heap_find () ? bench_measure (pass_lives, (gpointer) work, work) : -1;
}
