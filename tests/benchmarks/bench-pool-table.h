/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What bench-pool measures, row by row, and what it shows of that. */

#pragma once

#include <glib.h>

#include "bench-pool-peers.h"
#include "bench-result.h"

G_BEGIN_DECLS

typedef enum {
  BENCH_SECTION_WORKLOADS, /* those that the performance aims are for */
  BENCH_SECTION_BULK,      /* a million blocks in other ways */
  BENCH_SECTION_PATTERNS,  /* of benchmarks by others */
  BENCH_SECTION_SCALING,   /* replacing random blocks of ever larger live sets */
  BENCH_N_SECTIONS,
} BenchSection;

typedef struct {
  BenchSection section;
  const char *name;
  const char *workload; /* what the workers call it */
  gsize n_live;
  const char *unit;
} BenchRow;

/* A row of cases for each workload, one case for each peer. */
typedef struct {
  const BenchRow *rows;
  gsize n_rows;
  GPtrArray *peers;
  BenchResult *results;
  double others; /* processors that other programs used on average, about 0 if unknown */
} BenchTable;

BenchResult *bench_table_get (const BenchTable *self, gsize row, guint peer);

void bench_table_print (const BenchTable *self);
/* How fsmm compares, and what that comes to. */
void bench_table_print_ratios (const BenchTable *self);

G_END_DECLS
