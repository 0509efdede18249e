/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-rounds.h"

#include <math.h>

#include "bench.h"
#include "bench-machine.h"
#include "bench-options.h"
#include "bench-pool-callgrind.h"
#include "bench-pool-memory.h"

/* A million; less if the machine is small, and very few if nothing is to be measured. */
gsize
bench_rounds_get_n_bulk (const BenchRounds *self, gsize size)
{
  if (self->seconds <= 0)
    return 1000;

  return MIN (1000000, bench_machine_memory () / 4 / size);
}

static gsize
get_n_live (const BenchRounds *self, const BenchRow *row)
{
  return self->seconds > 0 ? row->n_live : MIN (row->n_live, 1000);
}

/* With what the allocator needs besides: the simple pool's hash sets double when they are full. */
gboolean
bench_rounds_fit_memory (const BenchRounds *self, const BenchRow *row)
{
  return get_n_live (self, row) < bench_machine_memory () / 2 / (row->size + 64);
}

/* Of some ten thousand operations. */
static double
count_instructions (const BenchRounds *self, const BenchPoolPeer *peer, const BenchRow *row)
{
  return bench_callgrind_count (peer, row->workload, row->size, self->seconds > 0 ? 10 : 1);
}

static double
measure_time (const BenchRounds *self, const BenchPoolPeer *peer, const BenchRow *row)
{
  double budget = MAX (self->seconds, 0) * 1e9 / self->n_rounds;
  gsize n_blocks = bench_rounds_get_n_bulk (self, row->size);
  g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, row->size);
  g_autofree char *n_threads = g_strdup_printf ("%d", self->n_threads);
  g_autofree char *n_live = g_strdup_printf ("%" G_GSIZE_FORMAT, get_n_live (self, row));
  g_autofree char *n_bulk = g_strdup_printf ("%" G_GSIZE_FORMAT, n_blocks);
  g_autofree char *nanoseconds = g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) budget);
  const char *const arguments[] = {
    row->workload, size, n_threads, n_live, n_bulk, nanoseconds, "0", NULL,
  };

  return bench_pool_peer_measure (peer, arguments);
}

static void
visit (const BenchRounds *self, const BenchTable *table, gsize row, guint peer_number)
{
  const BenchPoolPeer *peer = g_ptr_array_index (table->peers, peer_number);
  double result;

  if (peer->missing != NULL || !bench_rounds_fit_memory (self, &table->rows[row]))
    return;

  result = self->measure == BENCH_MEASURE_INSTRUCTIONS
               ? count_instructions (self, peer, &table->rows[row])
               : measure_time (self, peer, &table->rows[row]);
  if (!isnan (result))
    bench_result_add (bench_table_get (table, row, peer_number), result);
}

/* A GiB; little if nothing is to be measured, and nothing if that is not time. */
static gsize
get_n_warm (const BenchRounds *self)
{
  if (self->measure != BENCH_MEASURE_TIME)
    return 0;

  return (gsize) (self->seconds > 0 ? 1024 : 4) << 20;
}

static void
run_round (const BenchRounds *self, const BenchTable *table, int round)
{
  for (gsize row = 0; row < table->n_rows; row++)
    {
      bench_progress ("Round %d of %d: %s", round + 1, self->n_rounds, table->rows[row].name);
      for (guint peer = 0; peer < table->peers->len; peer++)
        visit (self, table, row, peer);
    }
}

static void
run_rounds (const BenchRounds *self, BenchTable *table)
{
  if (self->measure == BENCH_MEASURE_MEMORY)
    bench_memory_follow (table, bench_rounds_get_n_bulk (self, table->rows[0].size),
                         self->seconds > 0 ? self->idle_seconds : 0);
  else
    for (int round = 0; round < self->n_rounds; round++)
      run_round (self, table, round);
}

static void
make_results (BenchTable *table)
{
  table->results = g_new0 (BenchResult, table->n_rows * table->peers->len);
  for (gsize row = 0; row < table->n_rows; row++)
    for (guint i = 0; i < table->peers->len; i++)
      {
        const BenchPoolPeer *peer = g_ptr_array_index (table->peers, i);
        BenchResult *result = bench_table_get (table, row, i);

        result->group = table->rows[row].name;
        result->name = peer->kind->name;
        result->unit = table->rows[row].unit;
        result->size = table->rows[row].size != table->rows[0].size ? table->rows[row].size : 0;
      }
}

void
bench_rounds_run (const BenchRounds *self, BenchTable *table)
{
  double others;
  gint64 start;

  make_results (table);
  bench_progress ("Warming");
  table->warmth = bench_warm (get_n_warm (self));

  others = bench_machine_others_seconds ();
  start = bench_now ();
  run_rounds (self, table);
  bench_progress_clear ();

  table->others = (bench_machine_others_seconds () - others) * 1e9 / (bench_now () - start);
  for (gsize i = 0; i < table->n_rows * table->peers->len; i++)
    bench_result_summarize (&table->results[i]);
}
