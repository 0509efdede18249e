/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench.h"

#include "bench-options.h"
#include "bench-result.h"

#define N_TRIES 3

/* Of some tries, so that neither what the machine does besides nor the start of a thread that did not
 * get a processor at once makes little work look like much. */
static gint64
run_fastest (const BenchCase *bench, guint64 n)
{
  gint64 fastest = G_MAXINT64;

  for (int i = 0; i < N_TRIES; i++)
    fastest = MIN (fastest, bench->run (n, bench->data));

  return fastest;
}

/* Finds how often the work must be done to fill a round. */
static guint64
calibrate (const BenchCase *bench, double round_ns)
{
  guint64 n = 1;

  while (round_ns > 0)
    {
      gint64 elapsed = run_fastest (bench, n);

      if (elapsed >= round_ns / 10)
        return MAX (1, (guint64) (n * round_ns / elapsed));
      n *= 4;
    }

  return n;
}

static void
run_rounds (const char *title,
            const BenchCase *cases,
            BenchResult *results,
            gsize n_cases,
            const BenchOptions *options)
{
  g_autofree guint64 *counts = g_new (guint64, n_cases);

  for (gsize i = 0; i < n_cases; i++)
    {
      counts[i] = calibrate (&cases[i], options->seconds * 1e9 / options->rounds);
      results[i].group = cases[i].group;
      results[i].name = cases[i].name;
      results[i].unit = "ns";
    }

  for (int round = 0; round < options->rounds; round++)
    for (gsize i = 0; i < n_cases; i++)
      {
        gint64 elapsed;

        bench_progress ("%s: round %d of %d", title, round + 1, options->rounds);
        elapsed = cases[i].run (counts[i], cases[i].data);
        bench_result_add (&results[i], (double) elapsed / counts[i]);
      }
  bench_progress_clear ();

  for (gsize i = 0; i < n_cases; i++)
    bench_result_summarize (&results[i]);
}

int
bench_main (int argc, char *argv[], const char *title, const BenchCase *cases, gsize n_cases)
{
  BenchOptions options = { .seconds = 0.5, .rounds = 11 };
  g_autofree BenchResult *results = g_new0 (BenchResult, n_cases);

  if (!bench_options_parse (&options, title, NULL, &argc, &argv))
    return 2;

  run_rounds (title, cases, results, n_cases, &options);

  return bench_results_report (title, results, n_cases, options.json) ? 0 : 1;
}
