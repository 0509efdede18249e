/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the rounds of a case come to, and how that is written down for tools. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_MAX_ROUNDS 101

typedef struct {
  const char *group;
  const char *name;
  const char *unit;
  gsize size; /* of a block, if it is not that of the whole file; or 0 */
  double rounds[BENCH_MAX_ROUNDS];
  int n_rounds; /* 0: it was not measured */
  double minimum, median;
  double low, high; /* of the middle half */
} BenchResult;

void bench_result_add (BenchResult *self, double round);
/* To be called when all rounds are there. */
void bench_result_summarize (BenchResult *self);

/* Writes all that was measured, and on what machine. @more is NULL, or further members of the
 * object, with a comma after each. */
gboolean bench_results_write (const char *file,
                              const char *title,
                              const char *more,
                              const BenchResult *results,
                              gsize n_results,
                              GError **error);

/* Prints a table, and writes it to the file @json as well (nullable), with no more members. The median of
 * each is compared to that of the first one of its group. Returns FALSE after saying what is wrong. */
gboolean bench_results_report (const char *title,
                               const BenchResult *results,
                               gsize n_results,
                               const char *json);

/* Appends a string of JSON. */
void bench_json_append (GString *json, const char *string);

G_END_DECLS
