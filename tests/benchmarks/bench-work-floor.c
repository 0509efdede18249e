/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is left of the workloads of one thread if taking and giving back a block are empty calls. It
 * is the same for every allocator: where its figures differ, measuring is not more exact than that.
 */

#include "bench-work.h"

#include "bench-floor.h"

#define BATCH 1000

typedef struct {
  gpointer *blocks;
  gsize n_blocks;
  guint64 random;
} Floor;

static Floor *
floor_new (gsize n_blocks, gsize size)
{
  Floor *self = bench_pages (sizeof *self);
  char *memory = bench_pages (n_blocks * size);

  self->blocks = bench_pages (n_blocks * sizeof (gpointer));
  self->n_blocks = n_blocks;
  self->random = 88172645463325252;
  for (gsize i = 0; i < n_blocks; i++)
    self->blocks[i] = memory + i * size;

  return self;
}

static inline gpointer
take (gpointer block)
{
  bench_floor_take ();
  *(volatile guint64 *) block = 1;
  bench_use (block);

  return block;
}

static inline void
give (gpointer block)
{
  bench_use (block);
  bench_floor_give ();
}

static guint64
pass_pairs (gpointer state)
{
  Floor *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    give (take (self->blocks[0]));

  return BENCH_OPERATIONS_PER_PASS;
}

double
bench_work_floor_pair (const BenchWork *work)
{
  return bench_measure (pass_pairs, floor_new (1, work->size), work);
}

static guint64
pass_batches (gpointer state)
{
  Floor *self = state;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS / BATCH; i++)
    {
      for (gsize j = 0; j < BATCH; j++)
        self->blocks[j] = take (self->blocks[j]);
      for (gsize j = BATCH; j-- > 0;)
        give (self->blocks[j]);
    }

  return BENCH_OPERATIONS_PER_PASS;
}

double
bench_work_floor_batch (const BenchWork *work)
{
  return bench_measure (pass_batches, floor_new (BATCH, work->size), work);
}

static guint64
pass_churn (gpointer state)
{
  Floor *self = state;
  guint64 random = self->random;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gsize at = bench_random_below (&random, self->n_blocks);

      give (self->blocks[at]);
      self->blocks[at] = take (self->blocks[at]);
    }
  self->random = random;

  return BENCH_OPERATIONS_PER_PASS;
}

double
bench_work_floor_churn (const BenchWork *work)
{
  return bench_measure (pass_churn, floor_new (work->n_live, work->size), work);
}
