/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-quotients.h"

#include <stdio.h>
#include <string.h>

typedef struct {
  const char *row, *peer;
} Cell;

static const struct {
  Cell of, to;
} quotients[] = {
  { { "free-all", "fsmm" }, { "free-each", "fsmm" } },
  { { "free-all", "fsmm" }, { "free-each", "malloc" } },
  { { "threads", "fsmm" }, { "churn-1k", "fsmm" } },
  { { "floor-pair", "fsmm" }, { "pair", "mimalloc" } },
  { { "floor-batch-1k", "fsmm" }, { "batch-1k", "mimalloc" } },
  { { "floor-churn-1k", "fsmm" }, { "churn-1k", "mimalloc" } },
  { { "refill-all-100", "fsmm" }, { "refill-each-100", "fsmm" } },
  { { "refill-all-1k", "fsmm" }, { "refill-each-1k", "fsmm" } },
  { { "refill-all-100k", "fsmm" }, { "refill-each-100k", "fsmm" } },
  { { "pools-64", "fsmm" }, { "pools-1", "fsmm" } },
  { { "pool-life", "fsmm" }, { "pair", "malloc" } },
  { { "own-pool-10", "fsmm" }, { "refill-each-10", "malloc" } },
  { { "own-pool-100", "fsmm" }, { "refill-each-100", "malloc" } },
  { { "own-pool-1k", "fsmm" }, { "refill-each-1k", "malloc" } },
  { { "own-pool-10k", "fsmm" }, { "refill-each-10k", "malloc" } },
  { { "own-pool-100k", "fsmm" }, { "refill-each-100k", "malloc" } },
  { { "alloc0", "fsmm" }, { "alloc-memset", "fsmm" } },
  { { "many-64", "fsmm" }, { "singles-64", "fsmm" } },
  { { "construct", "fsmm" }, { "pair", "fsmm" } },
  { { "box", "fsmm" }, { "construct", "fsmm" } },
  { { "box-active", "fsmm" }, { "construct-active", "fsmm" } },
};

/* Returns NULL if it was not measured. */
static const BenchResult *
find (const BenchTable *table, Cell cell)
{
  int peer = bench_table_find_peer (table, cell.peer);

  for (gsize row = 0; peer >= 0 && row < table->n_rows; row++)
    if (strcmp (table->rows[row].name, cell.row) == 0)
      {
        const BenchResult *result = bench_table_get (table, row, peer);

        return result->n_rounds > 0 ? result : NULL;
      }

  return NULL;
}

void
bench_quotients_print (const BenchTable *table)
{
  gboolean is_first = TRUE;

  for (gsize i = 0; i < G_N_ELEMENTS (quotients); i++)
    {
      Cell a = quotients[i].of, b = quotients[i].to;
      const BenchResult *of = find (table, a), *to = find (table, b);

      if (of == NULL || to == NULL)
        continue;
      if (is_first)
        printf ("\nrows in relation to each other (minimum, median)\n");
      is_first = FALSE;
      printf ("  %s's %s / %s's %s: %.3f %.3f\n", a.peer, a.row, b.peer, b.row,
              of->minimum / to->minimum, of->median / to->median);
    }
}
