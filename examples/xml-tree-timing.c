/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-timing.h"

#include "xml-tree-reader.h"

#include <stdlib.h>

#define MAX_ROUNDS 5
#define MAX_DOCUMENT_BYTES (256 * 1024 * 1024)
#define BUDGET (8 * G_TIME_SPAN_SECOND)
/* Trees that a round builds. */
#define N_TREES 3

typedef struct {
  const char *path;
  XmlPools *pools;
  XmlProgress *progress;
  guint n_rounds;
  double samples[XML_N_STEPS][MAX_ROUNDS];
  gsize n_left;
} XmlMeasurement;

static void
note (XmlMeasurement *self, XmlStep step, gint64 start)
{
  self->samples[step][self->n_rounds] = (double) (g_get_monotonic_time () - start);
}

/* Nothing is shown while the clock runs. */
static void
show_progress (XmlMeasurement *self, guint n_trees)
{
  guint n_done = self->n_rounds * N_TREES + n_trees;
  g_autofree char *text =
      g_strdup_printf ("measuring, round %u of at most %d", self->n_rounds + 1, MAX_ROUNDS);

  xml_progress_show (self->progress, (double) n_done / (MAX_ROUNDS * N_TREES), text);
}

static XmlTree *
build (XmlMeasurement *self, XmlPools *pools, XmlStep step, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  XmlTree *tree = xml_tree_read (pools, self->path, NULL, error);

  note (self, step, start);

  return tree;
}

static void
drop (XmlMeasurement *self, XmlTree *tree, XmlStep step)
{
  gint64 start = g_get_monotonic_time ();

  if (step == XML_STEP_FREE_ALL)
    xml_tree_drop_all (tree);
  else
    xml_tree_drop_nodes (tree);

  note (self, step, start);
  self->n_left += xml_pools_count_live (self->pools);
  xml_tree_free (tree);
}

/* Begins and ends with a tree in pools. The build that is measured starts with pools that have no
 * memory yet, which free_all () has returned. */
static gboolean
measure_round (XmlMeasurement *self, XmlTree **live, GError **error)
{
  XmlTree *tree;

  show_progress (self, 0);
  drop (self, g_steal_pointer (live), XML_STEP_FREE_ALL);

  tree = build (self, self->pools, XML_STEP_BUILD_POOLS, error);
  if (tree == NULL)
    return FALSE;
  drop (self, tree, XML_STEP_DROP_NODES_POOLS);

  show_progress (self, 1);
  tree = build (self, NULL, XML_STEP_BUILD_HEAP, error);
  if (tree == NULL)
    return FALSE;
  drop (self, tree, XML_STEP_DROP_NODES_HEAP);

  show_progress (self, 2);
  *live = xml_tree_read (self->pools, self->path, NULL, error);
  return *live != NULL;
}

static int
compare_doubles (const void *a, const void *b)
{
  double difference = *(const double *) a - *(const double *) b;

  return (difference > 0) - (difference < 0);
}

static double
find_median (double *samples, guint n)
{
  qsort (samples, n, sizeof *samples, compare_doubles);

  return (samples[(n - 1) / 2] + samples[n / 2]) / 2;
}

/* Measures in as many rounds as there is time for: in none if the document is so large that one
 * would take long. @live is a tree of the file at @path in pools; it is dropped, and another
 * one, or NULL, comes in its place. */
gboolean
xml_measure (const char *path,
             XmlTree **live,
             XmlTimes *times,
             XmlProgress *progress,
             GError **error)
{
  XmlMeasurement self = { .path = path, .pools = (*live)->pools, .progress = progress };
  gint64 start = g_get_monotonic_time ();
  gint64 elapsed;

  *times = (XmlTimes){ 0 };
  if ((*live)->n_bytes > MAX_DOCUMENT_BYTES)
    return TRUE;

  do
    {
      if (!measure_round (&self, live, error))
        return FALSE;

      self.n_rounds++;
      elapsed = g_get_monotonic_time () - start;
    }
  while (self.n_rounds < MAX_ROUNDS && elapsed + elapsed / self.n_rounds < BUDGET);

  times->n_rounds = self.n_rounds;
  times->n_left = self.n_left;
  for (int step = 0; step < XML_N_STEPS; step++)
    times->median[step] = find_median (self.samples[step], self.n_rounds);

  return TRUE;
}
