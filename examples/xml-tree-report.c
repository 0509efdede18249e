/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-report.h"

#include "xml-tree-output.h"
#include "xml-tree-summary.h"
#include "xml-tree-text.h"

#include <math.h>

#define N_NAMES 10
#define NAME_COLUMNS 20
#define COUNT_COLUMNS 8
#define MIN_MICROSECONDS 10

/* For machines. */
void
xml_report_counts (const XmlTree *tree)
{
  XmlCounts counts = xml_tree_count (tree);

  xml_print ("elements %" G_GSIZE_FORMAT "\n"
             "attributes %" G_GSIZE_FORMAT "\n"
             "texts %" G_GSIZE_FORMAT "\n"
             "depth %" G_GSIZE_FORMAT "\n",
             counts.n_elements, counts.n_attributes, counts.n_texts, counts.depth);
}

/* All that is printed is English, so numbers have a point in every locale. */
static char *
format_number (const char *format, double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (g_ascii_formatd (text, sizeof text, format, number));
}

static char *
format_bytes (gsize n_bytes)
{
  static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
  double size = n_bytes / 1024.0;
  g_autofree char *number = NULL;
  guint unit = 0;

  for (; size >= 1024 && unit + 1 < G_N_ELEMENTS (units); unit++)
    size /= 1024;

  number = format_number ("%.1f", size);
  return g_strdup_printf ("%s %s", number, units[unit]);
}

/* --- The document --- */

static void
report_name (const XmlNameCount *count)
{
  g_autofree char *name = xml_text_fit (count->name, NAME_COLUMNS);

  xml_print ("  %s%*" G_GSIZE_FORMAT, name, COUNT_COLUMNS, count->n_elements);
}

/* In two columns, to be read one after the other. */
static void
report_names (const XmlTree *tree)
{
  g_autoptr (GArray) counts = xml_tree_count_names (tree);
  guint n_names = counts->len;
  guint n_rows;

  if (n_names > N_NAMES)
    n_names = N_NAMES;
  n_rows = (n_names + 1) / 2;

  xml_print ("\n");
  xml_print_heading (n_names < counts->len ? "Most frequent elements" : "Elements");
  for (guint i = 0; i < n_names; i++)
    {
      guint column = i % 2;

      report_name (&g_array_index (counts, XmlNameCount, column * n_rows + i / 2));
      if (column == 1 || i + 1 == n_names)
        xml_print ("\n");
    }
}

void
xml_report_summary (const char *path, const XmlTree *tree)
{
  g_autofree char *display_path = g_filename_display_name (path);
  g_autofree char *printable_path = xml_text_make_printable (display_path);
  g_autofree char *size = format_bytes (tree->n_bytes);
  XmlCounts counts = xml_tree_count (tree);

  xml_print_heading ("Document");
  xml_print ("  file        %s\n", printable_path);
  xml_print ("  size        %" G_GSIZE_FORMAT " bytes (%s)\n", tree->n_bytes, size);
  xml_print ("  elements    %" G_GSIZE_FORMAT "\n", counts.n_elements);
  xml_print ("  attributes  %" G_GSIZE_FORMAT "\n", counts.n_attributes);
  xml_print ("  texts       %" G_GSIZE_FORMAT ", not counting white space\n", counts.n_texts);
  xml_print ("  depth       %" G_GSIZE_FORMAT "\n", counts.depth);

  report_names (tree);
}

/* --- The pools --- */

void
xml_report_pools (const XmlPools *pools)
{
  xml_print ("\n");
  xml_print_heading ("Pools");
  xml_print_styled (XML_STYLE_EXPLANATION, "  %-10s %10s %8s %8s %7s %10s", "name", "block size",
                    "live", "peak", "chunks", "reserved");
  xml_print ("\n");

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    {
      FsmmPool *pool = fsmm_typed_pool_get_pool (pools->of[kind]);
      g_autofree char *reserved = format_bytes (fsmm_pool_get_reserved_bytes (pool));

      xml_print ("  %-10s %8" G_GSIZE_FORMAT " B %8" G_GSIZE_FORMAT " %8" G_GSIZE_FORMAT
                 " %7" G_GSIZE_FORMAT " %10s\n",
                 fsmm_pool_get_name (pool), fsmm_pool_get_block_size (pool),
                 fsmm_pool_get_n_allocated (pool), fsmm_pool_get_peak_allocated (pool),
                 fsmm_pool_get_n_chunks (pool), reserved);
    }
}

/* --- Times --- */

/* By what is printed: 1.00 is neither. */
static XmlStyle
judge (double ratio)
{
  double hundredths = round (ratio * 100);

  if (hundredths == 100)
    return XML_STYLE_PLAIN;

  return hundredths < 100 ? XML_STYLE_BETTER : XML_STYLE_WORSE;
}

static void
print_number (XmlStyle style, int columns, const char *format, double number)
{
  g_autofree char *text = format_number (format, number);

  xml_print_styled (style, " %*s", columns, text);
}

static void
report_time (const char *what, const char *which, double pools, double heap, gboolean is_heaps)
{
  xml_print ("  %-17s %6s", what, which);
  print_number (XML_STYLE_PLAIN, 13, "%.3f", pools / 1e3);
  if (is_heaps)
    print_number (XML_STYLE_PLAIN, 13, "%.3f", heap / 1e3);
  else
    xml_print ("             —");

  /* The clock counts microseconds: little can be said of a few. */
  if (MIN (pools, heap) >= MIN_MICROSECONDS)
    print_number (judge (pools / heap), 5, "%.2f", pools / heap);
  else
    xml_print ("     —");
  xml_print ("\n");
}

static void
report_step (const char *what, const XmlTimes *times, XmlStep pools_step, XmlStep heap_step)
{
  const XmlTime *pools = &times->pools[pools_step];
  const XmlTime *heap = &times->heap[heap_step];
  gboolean is_heaps = pools_step == heap_step;

  report_time (what, "median", pools->median, heap->median, is_heaps);
  report_time ("", "least", pools->least, heap->least, is_heaps);
}

static void
report_conditions (const XmlTimes *times)
{
  g_autofree char *rounds = NULL;
  g_autofree char *text = NULL;

  rounds = times->n_rounds == 1 ? g_strdup ("Measured once")
                                : g_strdup_printf ("Measured in %u rounds", times->n_rounds);
  text = g_strconcat (
    rounds, times->is_warmed ? ", after one that does not count." : ".",
    " Building includes reading and parsing the file, and a g_strdup for each string, which are "
    "the same either way and take most of the time. Dropping includes a g_free for each string: "
    "free_all clears every node, too. The ratio is FsmmTypedPool to g_new0/g_free: below 1.00 the "
    "pool is faster. Since g_free has nothing like free_all, that one is compared with dropping "
    "node by node.",
    NULL);
  xml_print_wrapped (XML_STYLE_EXPLANATION, text, 2);
  xml_print ("\n");
  xml_print_wrapped (
    XML_STYLE_EXPLANATION,
    "“and tidy up” includes what g_free has put off. The GNU C Library merges small pieces of memory "
    "that were freed only when it is asked for a large one, or happens to free one, whoever does "
    "that: for strings on both sides, and for nodes of g_new0. Each step begins with a heap in which "
    "nothing is put off.",
    2);
}

/* Returns FALSE if there were blocks left where there must be none. */
gboolean
xml_report_times (const XmlTimes *times)
{
  xml_print ("\n");
  xml_print_heading ("Times in milliseconds");
  if (times->n_rounds == 0)
    {
      xml_print ("  not measured: the document is too large to be read several times\n");
      return TRUE;
    }

  xml_print_styled (XML_STYLE_EXPLANATION, "  %-17s %6s %13s %13s %5s", "", "", "FsmmTypedPool",
                    "g_new0/g_free", "ratio");
  xml_print ("\n");
  report_step ("build the tree", times, XML_STEP_BUILD, XML_STEP_BUILD);
  report_step ("drop node by node", times, XML_STEP_DROP_NODES, XML_STEP_DROP_NODES);
  report_step ("  and tidy up", times, XML_STEP_DROP_NODES_AND_TIDY, XML_STEP_DROP_NODES_AND_TIDY);
  report_step ("free_all ()", times, XML_STEP_FREE_ALL, XML_STEP_DROP_NODES);
  report_step ("  and tidy up", times, XML_STEP_FREE_ALL_AND_TIDY, XML_STEP_DROP_NODES_AND_TIDY);

  xml_print ("\n");
  report_conditions (times);
  xml_print ("\n  Live blocks after every drop: %" G_GSIZE_FORMAT "\n", times->n_left);

  return times->n_left == 0;
}

/* --- Mistakes --- */

static gboolean
report_mistake (const XmlMistake *mistake)
{
  g_autofree char *code = NULL;

  if (mistake->error == NULL)
    {
      xml_print ("  %s: ", mistake->what);
      xml_print_styled (XML_STYLE_WORSE, "NOT NOTICED");
      xml_print ("\n");
      return FALSE;
    }

  code = g_enum_to_string (FSMM_TYPE_ERROR, mistake->error->code);
  xml_print ("  %s: ", mistake->what);
  xml_print_styled (XML_STYLE_REFUSED, "%s", code);
  xml_print ("\n");
  xml_print_wrapped (XML_STYLE_PLAIN, mistake->error->message, 4);

  return TRUE;
}

/* Returns FALSE if a mistake was not noticed, or has done harm. */
gboolean
xml_report_mistakes (const XmlMistakes *mistakes)
{
  gboolean all_well = mistakes->n_live_after == mistakes->n_live_before;

  xml_print ("\n");
  xml_print_heading ("Freeing what must not be freed, with the tree in use");
  for (int i = 0; i < XML_N_MISTAKES; i++)
    all_well &= report_mistake (&mistakes->made[i]);

  xml_print ("  The pool works as before: live elements %" G_GSIZE_FORMAT ", then %" G_GSIZE_FORMAT
             "\n",
             mistakes->n_live_before, mistakes->n_live_after);

  return all_well;
}
