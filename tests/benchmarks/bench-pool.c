/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What blocks of a pool cost, beside those of other allocators.
 *
 * The peers are run in turn, workload by workload and round after round, each in a process of its
 * own; bench-pool-peers.h tells why. What the workloads do is in bench-work-*.c. Times are those of
 * taking and giving back one block, where both are done, and with several threads what a thread
 * needs for that. Where several threads work, other programs must not: what they take from a
 * processor counts. */

#include <stdio.h>

#include "bench-machine.h"
#include "bench-options.h"
#include "bench-pool-memory.h"
#include "bench-pool-ratios.h"
#include "bench-pool-rounds.h"

#define TITLE "Blocks of a pool"
#define MOST_IDLE_SECONDS 3600

static BenchRounds rounds;
static BenchOptions options = { .seconds = 0.5, .rounds = 11 };
static char *option_sizes;
static int option_threads = 2;
static char *option_workloads;
static char *option_peers;
static char *option_compare;
static gboolean option_scaling;
static gboolean option_instructions;
static gboolean option_documents;
static gboolean option_memory;
static double option_idle = 12;

static const GOptionEntry entries[] = {
  { "size", 0, 0, G_OPTION_ARG_STRING, &option_sizes,
    "Bytes of a block (64); with commas in between, several sizes, all rows only for the first",
    "LIST" },
  { "threads", 0, 0, G_OPTION_ARG_INT, &option_threads, "How many, where there are several (2)",
    "N" },
  { "workload", 0, 0, G_OPTION_ARG_STRING, &option_workloads,
    "Only these rows of the table, with commas in between", "LIST" },
  { "peers", 0, 0, G_OPTION_ARG_STRING, &option_peers,
    "Only these columns of the table, with commas in between", "LIST" },
  { "compare", 0, 0, G_OPTION_ARG_FILENAME, &option_compare,
    "Measure another build of the library beside this one (and, if not said otherwise, no peers)",
    "OLD.so" },
  { "scaling", 0, 0, G_OPTION_ARG_NONE, &option_scaling,
    "Measure ever more live blocks instead of different workloads", NULL },
  { "instructions", 0, 0, G_OPTION_ARG_NONE, &option_instructions,
    "Count instructions instead of time, with Valgrind's callgrind", NULL },
  { "documents", 0, 0, G_OPTION_ARG_NONE, &option_documents,
    "Measure documents of ever more blocks, in a pool each and in one that is kept", NULL },
  { "memory", 0, 0, G_OPTION_ARG_NONE, &option_memory,
    "Follow what is in memory while blocks come, go, and come again", NULL },
  { "idle", 0, 0, G_OPTION_ARG_DOUBLE, &option_idle,
    "How long --memory leaves the few blocks alone that are left (12)", "S" },
  G_OPTION_ENTRY_NULL,
};

static void
print_heading (const BenchTable *table)
{
  g_autofree char *machine = bench_machine_describe ();

  printf (TITLE ", %d threads where there are several, %" G_GSIZE_FORMAT " blocks at once\n%s\n",
          rounds.n_threads, bench_rounds_get_n_bulk (&rounds, table->rows[0].size), machine);
  if (rounds.measure == BENCH_MEASURE_INSTRUCTIONS)
    printf ("Instructions of an operation, counted by callgrind (the loop's are among them)\n");
  else if (rounds.measure == BENCH_MEASURE_MEMORY)
    printf ("KiB in memory, more than before the first block (in one round)\n");
  else
    printf ("Minimum and median of %d interleaved rounds in ns (bytes/block: resident bytes)\n",
            rounds.n_rounds);
  if (options.seconds <= 0)
    printf ("NOT MEASURED: all was done once and with few blocks, to see that it works\n");
#ifndef __OPTIMIZE__
  printf ("NOT OPTIMISED: this was built for finding mistakes, and not for measuring\n");
#endif
  printf ("\n");
}

static void
print_warmth (const BenchTable *table)
{
  g_autofree char *warmth = bench_warmth_describe (&table->warmth);

  printf ("\nWarmed before the first round: %s\n", warmth);
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
        printf ("%-11s %s\n", peer->kind->name, peer->description);
      else
        printf ("not measured: %s (%s)\n", peer->kind->name, peer->missing);
    }
  for (gsize i = 0; i < table->n_rows; i++)
    if (!bench_rounds_fit_memory (&rounds, &table->rows[i]))
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
  gsize size = table->rows[0].size;

  g_string_append_printf (json,
                          "  \"size\": %" G_GSIZE_FORMAT
                          ",\n  \"threads\": %d,\n  \"bulk\": %" G_GSIZE_FORMAT
                          ",\n  \"measured\": %s,\n"
                          "  \"percent-of-a-processor-used-by-others\": %d,\n",
                          size, rounds.n_threads, bench_rounds_get_n_bulk (&rounds, size),
                          options.seconds > 0 ? "true" : "false", (int) (table->others * 100));
  bench_warmth_append (&table->warmth, json);
  if (table->samples != NULL)
    bench_memory_append (table, json);
  g_string_append (json, "  \"peers\": [");
  for (guint i = 0; i < table->peers->len; i++)
    {
      g_string_append (json, i > 0 ? ",\n" : "\n");
      append_peer (json, g_ptr_array_index (table->peers, i));
    }
  g_string_append (json, "\n  ],\n");

  return g_string_free (json, FALSE);
}

/* Whether what is asked for goes together, and can be had. */
static gboolean
check_options (GError **error)
{
  g_autofree char *valgrind = g_find_program_in_path ("valgrind");
  const char *wrong = NULL;

  if (option_threads < 1 || option_threads > 64)
    wrong = "There are 1 to 64 threads";
  else if (option_instructions + option_scaling + option_documents + option_memory > 1)
    wrong = "--instructions, --scaling, --documents and --memory cannot be combined";
  else if (option_memory && option_workloads != NULL)
    wrong = "--memory and --workload cannot be combined";
  else if (!(option_idle >= 0 && option_idle <= MOST_IDLE_SECONDS))
    wrong = "--idle is 0 to 3600 seconds";
  else if (option_instructions && valgrind == NULL)
    wrong = "valgrind is missing: install it to count instructions";
  else
    return TRUE;

  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, wrong);
  return FALSE;
}

static BenchRow *
choose_rows (gsize *n_rows, GError **error)
{
  BenchRowSet set = BENCH_ROWS_OF_WORKLOADS;

  if (option_instructions)
    set = BENCH_ROWS_OF_INSTRUCTIONS;
  else if (option_scaling)
    set = BENCH_ROWS_OF_SCALING;
  else if (option_documents)
    set = BENCH_ROWS_OF_DOCUMENTS;
  else if (option_memory)
    set = BENCH_ROWS_OF_MEMORY;

  return bench_rows_choose (set, option_workloads, option_sizes != NULL ? option_sizes : "64",
                            n_rows, error);
}

/* Returns NULL for all of them. */
static const char *
get_peer_names (void)
{
  if (option_peers != NULL)
    return option_peers;
  if (option_compare != NULL)
    return "fsmm";
  if (option_documents)
    return "fsmm,malloc,mimalloc";

  return option_memory ? "fsmm,malloc,mimalloc,jemalloc,tcmalloc" : NULL;
}

static BenchMeasure
get_measure (void)
{
  if (option_instructions)
    return BENCH_MEASURE_INSTRUCTIONS;

  return option_memory ? BENCH_MEASURE_MEMORY : BENCH_MEASURE_TIME;
}

static void
print_results (const BenchTable *table)
{
  bench_table_print (table);
  if (rounds.measure != BENCH_MEASURE_MEMORY)
    bench_ratios_print (table);
  if (rounds.measure == BENCH_MEASURE_TIME)
    {
      print_warmth (table);
      print_disturbance (table);
    }
  print_peers (table);
}

static gboolean
run (BenchTable *table, GError **error)
{
  g_autofree BenchRow *rows = NULL;
  g_autofree char *json = NULL;

  if (!check_options (error) || (rows = choose_rows (&table->n_rows, error)) == NULL)
    return FALSE;
  table->rows = rows;
  table->peers = bench_pool_peers_find (get_peer_names (), option_compare, error);
  if (table->peers == NULL)
    return FALSE;

  rounds = (BenchRounds) {
    .seconds = options.seconds,
    .n_rounds = get_measure () == BENCH_MEASURE_TIME ? options.rounds : 1,
    .n_threads = option_threads,
    .measure = get_measure (),
    .idle_seconds = option_idle,
  };
  print_heading (table);
  bench_rounds_run (&rounds, table);
  print_results (table);

  json = make_json (table);
  return options.json == NULL || bench_results_write (options.json, TITLE, json, table->results,
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
  g_clear_pointer (&table.samples, g_array_unref);

  return is_done ? 0 : 1;
}
