/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-memory.h"

#include <stdio.h>
#include <string.h>

#include "bench-options.h"

#define WORKLOAD "memory"

/* Returns -1 if no row has that name. */
static int
find_row (const BenchTable *table, const char *name)
{
  for (gsize row = 0; row < table->n_rows; row++)
    if (strcmp (table->rows[row].name, name) == 0)
      return (int) row;

  return -1;
}

static gboolean
parse (const BenchTable *table, const char *line, BenchSample *sample)
{
  char phase[16];
  gint64 nanoseconds;
  int row;

  if (sscanf (line, "%15s %" G_GINT64_FORMAT " %ld", phase, &nanoseconds, &sample->kibibytes) != 3)
    return FALSE;

  row = find_row (table, phase);
  sample->row = (gsize) row;
  sample->seconds = nanoseconds / 1e9;

  return row >= 0;
}

static void
add_samples (BenchTable *table, guint peer_number, const char *output)
{
  const BenchPoolPeer *peer = g_ptr_array_index (table->peers, peer_number);
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      BenchSample sample = { .peer = peer_number };

      if (!parse (table, *line, &sample))
        bench_pool_peer_fail (peer, WORKLOAD, *line);
      g_array_append_val (table->samples, sample);
    }
}

static void
follow (BenchTable *table, guint peer_number, gsize n_blocks, double idle_seconds)
{
  const BenchPoolPeer *peer = g_ptr_array_index (table->peers, peer_number);
  g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, table->rows[0].size);
  g_autofree char *n_bulk = g_strdup_printf ("%" G_GSIZE_FORMAT, n_blocks);
  g_autofree char *idle = g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) (idle_seconds * 1e9));
  const char *const arguments[] = { WORKLOAD, size, "1", "1", n_bulk, idle, "0", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *output = bench_pool_peer_run (peer, NULL, arguments, &error);

  if (output == NULL)
    bench_pool_peer_fail (peer, WORKLOAD, error->message);
  add_samples (table, peer_number, output);
}

static gboolean
is_end_of_phase (const GArray *samples, guint i)
{
  const BenchSample *sample = &g_array_index (samples, BenchSample, i);

  return i + 1 == samples->len || sample[1].row != sample->row || sample[1].peer != sample->peer;
}

static gboolean
is_start_of_phase (const GArray *samples, guint i)
{
  return i == 0 || is_end_of_phase (samples, i - 1);
}

void
bench_memory_follow (BenchTable *table, gsize n_blocks, double idle_seconds)
{
  table->samples = g_array_new (FALSE, FALSE, sizeof (BenchSample));

  for (guint i = 0; i < table->peers->len; i++)
    {
      const BenchPoolPeer *peer = g_ptr_array_index (table->peers, i);

      bench_progress ("Following the memory of %s", peer->kind->name);
      if (peer->missing == NULL)
        follow (table, i, n_blocks, idle_seconds);
    }

  for (guint i = 0; i < table->samples->len; i++)
    {
      const BenchSample *sample = &g_array_index (table->samples, BenchSample, i);

      if (is_end_of_phase (table->samples, i))
        bench_result_add (bench_table_get (table, sample->row, sample->peer), sample->kibibytes);
    }
}

/* A phase of a peer: the first sample of it, and those after it. */
static void
append_phase (const BenchTable *table, guint i, GString *json)
{
  const BenchSample *first = &g_array_index (table->samples, BenchSample, i);
  const BenchPoolPeer *peer = g_ptr_array_index (table->peers, first->peer);
  g_autoptr (GString) kibibytes = g_string_new (NULL);
  const char *separator = "";

  g_string_append (json, i > 0 ? ",\n    {\"name\": " : "\n    {\"name\": ");
  bench_json_append (json, peer->kind->name);
  g_string_append (json, ", \"phase\": ");
  bench_json_append (json, table->rows[first->row].name);
  g_string_append (json, ", \"seconds\": [");
  for (const BenchSample *sample = first;; sample++, i++)
    {
      char text[G_ASCII_DTOSTR_BUF_SIZE];

      g_string_append_printf (json, "%s%s", separator,
                              g_ascii_formatd (text, sizeof text, "%.3f", sample->seconds));
      g_string_append_printf (kibibytes, "%s%ld", separator, sample->kibibytes);
      separator = ", ";
      if (is_end_of_phase (table->samples, i))
        break;
    }
  g_string_append_printf (json, "], \"kib\": [%s]}", kibibytes->str);
}

void
bench_memory_append (const BenchTable *table, GString *json)
{
  g_string_append (json, "  \"courses\": [");
  for (guint i = 0; i < table->samples->len; i++)
    if (is_start_of_phase (table->samples, i))
      append_phase (table, i, json);
  g_string_append (json, "\n  ],\n");
}
