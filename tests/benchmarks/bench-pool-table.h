/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What bench-pool measured, row by row. */

#pragma once

#include <glib.h>

#include "bench-pool-peers.h"
#include "bench-pool-rows.h"
#include "bench-result.h"
#include "bench-warm.h"

G_BEGIN_DECLS

/* What a peer had in memory at some moment of a phase, which is a row. */
typedef struct {
  guint peer;
  gsize row;
  double seconds; /* since the start */
  long kibibytes; /* more than at the start */
} BenchSample;

/* A row of cases for each workload, one case for each peer. */
typedef struct {
  const BenchRow *rows;
  gsize n_rows;
  GPtrArray *peers;
  BenchResult *results;
  GArray *samples;    /* of BenchSample, in order of peers and time; NULL if time was measured */
  BenchWarmth warmth; /* before the first round */
  double others; /* processors that other programs used on average, about 0 if unknown */
} BenchTable;

#define BENCH_NAME_WIDTH 18
#define BENCH_CELL_WIDTH 14 /* of a minimum and a median */

BenchResult *bench_table_get (const BenchTable *self, gsize row, guint peer);
/* Returns the index of a peer, or -1 if it was not measured. */
int bench_table_find_peer (const BenchTable *self, const char *name);

void bench_table_print (const BenchTable *self);
/* The heading that stands above a row, if there is one. */
void bench_table_print_section (const BenchTable *self, gsize row);

G_END_DECLS
