/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a look at all pools of a process takes, for each look: where nothing has happened since the last
 * one, and where every pool has other figures, of which each row tells a handler. */

#include "bench-many-pools.h"
#include "bench.h"

#include <fsmm-glib/fsmm-glib.h>

static gint64
look_at_rest (guint64 n, gconstpointer data)
{
  gsize n_pools = GPOINTER_TO_SIZE (data);
  FsmmMonitor *monitor;
  gint64 start, elapsed;

  bench_make_pools (n_pools);
  monitor = fsmm_monitor_new (0);
  start = bench_now ();
  for (guint64 i = 0; i < n; i++)
    fsmm_monitor_refresh (monitor);
  elapsed = bench_now () - start;
  g_object_unref (monitor);
  bench_drop_pools (n_pools);

  return elapsed;
}

static void
see_change (GObject *row, GParamSpec *property, gpointer n_seen)
{
  (*(guint64 *) n_seen)++;
}

static void
watch_rows (GListModel *rows, guint64 *n_seen)
{
  for (guint i = 0; i < g_list_model_get_n_items (rows); i++)
    {
      g_autoptr (GObject) row = g_list_model_get_item (rows, i);

      g_signal_connect (row, "notify::n-allocated", G_CALLBACK (see_change), n_seen);
    }
}

static gint64
look_at_changes (guint64 n, gconstpointer data)
{
  gsize n_pools = GPOINTER_TO_SIZE (data);
  FsmmMonitor *monitor;
  guint64 n_seen = 0;
  gint64 elapsed = 0;

  bench_make_pools (n_pools);
  monitor = fsmm_monitor_new (0);
  watch_rows (G_LIST_MODEL (monitor), &n_seen);
  for (guint64 i = 0; i < n; i++)
    {
      gint64 start;

      bench_use_pools (n_pools);
      start = bench_now ();
      fsmm_monitor_refresh (monitor);
      elapsed += bench_now () - start;
    }
  g_assert_cmpuint (n_seen, ==, n * n_pools);
  g_object_unref (monitor);
  bench_drop_pools (n_pools);

  return elapsed;
}

static gint64
get_figures (guint64 n, gconstpointer data)
{
  gsize n_pools = GPOINTER_TO_SIZE (data);
  FsmmMonitor *monitor;
  gint64 start, elapsed;

  bench_make_pools (n_pools);
  monitor = fsmm_monitor_new (0);
  start = bench_now ();
  for (guint64 i = 0; i < n; i++)
    g_variant_unref (fsmm_monitor_get_stats (monitor));
  elapsed = bench_now () - start;
  g_object_unref (monitor);
  bench_drop_pools (n_pools);

  return elapsed;
}

#define TEN "ten pools"
#define THOUSAND "a thousand pools"

int
main (int argc, char *argv[])
{
  const BenchCase cases[] = {
    { TEN, "refresh, nothing has changed", look_at_rest, GSIZE_TO_POINTER (10) },
    { TEN, "refresh, all has changed", look_at_changes, GSIZE_TO_POINTER (10) },
    { TEN, "get_stats", get_figures, GSIZE_TO_POINTER (10) },
    { THOUSAND, "refresh, nothing has changed", look_at_rest, GSIZE_TO_POINTER (BENCH_MOST_POOLS) },
    { THOUSAND, "refresh, all has changed", look_at_changes, GSIZE_TO_POINTER (BENCH_MOST_POOLS) },
    { THOUSAND, "get_stats", get_figures, GSIZE_TO_POINTER (BENCH_MOST_POOLS) },
  };

  return bench_main (argc, argv, "A list of all pools", cases, G_N_ELEMENTS (cases));
}
