/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-timing.h"

#include "xml-tree-reader.h"

#include <stdlib.h>

/* The first of several gives both sides memory to use again, and does not count. */
#define MAX_ROUNDS 6
#define MAX_DOCUMENT_BYTES (256 * 1024 * 1024)
#define BUDGET (8 * G_TIME_SPAN_SECOND)
/* Trees that a round builds. */
#define N_TREES 3
/* More than what the GNU C Library takes for small, and less than what it would give back. */
#define TIDY_BYTES 4096

typedef double XmlSamples[XML_N_STEPS][MAX_ROUNDS];

typedef struct {
  const char *path;
  XmlPools *pools;
  XmlProgress *progress;
  guint n_rounds;
  XmlSamples of_pools;
  XmlSamples of_heap;
  gsize n_left;
} XmlMeasurement;

/* Makes malloc () do what it has put off. The GNU C Library merges small pieces that were freed
 * only when it is asked for a large one, or happens to free one: that takes longer than freeing
 * them did, and would be counted to whichever step comes next. */
static void
tidy_heap (void)
{
  g_free (g_malloc (TIDY_BYTES));
}

static void
note (XmlMeasurement *self, const XmlPools *pools, XmlStep step, gint64 start)
{
  XmlSamples *samples = pools != NULL ? &self->of_pools : &self->of_heap;

  (*samples)[step][self->n_rounds] = (double) (g_get_monotonic_time () - start);
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
build (XmlMeasurement *self, XmlPools *pools, guint n_trees, GError **error)
{
  XmlTree *tree;
  gint64 start;

  show_progress (self, n_trees);
  tidy_heap ();

  start = g_get_monotonic_time ();
  tree = xml_tree_read (pools, self->path, NULL, error);
  note (self, pools, XML_STEP_BUILD, start);

  return tree;
}

static void
drop (XmlMeasurement *self, XmlTree *tree, XmlStep step, XmlStep step_and_tidy)
{
  gint64 start;

  tidy_heap ();

  start = g_get_monotonic_time ();
  if (step == XML_STEP_FREE_ALL)
    xml_tree_drop_all (tree);
  else
    xml_tree_drop_nodes (tree);
  note (self, tree->pools, step, start);
  tidy_heap ();
  note (self, tree->pools, step_and_tidy, start);

  self->n_left += xml_pools_count_live (self->pools);
  xml_tree_free (tree);
}

/* Begins and ends with a tree in pools. Both sides build where the same tree was before: pools keep
 * the memory of nodes that are dropped one by one, as the heap does. free_all () returns what is above
 * 8 MiB, so that the build which comes next does not count. */
static gboolean
measure_round (XmlMeasurement *self, XmlTree **live, GError **error)
{
  XmlTree *tree;

  drop (self, g_steal_pointer (live), XML_STEP_DROP_NODES, XML_STEP_DROP_NODES_AND_TIDY);
  tree = build (self, self->pools, 0, error);
  if (tree == NULL)
    return FALSE;
  drop (self, tree, XML_STEP_FREE_ALL, XML_STEP_FREE_ALL_AND_TIDY);

  tree = build (self, NULL, 1, error);
  if (tree == NULL)
    return FALSE;
  drop (self, tree, XML_STEP_DROP_NODES, XML_STEP_DROP_NODES_AND_TIDY);

  show_progress (self, 2);
  tidy_heap ();
  *live = xml_tree_read (self->pools, self->path, NULL, error);
  return *live != NULL;
}

static int
compare_doubles (const void *a, const void *b)
{
  double difference = *(const double *) a - *(const double *) b;

  return (difference > 0) - (difference < 0);
}

static XmlTime
summarize (double *samples, guint n)
{
  qsort (samples, n, sizeof *samples, compare_doubles);

  return (XmlTime){ samples[0], (samples[(n - 1) / 2] + samples[n / 2]) / 2 };
}

static void
summarize_all (XmlMeasurement *self, XmlTimes *times)
{
  times->is_warmed = self->n_rounds > 1;
  times->n_rounds = self->n_rounds - (times->is_warmed ? 1 : 0);
  times->n_left = self->n_left;

  for (int step = 0; step < XML_N_STEPS; step++)
    {
      times->pools[step] = summarize (self->of_pools[step] + times->is_warmed, times->n_rounds);
      times->heap[step] = summarize (self->of_heap[step] + times->is_warmed, times->n_rounds);
    }
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

  summarize_all (&self, times);

  return TRUE;
}
