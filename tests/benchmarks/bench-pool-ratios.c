/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-ratios.h"

#include <math.h>
#include <stdio.h>

#include "bench-pool-quotients.h"

static const char *const references[] = { "old", "malloc", "mimalloc", "simple-pool" };
#define N_REFERENCES G_N_ELEMENTS (references)

/* Of minima, and of medians. */
typedef struct {
  double minimum, median;
} Ratio;

/* Returns what fsmm needs in relation to @reference; of NAN if one of them was not measured. */
static Ratio
get_ratio (const BenchTable *table, gsize row, const char *reference)
{
  const BenchResult *of = bench_table_get (table, row, bench_table_find_peer (table, "fsmm"));
  const BenchResult *to = bench_table_get (table, row, bench_table_find_peer (table, reference));

  if (of->n_rounds == 0 || to->n_rounds == 0)
    return (Ratio){ NAN, NAN };

  return (Ratio){ of->minimum / to->minimum, of->median / to->median };
}

static void
print_figure (double figure)
{
  printf ("%*.*f", BENCH_CELL_WIDTH / 2, figure < 100 ? 3 : 0, figure);
}

static void
print_ratio (Ratio ratio)
{
  if (isnan (ratio.minimum))
    printf ("%*s–%*s–", BENCH_CELL_WIDTH / 2 - 1, "", BENCH_CELL_WIDTH / 2 - 1, "");
  else
    {
      print_figure (ratio.minimum);
      print_figure (ratio.median);
    }
}

typedef struct {
  Ratio logarithms, highest;
  int n;
} Summary;

static void
summary_add (Summary *self, Ratio ratio)
{
  if (isnan (ratio.minimum))
    return;

  self->logarithms.minimum += log (ratio.minimum);
  self->logarithms.median += log (ratio.median);
  self->highest.minimum = MAX (self->highest.minimum, ratio.minimum);
  self->highest.median = MAX (self->highest.median, ratio.median);
  self->n++;
}

static Ratio
summary_mean (const Summary *self)
{
  if (self->n == 0)
    return (Ratio){ NAN, NAN };

  return (Ratio){ exp (self->logarithms.minimum / self->n),
                  exp (self->logarithms.median / self->n) };
}

static void
print_summary (const BenchTable *table, const char *mean, const Summary *summaries)
{
  printf ("  %-*s", BENCH_NAME_WIDTH - 2, mean);
  for (gsize i = 0; i < N_REFERENCES; i++)
    if (bench_table_find_peer (table, references[i]) >= 0)
      print_ratio (summary_mean (&summaries[i]));
  printf ("\n  %-*s", BENCH_NAME_WIDTH - 2, "highest");
  for (gsize i = 0; i < N_REFERENCES; i++)
    if (bench_table_find_peer (table, references[i]) >= 0)
      print_ratio (summaries[i].n > 0 ? summaries[i].highest : (Ratio){ NAN, NAN });
  printf ("\n");
}

static void
print_row (const BenchTable *table, gsize row, Summary *summaries)
{
  printf ("  %-*s", BENCH_NAME_WIDTH - 2, table->rows[row].name);
  for (gsize i = 0; i < N_REFERENCES; i++)
    {
      Ratio ratio;

      if (bench_table_find_peer (table, references[i]) < 0)
        continue;
      ratio = get_ratio (table, row, references[i]);
      print_ratio (ratio);
      summary_add (&summaries[i], ratio);
    }
  printf ("\n");
}

/* Whether two rows are in the same part of the table. */
static gboolean
is_beside (const BenchRow *row, const BenchRow *other)
{
  return row->section == other->section && row->size == other->size;
}

/* Prints the rows from @row to the end of its section, and returns the next one. */
static gsize
print_section (const BenchTable *table, gsize row)
{
  Summary summaries[N_REFERENCES] = { 0 };
  const BenchRow *first = &table->rows[row];

  bench_table_print_section (table, row);
  for (; row < table->n_rows && is_beside (&table->rows[row], first); row++)
    print_row (table, row, summaries);

  if (&table->rows[row] > first + 1 && bench_section_is_of_one_kind (first->section))
    print_summary (table, "geom. mean", summaries);

  return row;
}

/* Of all rows of one size that are of a kind. */
static void
print_mean_of_size (const BenchTable *table, gsize size)
{
  g_autofree char *name = g_strdup_printf ("%" G_GSIZE_FORMAT " bytes", size);
  Summary summaries[N_REFERENCES] = { 0 };

  for (gsize row = 0; row < table->n_rows; row++)
    for (gsize i = 0; i < N_REFERENCES; i++)
      if (table->rows[row].size == size &&
          bench_section_is_of_one_kind (table->rows[row].section) &&
          bench_table_find_peer (table, references[i]) >= 0)
        summary_add (&summaries[i], get_ratio (table, row, references[i]));

  print_summary (table, name, summaries);
}

static gboolean
has_rows_of_one_kind (const BenchTable *table)
{
  for (gsize row = 0; row < table->n_rows; row++)
    if (bench_section_is_of_one_kind (table->rows[row].section))
      return TRUE;

  return FALSE;
}

static void
print_means_of_sizes (const BenchTable *table)
{
  if (!has_rows_of_one_kind (table))
    return;

  printf ("geometric mean of workloads and patterns\n");
  for (gsize row = 0; row < table->n_rows; row++)
    if (row == 0 || table->rows[row].size != table->rows[row - 1].size)
      print_mean_of_size (table, table->rows[row].size);
}

/* Whether there is anything beside fsmm. */
static gboolean
print_heading (const BenchTable *table)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < N_REFERENCES; i++)
    if (bench_table_find_peer (table, references[i]) >= 0)
      {
        if (!is_any)
          printf ("\nfsmm in relation to\n%*s", BENCH_NAME_WIDTH, "");
        printf ("%*s", BENCH_CELL_WIDTH, references[i]);
        is_any = TRUE;
      }
  if (is_any)
    printf ("\n");

  return is_any;
}

void
bench_ratios_print (const BenchTable *table)
{
  if (bench_table_find_peer (table, "fsmm") < 0)
    return;

  if (print_heading (table))
    {
      for (gsize row = 0; row < table->n_rows;)
        row = print_section (table, row);
      print_means_of_sizes (table);
    }
  bench_quotients_print (table);
}
