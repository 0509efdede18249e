/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fills a table with what the peers' worker programs measure. */

#pragma once

#include "bench-pool-table.h"

G_BEGIN_DECLS

typedef enum {
  BENCH_MEASURE_TIME,
  BENCH_MEASURE_INSTRUCTIONS, /* in one round */
  BENCH_MEASURE_MEMORY,       /* along the phases of one round */
} BenchMeasure;

typedef struct {
  double seconds; /* for each case; 0: do the work once */
  int n_rounds;
  int n_threads; /* where there are several */
  BenchMeasure measure;
  double idle_seconds; /* where memory is measured */
} BenchRounds;

/* How many blocks are taken where many are taken at once. */
gsize bench_rounds_get_n_bulk (const BenchRounds *self, gsize size);

/* Whether the machine has enough memory for a row. */
gboolean bench_rounds_fit_memory (const BenchRounds *self, const BenchRow *row);

/* Measures @table, which has rows and peers and no results as yet. Each round visits each case
 * once, so that what the machine does besides falls on all of them alike. */
void bench_rounds_run (const BenchRounds *self, BenchTable *table);

G_END_DECLS
