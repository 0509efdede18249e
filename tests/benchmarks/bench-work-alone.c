/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Workloads of one thread: a pair, a batch, and replacing random ones of a live set.
 *
 * The process has no other thread then, so the C library leaves out its locks: the best case for
 * its malloc, which a program that uses GIO does not have. */

#include "bench-work.h"

#define BATCH 1000

static guint64
pass_pairs (gpointer state)
{
  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    bench_peer_give (bench_peer_take ());

  return BENCH_OPERATIONS_PER_PASS;
}

double
bench_work_pair (const BenchWork *work)
{
  return bench_measure (pass_pairs, NULL, work);
}

static guint64
pass_batches (gpointer state)
{
  gpointer *blocks = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS / BATCH; i++)
    {
      for (gsize j = 0; j < BATCH; j++)
        blocks[j] = bench_peer_take ();
      for (gsize j = BATCH; j-- > 0;)
        bench_peer_give (blocks[j]);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

double
bench_work_batch (const BenchWork *work)
{
  return bench_measure (pass_batches, bench_pages (BATCH * sizeof (gpointer)), work);
}

double
bench_work_churn (const BenchWork *work)
{
  BenchLive *live = bench_live_new (work->n_live, 0);

  bench_shuffle_pool (MAX (work->n_bulk, work->n_live));
  bench_live_fill (live);

  return bench_measure (bench_live_replace, live, work);
}
