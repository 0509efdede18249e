/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What blocks of a pool cost, beside those of other allocators.
 *
 * The peers are run in turn, workload by workload and round after round, each in a process of its
 * own; bench-pool-peers.h tells why. What the workloads do is in bench-work-*.c. Times are those of
 * taking and giving back one block, where both are done, and with several threads what a thread
 * needs for that. Where several threads work, other programs must not: what they take from a
 * processor counts. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench-machine.h"
#include "bench-options.h"
#include "bench-pool-ratios.h"
#include "bench-pool-table.h"

#define TITLE "Blocks of a pool"

static const BenchRow workload_rows[] = {
  { BENCH_SECTION_WORKLOADS, "pair", "pair", 0, "ns" },
  { BENCH_SECTION_WORKLOADS, "batch-1k", "batch", 0, "ns" },
  { BENCH_SECTION_WORKLOADS, "churn-1k", "churn", 1000, "ns" },
  { BENCH_SECTION_WORKLOADS, "churn-200k", "churn", 200000, "ns" },
  { BENCH_SECTION_WORKLOADS, "threads", "threads", 1000, "ns" },
  { BENCH_SECTION_WORKLOADS, "hand-over", "hand-over", 0, "ns" },
  { BENCH_SECTION_WORKLOADS, "bulk-alloc", "bulk-alloc", 0, "ns" },
  { BENCH_SECTION_WORKLOADS, "bulk-free", "bulk-free", 0, "ns" },
  { BENCH_SECTION_BULK, "free-each", "free-each", 0, "ns" },
  { BENCH_SECTION_BULK, "free-all", "free-all", 0, "ns" },
  { BENCH_SECTION_BULK, "bytes/block", "bytes/block", 0, "bytes" },
  { BENCH_SECTION_PATTERNS, "larson", "larson", 0, "ns" },
  { BENCH_SECTION_PATTERNS, "xmalloc-test", "xmalloc-test", 0, "ns" },
  { BENCH_SECTION_PATTERNS, "cache-scratch", "cache-scratch", 0, "ns" },
  { BENCH_SECTION_PATTERNS, "cache-thrash", "cache-thrash", 0, "ns" },
  { BENCH_SECTION_PATTERNS, "glibc-simple", "glibc-simple", 0, "ns" },
  { BENCH_SECTION_PATTERNS, "glibc-thread", "glibc-thread", 0, "ns" },
};

static const BenchRow scaling_rows[] = {
  { BENCH_SECTION_SCALING, "10^3", "churn", 1000, "ns" },
  { BENCH_SECTION_SCALING, "10^4", "churn", 10000, "ns" },
  { BENCH_SECTION_SCALING, "10^5", "churn", 100000, "ns" },
  { BENCH_SECTION_SCALING, "10^6", "churn", 1000000, "ns" },
  { BENCH_SECTION_SCALING, "10^7", "churn", 10000000, "ns" },
};

static BenchOptions options = { .seconds = 0.5, .rounds = 11 };
static int option_size = 64;
static int option_threads = 2;
static char *option_workloads;
static char *option_peers;
static gboolean option_scaling;

static const GOptionEntry entries[] = {
  { "size", 0, 0, G_OPTION_ARG_INT, &option_size, "Bytes of a block (64; of interest: 16 to 1024)",
    "N" },
  { "threads", 0, 0, G_OPTION_ARG_INT, &option_threads, "How many, where there are several (2)",
    "N" },
  { "workload", 0, 0, G_OPTION_ARG_STRING, &option_workloads,
    "Only these rows of the table, with commas in between", "LIST" },
  { "peers", 0, 0, G_OPTION_ARG_STRING, &option_peers,
    "Only these columns of the table, with commas in between", "LIST" },
  { "scaling", 0, 0, G_OPTION_ARG_NONE, &option_scaling,
    "Measure ever more live blocks instead of different workloads", NULL },
  G_OPTION_ENTRY_NULL,
};

/* A million; less if the machine is small, and very few if nothing is to be measured. */
static gsize
get_n_bulk (void)
{
  if (options.seconds <= 0)
    return 1000;

  return MIN (1000000, bench_machine_memory () / 4 / (gsize) option_size);
}

static gsize
get_n_live (const BenchRow *row)
{
  return options.seconds > 0 ? row->n_live : MIN (row->n_live, 1000);
}

/* With what the allocator needs besides: the ancestor's hash sets double when they are full. */
static gboolean
fits_memory (const BenchRow *row)
{
  return get_n_live (row) < bench_machine_memory () / 2 / ((gsize) option_size + 64);
}

static double
measure (const BenchPoolPeer *peer, const BenchRow *row)
{
  double budget = MAX (options.seconds, 0) * 1e9 / options.rounds;
  g_autofree char *size = g_strdup_printf ("%d", option_size);
  g_autofree char *n_threads = g_strdup_printf ("%d", option_threads);
  g_autofree char *n_live = g_strdup_printf ("%" G_GSIZE_FORMAT, get_n_live (row));
  g_autofree char *n_bulk = g_strdup_printf ("%" G_GSIZE_FORMAT, get_n_bulk ());
  g_autofree char *nanoseconds = g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) budget);
  const char *const arguments[] = {
    row->workload, size, n_threads, n_live, n_bulk, nanoseconds, NULL,
  };


  return bench_pool_peer_measure (peer, arguments);
}

static gboolean
can_measure (const BenchPoolPeer *peer, const BenchRow *row)
{
  return peer->missing == NULL && fits_memory (row);
}

static void
run_rounds (const BenchTable *table)
{
  for (int round = 0; round < options.rounds; round++)
    for (gsize i = 0; i < table->n_rows; i++)
      for (guint j = 0; j < table->peers->len; j++)
        {
          const BenchPoolPeer *peer = g_ptr_array_index (table->peers, j);
          const BenchRow *row = &table->rows[i];
          double result;

          if (!can_measure (peer, row))
            continue;
          bench_progress ("Round %d of %d: %s, %s", round + 1, options.rounds, row->name,
                          peer->kind->name);
          result = measure (peer, row);
          if (!isnan (result))
            bench_result_add (bench_table_get (table, i, j), result);
        }
  bench_progress_clear ();
}

/* Runs all rounds. */
static void
fill (BenchTable *table)
{
  gsize n_results = table->n_rows * table->peers->len;
  double others;
  gint64 start;

  table->results = g_new0 (BenchResult, n_results);
  for (gsize i = 0; i < n_results; i++)
    {
      const BenchRow *row = &table->rows[i / table->peers->len];
      const BenchPoolPeer *peer = g_ptr_array_index (table->peers, i % table->peers->len);

      table->results[i].group = row->name;
      table->results[i].name = peer->kind->name;
      table->results[i].unit = row->unit;
    }

  others = bench_machine_others_seconds ();
  start = bench_now ();
  run_rounds (table);
  table->others = (bench_machine_others_seconds () - others) * 1e9 / (bench_now () - start);

  for (gsize i = 0; i < n_results; i++)
    bench_result_summarize (&table->results[i]);
}

static void
print_heading (void)
{
  g_autofree char *machine = bench_machine_describe ();

  printf (TITLE " of %d bytes, %d threads where there are several, %" G_GSIZE_FORMAT
          " blocks at once\n%s\n",
          option_size, option_threads, get_n_bulk (), machine);
  printf ("Minimum and median of %d rounds in ns (bytes/block: resident bytes); each round visits all\n",
          options.rounds);
  if (options.seconds <= 0)
    printf ("NOT MEASURED: all was done once and with few blocks, to see that it works\n");
#ifndef __OPTIMIZE__
  printf ("NOT OPTIMISED: this was built for finding mistakes, and not for measuring\n");
#endif
  printf ("\n");
}

/* Work of one thread is measured in the time it had itself, but the caches it shared. */
static void
print_disturbance (const BenchTable *table)
{
  if (options.seconds > 0 && table->others >= 0.1)
    printf ("\nBUSY: other programs used %.1f of %u processors meanwhile. Times of several\n"
            "threads are not to be trusted then, and those of one thread are too high.\n",
            table->others, g_get_num_processors ());
}

static void
print_peers (const BenchTable *table)
{
  printf ("\n");
  for (guint i = 0; i < table->peers->len; i++)
    {
      const BenchPoolPeer *peer = g_ptr_array_index (table->peers, i);

      if (peer->missing == NULL)
        printf ("%-10s %s\n", peer->kind->name, peer->description);
      else
        printf ("not measured: %s (%s)\n", peer->kind->name, peer->missing);
    }
  for (gsize i = 0; i < table->n_rows; i++)
    if (!fits_memory (&table->rows[i]))
      printf ("not measured: %s (this machine has too little memory)\n", table->rows[i].name);
}

static void
append_peer (GString *json, const BenchPoolPeer *peer)
{
  g_string_append (json, "    {\"name\": ");
  bench_json_append (json, peer->kind->name);
  g_string_append (json, peer->missing == NULL ? ", \"provider\": " : ", \"missing\": ");
  bench_json_append (json, peer->missing == NULL ? peer->description : peer->missing);
  g_string_append_c (json, '}');
}

/* The members that other benchmarks do not have. */
static char *
make_json (const BenchTable *table)
{
  GString *json = g_string_new (NULL);

  g_string_append_printf (json,
                          "  \"size\": %d,\n  \"threads\": %d,\n  \"bulk\": %" G_GSIZE_FORMAT
                          ",\n  \"measured\": %s,\n"
                          "  \"percent-of-a-processor-used-by-others\": %d,\n  \"peers\": [",
                          option_size, option_threads, get_n_bulk (),
                          options.seconds > 0 ? "true" : "false",
                          (int) (table->others * 100));
  for (guint i = 0; i < table->peers->len; i++)
    {
      g_string_append (json, i > 0 ? ",\n" : "\n");
      append_peer (json, g_ptr_array_index (table->peers, i));
    }
  g_string_append (json, "\n  ],\n");

  return g_string_free (json, FALSE);
}

/* Returns those that were asked for, to be freed. */
static BenchRow *
choose_rows (gsize *n_rows, GError **error)
{
  const BenchRow *all = option_scaling ? scaling_rows : workload_rows;
  gsize n_all = option_scaling ? G_N_ELEMENTS (scaling_rows) : G_N_ELEMENTS (workload_rows);
  g_auto (GStrv) names = g_strsplit (option_workloads != NULL ? option_workloads : "", ",", -1);
  g_autofree BenchRow *rows = g_new (BenchRow, n_all);

  *n_rows = 0;
  for (gsize i = 0; i < n_all; i++)
    if (option_workloads == NULL || g_strv_contains ((const char *const *) names, all[i].name))
      rows[(*n_rows)++] = all[i];

  if (option_workloads != NULL && *n_rows < g_strv_length (names))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "Not all workloads of “%s” are known (or one is there twice)",
                   option_workloads);
      return NULL;
    }

  return g_steal_pointer (&rows);
}

static gboolean
check_numbers (GError **error)
{
  /* A block must hold what is written to it. */
  if (option_size >= 8 && option_size <= 1 << 20 && option_threads >= 1 && option_threads <= 64)
    return TRUE;

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "Blocks have 8 to 1048576 bytes, and there are 1 to 64 threads");
  return FALSE;
}

static gboolean
run (BenchTable *table, GError **error)
{
  g_autofree BenchRow *rows = NULL;
  g_autofree char *json = NULL;

  if (!check_numbers (error) || (rows = choose_rows (&table->n_rows, error)) == NULL)
    return FALSE;
  table->rows = rows;
  table->peers = bench_pool_peers_find (option_peers, error);
  if (table->peers == NULL)
    return FALSE;

  print_heading ();
  fill (table);
  bench_table_print (table);
  bench_ratios_print (table);
  print_disturbance (table);
  print_peers (table);

  json = make_json (table);
  return options.json == NULL
         || bench_results_write (options.json, TITLE, json, table->results,
                                 table->n_rows * table->peers->len, error);
}

int
main (int argc, char *argv[])
{
  BenchTable table = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean is_done;

  if (!bench_options_parse (&options, TITLE, entries, &argc, &argv))
    return 2;

  is_done = run (&table, &error);
  if (!is_done)
    fprintf (stderr, "%s: %s\n", g_get_prgname (), error->message);

  g_free (table.results);
  g_clear_pointer (&table.peers, g_ptr_array_unref);

  return is_done ? 0 : 1;
}
