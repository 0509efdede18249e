/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What bench-pool can measure. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  BENCH_SECTION_WORKLOADS, /* those that the performance aims are for */
  BENCH_SECTION_BULK,      /* a million blocks in other ways */
  BENCH_SECTION_PATTERNS,  /* of benchmarks by others */
  BENCH_SECTION_FLOOR,     /* calls of nothing */
  BENCH_SECTION_REFILL,    /* what was dropped is filled again */
  BENCH_SECTION_POOLS,     /* more than one */
  BENCH_SECTION_CALLS,     /* other ways to take blocks */
  BENCH_SECTION_TYPED,     /* instances, boxed values and handles */
  BENCH_SECTION_COUNTED,   /* instructions, and not time */
  BENCH_SECTION_DOCUMENTS, /* blocks that come together, and go together */
  BENCH_SECTION_MEMORY,    /* phases of a program, after which its memory is looked at */
  BENCH_SECTION_SCALING,   /* replacing random blocks of ever larger live sets */
  BENCH_N_SECTIONS,
} BenchSection;

typedef struct {
  BenchSection section;
  const char *name;
  const char *workload; /* what the workers call it */
  gsize n_live;
  const char *unit;
  gsize size; /* of a block */
} BenchRow;

typedef enum {
  BENCH_ROWS_OF_WORKLOADS,
  BENCH_ROWS_OF_SCALING,
  BENCH_ROWS_OF_INSTRUCTIONS,
  BENCH_ROWS_OF_DOCUMENTS,
  BENCH_ROWS_OF_MEMORY,
} BenchRowSet;

/* Returns rows, to be freed: those in @names, which is a list with commas in between, or all if
 * that is NULL. @sizes is such a list, too. Those sizes after the first get only the rows that aims
 * are for, unless @names says more. */
BenchRow *bench_rows_choose (
    BenchRowSet set, const char *names, const char *sizes, gsize *n_rows, GError **error);

/* Whether the mean of its rows means something. */
gboolean bench_section_is_of_one_kind (BenchSection section);

const char *bench_section_get_title (BenchSection section);

G_END_DECLS
