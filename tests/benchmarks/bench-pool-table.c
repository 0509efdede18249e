/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-table.h"

#include <stdio.h>
#include <string.h>

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

int
bench_table_find_peer (const BenchTable *self, const char *name)
{
  for (guint peer = 0; peer < self->peers->len; peer++)
    if (strcmp (get_peer (self, peer)->kind->name, name) == 0)
      return get_peer (self, peer)->missing == NULL ? (int) peer : -1;

  return -1;
}

static void
print_figure (double figure)
{
  printf ("%*.*f", BENCH_CELL_WIDTH / 2, figure < 1000 ? 1 : 0, figure);
}

/* printf counts bytes, of which the dash has several. */
static void
print_cell (const BenchResult *result)
{
  if (result->n_rounds == 0)
    printf ("%*s–%*s–", BENCH_CELL_WIDTH / 2 - 1, "", BENCH_CELL_WIDTH / 2 - 1, "");
  else
    {
      print_figure (result->minimum);
      print_figure (result->median);
    }
}

void
bench_table_print_section (const BenchTable *self, gsize row)
{
  const BenchRow *this = &self->rows[row];

  if (row == 0 || this->section != this[-1].section || this->size != this[-1].size)
    printf ("%s, %" G_GSIZE_FORMAT " bytes\n", bench_section_get_title (this->section), this->size);
}

static void
print_heading (const BenchTable *self)
{
  printf ("%*s", BENCH_NAME_WIDTH, "");
  for (guint peer = 0; peer < self->peers->len; peer++)
    if (get_peer (self, peer)->missing == NULL)
      printf ("%*s", BENCH_CELL_WIDTH, get_peer (self, peer)->kind->name);
  printf ("\n");
}

void
bench_table_print (const BenchTable *self)
{
  print_heading (self);
  for (gsize row = 0; row < self->n_rows; row++)
    {
      bench_table_print_section (self, row);
      printf ("  %-*s", BENCH_NAME_WIDTH - 2, self->rows[row].name);
      for (guint peer = 0; peer < self->peers->len; peer++)
        if (get_peer (self, peer)->missing == NULL)
          print_cell (bench_table_get (self, row, peer));
      printf ("\n");
    }
}
