/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One document after the other: as many blocks are taken each time, and either dropped in one call
 * or given back one by one; or each document has a pool of its own, which is dropped with it. What
 * an operation costs is told for each block. */

#include "bench-work.h"

#include "bench-peer-heap.h"

typedef struct {
  gpointer *blocks;
  gsize n_blocks;
  gsize size;
  gsize n_documents; /* of a pass */
} Refill;

static void
take_document (const Refill *self)
{
  for (gsize i = 0; i < self->n_blocks; i++)
    self->blocks[i] = bench_peer_take ();
}

static guint64
pass_dropping_all (gpointer state)
{
  const Refill *self = state;

  for (gsize i = 0; i < self->n_documents; i++)
    {
      take_document (self);
      bench_peer_drop_all ();
    }

  return self->n_documents * self->n_blocks;
}

static guint64
pass_giving_each (gpointer state)
{
  const Refill *self = state;

  for (gsize i = 0; i < self->n_documents; i++)
    {
      take_document (self);
      for (gsize j = 0; j < self->n_blocks; j++)
        bench_peer_give (self->blocks[j]);
    }

  return self->n_documents * self->n_blocks;
}

static guint64
pass_with_own_pools (gpointer state)
{
  const Refill *self = state;

  for (gsize i = 0; i < self->n_documents; i++)
    {
      gpointer pool = bench_heap_new (self->size);

      for (gsize j = 0; j < self->n_blocks; j++)
        self->blocks[j] = bench_heap_take (pool, self->size);
      bench_heap_drop (pool);
    }

  return self->n_documents * self->n_blocks;
}

static double
measure (BenchPass pass, const BenchWork *work)
{
  Refill self = {
    bench_pages (work->n_live * sizeof (gpointer)),
    work->n_live,
    work->size,
    MAX (1, BENCH_OPERATIONS_PER_PASS / work->n_live),
  };

  return bench_measure (pass, &self, work);
}

double
bench_work_refill_all (const BenchWork *work)
{
  return bench_peer_drop_all () ? measure (pass_dropping_all, work) : -1;
}

double
bench_work_refill_each (const BenchWork *work)
{
  return measure (pass_giving_each, work);
}

double
bench_work_own_pool (const BenchWork *work)
{
  return bench_heap_find () ? measure (pass_with_own_pools, work) : -1;
}
