/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-rows.h"

#include <string.h>

/* A block must hold what is written to it. */
#define LEAST_SIZE 8
#define MOST_SIZE (1 << 20)

static const BenchRow workload_rows[] = {
  { BENCH_SECTION_WORKLOADS, "pair", "pair", 0, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "batch-1k", "batch", 0, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "churn-1k", "churn", 1000, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "churn-200k", "churn", 200000, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "threads", "threads", 1000, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "hand-over", "hand-over", 0, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "bulk-alloc", "bulk-alloc", 0, "ns", 0 },
  { BENCH_SECTION_WORKLOADS, "bulk-free", "bulk-free", 0, "ns", 0 },
  { BENCH_SECTION_BULK, "free-each", "free-each", 0, "ns", 0 },
  { BENCH_SECTION_BULK, "free-all", "free-all", 0, "ns", 0 },
  { BENCH_SECTION_BULK, "bytes/block", "bytes/block", 0, "bytes", 0 },
  { BENCH_SECTION_PATTERNS, "larson", "larson", 0, "ns", 0 },
  { BENCH_SECTION_PATTERNS, "xmalloc-test", "xmalloc-test", 0, "ns", 0 },
  { BENCH_SECTION_PATTERNS, "cache-scratch", "cache-scratch", 0, "ns", 0 },
  { BENCH_SECTION_PATTERNS, "cache-thrash", "cache-thrash", 0, "ns", 0 },
  { BENCH_SECTION_PATTERNS, "glibc-simple", "glibc-simple", 0, "ns", 0 },
  { BENCH_SECTION_PATTERNS, "glibc-thread", "glibc-thread", 0, "ns", 0 },
  { BENCH_SECTION_FLOOR, "floor-pair", "floor-pair", 0, "ns", 0 },
  { BENCH_SECTION_FLOOR, "floor-batch-1k", "floor-batch", 0, "ns", 0 },
  { BENCH_SECTION_FLOOR, "floor-churn-1k", "floor-churn", 1000, "ns", 0 },
  { BENCH_SECTION_REFILL, "refill-each-100", "refill-each", 100, "ns", 0 },
  { BENCH_SECTION_REFILL, "refill-all-100", "refill-all", 100, "ns", 0 },
  { BENCH_SECTION_REFILL, "refill-each-1k", "refill-each", 1000, "ns", 0 },
  { BENCH_SECTION_REFILL, "refill-all-1k", "refill-all", 1000, "ns", 0 },
  { BENCH_SECTION_REFILL, "refill-each-100k", "refill-each", 100000, "ns", 0 },
  { BENCH_SECTION_REFILL, "refill-all-100k", "refill-all", 100000, "ns", 0 },
  { BENCH_SECTION_POOLS, "pools-1", "pools-1", 0, "ns", 0 },
  { BENCH_SECTION_POOLS, "pools-64", "pools-64", 0, "ns", 0 },
  { BENCH_SECTION_POOLS, "pool-life", "pool-life", 0, "ns", 0 },
  { BENCH_SECTION_CALLS, "alloc0", "alloc0", 0, "ns", 0 },
  { BENCH_SECTION_CALLS, "alloc-memset", "alloc-memset", 0, "ns", 0 },
  { BENCH_SECTION_CALLS, "singles-64", "singles", 0, "ns", 0 },
  { BENCH_SECTION_CALLS, "many-64", "many", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "construct", "construct", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "construct-active", "construct-active", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "boxed", "boxed", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "boxed-active", "boxed-active", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "box", "box", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "box-active", "box-active", 0, "ns", 0 },
  { BENCH_SECTION_TYPED, "handle", "handle", 0, "ns", 0 },
};

static const BenchRow scaling_rows[] = {
  { BENCH_SECTION_SCALING, "10^3", "churn", 1000, "ns", 0 },
  { BENCH_SECTION_SCALING, "10^4", "churn", 10000, "ns", 0 },
  { BENCH_SECTION_SCALING, "10^5", "churn", 100000, "ns", 0 },
  { BENCH_SECTION_SCALING, "10^6", "churn", 1000000, "ns", 0 },
  { BENCH_SECTION_SCALING, "10^7", "churn", 10000000, "ns", 0 },
};

static const BenchRow instruction_rows[] = {
  { BENCH_SECTION_COUNTED, "floor-pair", "floor-pair", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "pair", "pair", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "batch-1k", "batch", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "alloc0", "alloc0", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "alloc-memset", "alloc-memset", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "construct", "construct", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "construct-active", "construct-active", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "boxed", "boxed", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "boxed-active", "boxed-active", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "box", "box", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "box-active", "box-active", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "handle", "handle", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "singles-64", "singles", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "many-64", "many", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "pools-1", "pools-1", 0, "instructions", 0 },
  { BENCH_SECTION_COUNTED, "pools-64", "pools-64", 0, "instructions", 0 },
};

static const BenchRow document_rows[] = {
  { BENCH_SECTION_DOCUMENTS, "own-pool-10", "own-pool", 10, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-all-10", "refill-all", 10, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-each-10", "refill-each", 10, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "own-pool-100", "own-pool", 100, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-all-100", "refill-all", 100, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-each-100", "refill-each", 100, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "own-pool-1k", "own-pool", 1000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-all-1k", "refill-all", 1000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-each-1k", "refill-each", 1000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "own-pool-10k", "own-pool", 10000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-all-10k", "refill-all", 10000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-each-10k", "refill-each", 10000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "own-pool-100k", "own-pool", 100000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-all-100k", "refill-all", 100000, "ns", 0 },
  { BENCH_SECTION_DOCUMENTS, "refill-each-100k", "refill-each", 100000, "ns", 0 },
};

static const BenchRow memory_rows[] = {
  { BENCH_SECTION_MEMORY, "fill", "memory", 0, "KiB", 0 },
  { BENCH_SECTION_MEMORY, "shrink", "memory", 0, "KiB", 0 },
  { BENCH_SECTION_MEMORY, "trim", "memory", 0, "KiB", 0 },
  { BENCH_SECTION_MEMORY, "idle", "memory", 0, "KiB", 0 },
  { BENCH_SECTION_MEMORY, "refill", "memory", 0, "KiB", 0 },
  { BENCH_SECTION_MEMORY, "drop", "memory", 0, "KiB", 0 },
};

static const struct {
  const BenchRow *rows;
  gsize n_rows;
} sets[] = {
  [BENCH_ROWS_OF_WORKLOADS] = { workload_rows, G_N_ELEMENTS (workload_rows) },
  [BENCH_ROWS_OF_SCALING] = { scaling_rows, G_N_ELEMENTS (scaling_rows) },
  [BENCH_ROWS_OF_INSTRUCTIONS] = { instruction_rows, G_N_ELEMENTS (instruction_rows) },
  [BENCH_ROWS_OF_DOCUMENTS] = { document_rows, G_N_ELEMENTS (document_rows) },
  [BENCH_ROWS_OF_MEMORY] = { memory_rows, G_N_ELEMENTS (memory_rows) },
};

static const struct {
  const char *title;
  gboolean is_of_one_kind;
} sections[BENCH_N_SECTIONS] = {
  [BENCH_SECTION_WORKLOADS] = { "workloads", TRUE },
  [BENCH_SECTION_BULK] = { "a million at once", FALSE },
  [BENCH_SECTION_PATTERNS] = { "patterns of other benchmarks", TRUE },
  [BENCH_SECTION_FLOOR] = { "two empty calls through a shared library", FALSE },
  [BENCH_SECTION_REFILL] = { "what was dropped or given back, filled again", FALSE },
  [BENCH_SECTION_POOLS] = { "more than one pool", FALSE },
  [BENCH_SECTION_CALLS] = { "other calls", FALSE },
  [BENCH_SECTION_TYPED] = { "instances of types", FALSE },
  [BENCH_SECTION_COUNTED] = { "instructions of a pair", FALSE },
  [BENCH_SECTION_DOCUMENTS] = { "one document after the other", FALSE },
  [BENCH_SECTION_MEMORY] = { "resident KiB after each phase", FALSE },
  [BENCH_SECTION_SCALING] = { "live blocks, of which random ones are replaced", TRUE },
};

gboolean
bench_section_is_of_one_kind (BenchSection section)
{
  return sections[section].is_of_one_kind;
}

const char *
bench_section_get_title (BenchSection section)
{
  return sections[section].title;
}

/* Whether @names, which may be NULL, leaves it in for the size whose number this is. */
static gboolean
is_wanted (const BenchRow *row, char **names, guint size_number)
{
  if (names != NULL)
    return g_strv_contains ((const char *const *) names, row->name);

  return size_number == 0 || row->section == BENCH_SECTION_COUNTED ||
         row->section == BENCH_SECTION_BULK || bench_section_is_of_one_kind (row->section);
}

static gboolean
parse_size (const char *text, guint64 *size, GError **error)
{
  if (g_ascii_string_to_unsigned (text, 10, LEAST_SIZE, MOST_SIZE, size, NULL))
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "Blocks have %d to %d bytes, and not “%s”", LEAST_SIZE, MOST_SIZE, text);
  return FALSE;
}

/* Appends the rows of one size. */
static void
append_rows (GArray *rows, BenchRowSet set, char **names, gsize size, guint size_number)
{
  for (gsize i = 0; i < sets[set].n_rows; i++)
    if (is_wanted (&sets[set].rows[i], names, size_number))
      {
        BenchRow row = sets[set].rows[i];

        row.size = size;
        g_array_append_val (rows, row);
      }
}

BenchRow *
bench_rows_choose (
    BenchRowSet set, const char *names, const char *sizes, gsize *n_rows, GError **error)
{
  g_auto (GStrv) name_list = names != NULL ? g_strsplit (names, ",", -1) : NULL;
  g_auto (GStrv) size_list = g_strsplit (sizes, ",", -1);
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (BenchRow));

  for (guint i = 0; i < MAX (1, g_strv_length (size_list)); i++)
    {
      guint64 size;

      if (!parse_size (size_list[i] != NULL ? size_list[i] : "", &size, error))
        return NULL;
      append_rows (rows, set, name_list, (gsize) size, i);
    }

  if (names != NULL && rows->len < g_strv_length (name_list) * g_strv_length (size_list))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "Not all workloads of “%s” are known (or one is there twice)", names);
      return NULL;
    }

  return g_array_steal (rows, n_rows);
}
