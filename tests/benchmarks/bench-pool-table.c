/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 15
#define CELL_WIDTH 13

static const char *const section_titles[BENCH_N_SECTIONS] = {
  [BENCH_SECTION_WORKLOADS] = "workloads",
  [BENCH_SECTION_BULK] = "a million at once",
  [BENCH_SECTION_PATTERNS] = "patterns of other benchmarks",
  [BENCH_SECTION_SCALING] = "live blocks, of which random ones are replaced",
};

BenchResult *
bench_table_get (const BenchTable *self, gsize row, guint peer)
{
  return &self->results[row * self->peers->len + peer];
}

static const BenchPoolPeer *
get_peer (const BenchTable *self, guint peer)
{
  return g_ptr_array_index (self->peers, peer);
}

/* printf counts bytes, of which these signs have several. One round has no spread. */
static void
print_cell (const BenchResult *result)
{
  double spread = 50 * (result->high - result->low) / result->median;

  if (result->n_rounds == 0)
    {
      printf ("%*s–", CELL_WIDTH - 1, "");
      return;
    }

  printf ("%*.1f", CELL_WIDTH - 5, result->median);
  if (result->n_rounds > 1)
    printf (" ±%2.0f%%", MIN (spread, 99));
  else
    printf ("%5s", "");
}

static void
print_section (const BenchTable *self, gsize row)
{
  if (row == 0 || self->rows[row].section != self->rows[row - 1].section)
    printf ("%s\n", section_titles[self->rows[row].section]);
}

void
bench_table_print (const BenchTable *self)
{
  printf ("%*s", NAME_WIDTH, "");
  for (guint peer = 0; peer < self->peers->len; peer++)
    if (get_peer (self, peer)->missing == NULL)
      printf ("%*s", CELL_WIDTH, get_peer (self, peer)->kind->name);
  printf ("\n");

  for (gsize row = 0; row < self->n_rows; row++)
    {
      print_section (self, row);
      printf ("  %-*s", NAME_WIDTH - 2, self->rows[row].name);
      for (guint peer = 0; peer < self->peers->len; peer++)
        if (get_peer (self, peer)->missing == NULL)
          print_cell (bench_table_get (self, row, peer));
      printf ("\n");
    }
}

/* Returns the peer's index, or -1 if it was not measured. */
static int
find_measured (const BenchTable *self, const char *name)
{
  for (guint peer = 0; peer < self->peers->len; peer++)
    if (strcmp (get_peer (self, peer)->kind->name, name) == 0)
      return get_peer (self, peer)->missing == NULL ? (int) peer : -1;

  return -1;
}

/* Returns what @name needs in relation to @reference, or NAN. */
static double
get_ratio (const BenchTable *self, gsize row, const char *name, const char *reference)
{
  int of = find_measured (self, name);
  int to = find_measured (self, reference);

  if (of < 0 || to < 0 || bench_table_get (self, row, of)->n_rounds == 0
      || bench_table_get (self, row, to)->n_rounds == 0)
    return NAN;

  return bench_table_get (self, row, of)->median / bench_table_get (self, row, to)->median;
}

static const char *const references[] = { "malloc", "mimalloc", "ancestor" };

static void
print_ratio (double ratio)
{
  if (isnan (ratio))
    printf ("%*s–", CELL_WIDTH - 1, "");
  else
    printf ("%*.3f", CELL_WIDTH, ratio);
}

typedef struct {
  double logarithms, highest;
  int n;
} Summary;

static void
summary_add (Summary *self, double ratio)
{
  if (isnan (ratio))
    return;

  self->logarithms += log (ratio);
  self->highest = MAX (self->highest, ratio);
  self->n++;
}

static void
print_summary (const Summary *summaries)
{
  printf ("  %-*s", NAME_WIDTH - 2, "geom. mean");
  for (gsize i = 0; i < G_N_ELEMENTS (references); i++)
    print_ratio (summaries[i].n > 0 ? exp (summaries[i].logarithms / summaries[i].n) : NAN);
  printf ("\n  %-*s", NAME_WIDTH - 2, "highest");
  for (gsize i = 0; i < G_N_ELEMENTS (references); i++)
    print_ratio (summaries[i].n > 0 ? summaries[i].highest : NAN);
  printf ("\n");
}

static void
print_section_ratios (const BenchTable *self, BenchSection section)
{
  Summary summaries[G_N_ELEMENTS (references)] = { 0 };
  int n_rows = 0;

  for (gsize row = 0; row < self->n_rows; row++)
    {
      if (self->rows[row].section != section)
        continue;

      print_section (self, row);
      printf ("  %-*s", NAME_WIDTH - 2, self->rows[row].name);
      for (gsize i = 0; i < G_N_ELEMENTS (references); i++)
        {
          double ratio = get_ratio (self, row, "fsmm", references[i]);

          print_ratio (ratio);
          summary_add (&summaries[i], ratio);
        }
      printf ("\n");
      n_rows++;
    }

  /* What is in the other section is not of one kind. */
  if (n_rows > 1 && section != BENCH_SECTION_BULK)
    print_summary (summaries);
}

/* Returns the median of a row, or NAN. */
static double
get_median (const BenchTable *self, const char *workload, gsize n_live, const char *name)
{
  int peer = find_measured (self, name);

  for (gsize row = 0; peer >= 0 && row < self->n_rows; row++)
    if (strcmp (self->rows[row].workload, workload) == 0
        && (n_live == 0 || self->rows[row].n_live == n_live)
        && bench_table_get (self, row, peer)->n_rounds > 0)
      return bench_table_get (self, row, peer)->median;

  return NAN;
}

static void
print_quotient (const char *what, double dividend, double divisor)
{
  if (!isnan (dividend / divisor))
    printf ("%s: %.3f\n", what, dividend / divisor);
}

static void
print_across_rows (const BenchTable *self)
{
  double free_all = get_median (self, "free-all", 0, "fsmm");

  print_quotient ("fsmm free-all / free-each", free_all,
                  get_median (self, "free-each", 0, "fsmm"));
  print_quotient ("fsmm free-all / g_free on each", free_all,
                  get_median (self, "free-each", 0, "malloc"));
  print_quotient ("fsmm threads / churn-1k", get_median (self, "threads", 0, "fsmm"),
                  get_median (self, "churn", 1000, "fsmm"));
}

void
bench_table_print_ratios (const BenchTable *self)
{
  if (find_measured (self, "fsmm") < 0)
    return;

  printf ("\nfsmm in relation to\n%*s", NAME_WIDTH, "");
  for (gsize i = 0; i < G_N_ELEMENTS (references); i++)
    printf ("%*s", CELL_WIDTH, references[i]);
  printf ("\n");

  for (int section = 0; section < BENCH_N_SECTIONS; section++)
    print_section_ratios (self, section);

  print_across_rows (self);
}
