/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Workloads of a million blocks. Each is done once in a fresh process: getting the memory from the
 * system is part of it, as it is for a program that reads a large document. */

#include "bench-work.h"

static double
ns_each (gint64 start, gsize n_blocks)
{
  return (double) (bench_own_time () - start) / n_blocks;
}

static void
take_all (gpointer *blocks, gsize n_blocks)
{
  for (gsize i = 0; i < n_blocks; i++)
    blocks[i] = bench_peer_take ();
}

static gpointer *
taken (const BenchWork *work)
{
  gpointer *blocks = bench_pages (work->n_bulk * sizeof (gpointer));

  take_all (blocks, work->n_bulk);

  return blocks;
}

double
bench_work_bulk_alloc (const BenchWork *work)
{
  gpointer *blocks = bench_pages (work->n_bulk * sizeof (gpointer));
  gint64 start = bench_own_time ();

  take_all (blocks, work->n_bulk);

  return ns_each (start, work->n_bulk);
}

double
bench_work_bulk_free (const BenchWork *work)
{
  gpointer *blocks = taken (work);
  gint64 start;

  bench_shuffle (blocks, work->n_bulk);

  start = bench_own_time ();
  for (gsize i = 0; i < work->n_bulk; i++)
    bench_peer_give (blocks[i]);

  return ns_each (start, work->n_bulk);
}

/* In the order in which they were taken, the best that giving back one by one can hope for. */
double
bench_work_free_each (const BenchWork *work)
{
  gpointer *blocks = taken (work);
  gint64 start = bench_own_time ();

  for (gsize i = 0; i < work->n_bulk; i++)
    bench_peer_give_plainly (blocks[i]);

  return ns_each (start, work->n_bulk);
}

double
bench_work_free_all (const BenchWork *work)
{
  gint64 start;

  taken (work);
  start = bench_own_time ();

  return bench_peer_drop_all () ? ns_each (start, work->n_bulk) : -1;
}

double
bench_work_bytes_per_block (const BenchWork *work)
{
  gpointer *blocks = bench_pages (work->n_bulk * sizeof (gpointer));
  long before, after;

  /* What the first call of all brings along belongs to no block. */
  bench_peer_give (bench_peer_take ());
  before = bench_resident ();
  take_all (blocks, work->n_bulk);
  after = bench_resident ();

  return before < 0 || after < 0 ? -1 : MAX (after - before, 0) * 1024.0 / work->n_bulk;
}
