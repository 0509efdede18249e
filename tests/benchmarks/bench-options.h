/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The command line that all benchmarks have. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  double seconds; /* for each case; 0: do the work once */
  int rounds;     /* 1 if seconds is 0 */
  char *json;     /* file name, or NULL */
} BenchOptions;

/* @options has what is the default. @more are options of the program's own, or NULL. Returns FALSE
 * after saying what is wrong. */
gboolean bench_options_parse (BenchOptions *options,
                              const char *title,
                              const GOptionEntry *more,
                              int *argc,
                              char ***argv);

/* Shows what is being done on a line that does not stay, if standard error is a terminal. */
void bench_progress (const char *format, ...) G_GNUC_PRINTF (1, 2);
void bench_progress_clear (void);

G_END_DECLS
