/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_ROUNDS 101

typedef struct {
  const BenchCase *bench;
  guint64 n;                 /* how often the work is done in a round */
  double rounds[MAX_ROUNDS]; /* nanoseconds for doing it once */
  double median, low, high;
} Result;

static double option_seconds = 0.5;
static int option_rounds = 15;
static char *option_json;

static const GOptionEntry options[] = {
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &option_seconds,
    "Time for each case (0: do the work once, to see that it works)", "S" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &option_rounds, "How many rounds that is spread over", "N" },
  { "json", 0, 0, G_OPTION_ARG_FILENAME, &option_json, "Write the figures to a file as well",
    "FILE" },
  G_OPTION_ENTRY_NULL,
};

gint64
bench_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Finds how often the work must be done to fill a round. */
static guint64
calibrate (const BenchCase *bench, double round_ns)
{
  guint64 n = 1;

  while (round_ns > 0)
    {
      gint64 elapsed = bench->run (n, bench->data);

      if (elapsed >= round_ns / 10)
        return MAX (1, (guint64) (n * round_ns / elapsed));
      n *= 4;
    }

  return n;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double first = *(const double *) a;
  double second = *(const double *) b;

  return first < second ? -1 : first > second;
}

static void
summarize (Result *result, int n_rounds)
{
  qsort (result->rounds, n_rounds, sizeof (double), compare_doubles);
  result->low = result->rounds[n_rounds / 4];
  result->median = result->rounds[n_rounds / 2];
  result->high = result->rounds[n_rounds - 1 - n_rounds / 4];
}

static void
show_progress (const char *title, int round, int n_rounds)
{
  if (isatty (STDERR_FILENO))
    fprintf (stderr, "\r%s: round %d of %d ", title, round, n_rounds);
  if (isatty (STDERR_FILENO) && round == n_rounds)
    fprintf (stderr, "\r%*s\r", 60, "");
}

static void
run_rounds (const char *title, Result *results, gsize n_results, int n_rounds)
{
  for (int round = 0; round < n_rounds; round++)
    {
      for (gsize i = 0; i < n_results; i++)
        {
          const BenchCase *bench = results[i].bench;
          gint64 elapsed = bench->run (results[i].n, bench->data);

          results[i].rounds[round] = (double) elapsed / results[i].n;
        }
      show_progress (title, round + 1, n_rounds);
    }

  for (gsize i = 0; i < n_results; i++)
    summarize (&results[i], n_rounds);
}

static const Result *
find_reference (const Result *results, gsize index)
{
  const Result *reference = &results[index];

  while (reference > results && strcmp (reference[-1].bench->group, reference->bench->group) == 0)
    reference--;

  return reference;
}

static void
print_table (const char *title, const Result *results, gsize n_results)
{
  printf ("%s\n\n  %-44s %10s %17s %7s\n", title, "", "ns", "middle half", "ratio");

  for (gsize i = 0; i < n_results; i++)
    {
      const Result *result = &results[i];
      const Result *reference = find_reference (results, i);

      if (reference == result)
        printf ("%s\n", result->bench->group);
      printf ("  %-44s %10.2f %8.2f–%-8.2f %7.2f\n", result->bench->name, result->median, result->low,
              result->high, result->median / reference->median);
    }
}

static gboolean
write_json (const char *title, const Result *results, gsize n_results, GError **error)
{
  g_autoptr (GString) json = g_string_new (NULL);

  g_string_append_printf (json, "{\n  \"title\": \"%s\",\n  \"unit\": \"ns\",\n  \"cases\": [\n", title);
  for (gsize i = 0; i < n_results; i++)
    g_string_append_printf (json,
                            "    {\"group\": \"%s\", \"name\": \"%s\", \"median\": %.3f, "
                            "\"low\": %.3f, \"high\": %.3f}%s\n",
                            results[i].bench->group, results[i].bench->name, results[i].median,
                            results[i].low, results[i].high, i + 1 < n_results ? "," : "");
  g_string_append (json, "  ]\n}\n");

  return g_file_set_contents (option_json, json->str, (gssize) json->len, error);
}

int
bench_main (int argc, char *argv[], const char *title, const BenchCase *cases, gsize n_cases)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree Result *results = g_new0 (Result, n_cases);
  int n_rounds;

  g_option_context_set_summary (context, title);
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      fprintf (stderr, "%s: %s\n", g_get_prgname (), error->message);
      return 2;
    }

  n_rounds = option_seconds > 0 ? CLAMP (option_rounds, 1, MAX_ROUNDS) : 1;
  for (gsize i = 0; i < n_cases; i++)
    {
      results[i].bench = &cases[i];
      results[i].n = calibrate (&cases[i], option_seconds * 1e9 / n_rounds);
    }

  run_rounds (title, results, n_cases, n_rounds);
  print_table (title, results, n_cases);

  if (option_json != NULL && !write_json (title, results, n_cases, &error))
    {
      fprintf (stderr, "%s: %s\n", g_get_prgname (), error->message);
      return 1;
    }

  return 0;
}
