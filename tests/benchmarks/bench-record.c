/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a look at all pools for FSMM_DEBUG=record takes: time of a processor, of the thread that looks, for
 * each of its looks; and how much it writes. */

#include "bench-many-pools.h"
#include "bench-options.h"
#include "bench-result.h"

#include <glib/gstdio.h>
#include <stdio.h>

#define TITLE "A record of all pools"
#define LOOKS_PER_SECOND 10
/* After that, nothing is new of a pool at rest. */
#define SETTLE_SECONDS 1.5

typedef struct {
  char *file;        /* (owned): the record */
  char *thread_stat; /* (owned): where the system says what the thread took */
  double seconds;    /* of a round */
  int n_rounds;
} Recording;

/* Returns: (transfer full) (nullable) */
static char *
find_thread_stat (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *task;

  while (tasks != NULL && (task = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *name_file = g_build_filename ("/proc/self/task", task, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (name_file, &name, NULL, NULL) && g_str_equal (name, "fsmm-monitor\n"))
        return g_build_filename ("/proc/self/task", task, "schedstat", NULL);
    }

  return NULL;
}

/* In nanoseconds. */
static guint64
get_thread_time (const Recording *self)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (self->thread_stat, &text, NULL, NULL))
    g_error ("%s cannot be read", self->thread_stat);

  return g_ascii_strtoull (text, NULL, 10);
}

static double
get_record_bytes (const Recording *self)
{
  GStatBuf status;

  return g_stat (self->file, &status) == 0 ? (double) status.st_size : 0;
}

/* All pools have changed at each look. */
static void
change_pools (gsize n_pools, double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);

  while (g_get_monotonic_time () < end)
    {
      bench_use_pools (n_pools);
      g_usleep (G_USEC_PER_SEC / LOOKS_PER_SECOND / 3);
    }
}

static void
measure (const Recording *self, BenchResult *result, gsize n_pools, gboolean is_changing)
{
  for (int i = 0; i < self->n_rounds; i++)
    {
      guint64 start = get_thread_time (self);

      bench_progress ("%s, %s: round %d of %d", result->group, result->name, i + 1, self->n_rounds);
      if (is_changing)
        change_pools (n_pools, self->seconds);
      else
        g_usleep ((gulong) (self->seconds * G_USEC_PER_SEC));
      bench_result_add (result, (get_thread_time (self) - start) / (self->seconds * LOOKS_PER_SECOND));
    }
  bench_progress_clear ();
  bench_result_summarize (result);
}

/* Returns how many bytes a minute of changes takes. */
static double
measure_both (const Recording *self, BenchResult results[2], const char *group, gsize n_pools)
{
  double bytes, seconds;
  gint64 start;

  results[0] = (BenchResult) { .group = group, .name = "look, nothing has changed", .unit = "ns" };
  results[1] = (BenchResult) { .group = group, .name = "look, all has changed", .unit = "ns" };
  bench_make_pools (n_pools);
  g_usleep ((gulong) (SETTLE_SECONDS * G_USEC_PER_SEC));
  measure (self, &results[0], n_pools, FALSE);

  bytes = get_record_bytes (self);
  start = g_get_monotonic_time ();
  measure (self, &results[1], n_pools, TRUE);
  bytes = get_record_bytes (self) - bytes;
  seconds = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  bench_drop_pools (n_pools);

  return bytes / seconds * 60;
}

static gboolean
start (Recording *self)
{
  g_autofree char *flags = NULL;
  int fd = g_file_open_tmp ("fsmm-bench-XXXXXX.csv", &self->file, NULL);

  if (fd < 0)
    return FALSE;

  g_close (fd, NULL);
  /* The first pool reads it. */
  flags = g_strdup_printf ("record=%s", self->file);
  g_setenv ("FSMM_DEBUG", flags, TRUE);
  bench_make_pools (1);
  bench_drop_pools (1);
  self->thread_stat = find_thread_stat ();

  return self->thread_stat != NULL;
}

static int
measure_all (Recording *self, const char *json)
{
  BenchResult results[4];
  double small = measure_both (self, results, "ten pools", 10);
  double large = measure_both (self, results + 2, "a thousand pools", BENCH_MOST_POOLS);

  if (!bench_results_report (TITLE, results, G_N_ELEMENTS (results), json))
    return 1;

  printf ("\nWhile all pools change, a record of ten grows by %.2f MB a minute, of a thousand by %.1f MB\n",
          small / 1e6, large / 1e6);

  return 0;
}

int
main (int argc, char *argv[])
{
  BenchOptions options = { .seconds = 10, .rounds = 5 };
  Recording self = { 0 };
  int status = 1;

  if (!bench_options_parse (&options, TITLE, NULL, &argc, &argv))
    return 2;

  self.n_rounds = options.rounds;
  self.seconds = MAX (options.seconds / options.rounds, 2.0 / LOOKS_PER_SECOND);
  if (start (&self))
    status = measure_all (&self, options.json);
  else
    fprintf (stderr, "%s: nothing is recorded, or /proc does not tell what it takes\n", g_get_prgname ());
  if (self.file != NULL)
    g_unlink (self.file);
  g_free (self.file);
  g_free (self.thread_stat);

  return status;
}
