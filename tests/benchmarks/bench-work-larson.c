/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Larson and Krishnan's server: a thread replaces random blocks, starts a successor that inherits
 * them, and ends. So blocks are given back by another thread than the one that took them, which
 * may be gone. */

#include "bench-work.h"

#define LARSON_BLOCKS 1000
#define LARSON_PASSES 20

typedef struct {
  GMutex mutex;
  GCond is_done;
  guint n_running;
  gint64 start;
  gint64 budget;
} LarsonClock;

typedef struct {
  LarsonClock *clock;
  BenchLive *live;
  guint64 n_operations;
  double result;
} LarsonLane;

static void
larson_finish (LarsonLane *self, gint64 elapsed)
{
  g_mutex_lock (&self->clock->mutex);
  self->result = (double) elapsed / self->n_operations;
  self->clock->n_running--;
  g_cond_signal (&self->clock->is_done);
  g_mutex_unlock (&self->clock->mutex);
}

static gpointer
larson_generation (gpointer data)
{
  LarsonLane *self = data;
  gboolean is_first = self->n_operations == 0;
  gint64 elapsed;

  for (int i = 0; i < LARSON_PASSES; i++)
    self->n_operations += bench_live_replace (self->live);

  elapsed = bench_now () - self->clock->start;
  if (is_first || elapsed < self->clock->budget)
    g_thread_unref (g_thread_new ("larson", larson_generation, self));
  else
    larson_finish (self, elapsed);

  return NULL;
}

double
bench_work_larson (const BenchWork *work)
{
  LarsonClock clock = { .n_running = work->n_threads, .budget = work->budget };
  g_autofree LarsonLane *lanes = g_new0 (LarsonLane, work->n_threads);
  double sum = 0;

  for (guint i = 0; i < work->n_threads; i++)
    {
      lanes[i].clock = &clock;
      lanes[i].live = bench_live_new (LARSON_BLOCKS, i);
      bench_live_fill (lanes[i].live);
    }

  clock.start = bench_now ();
  for (guint i = 0; i < work->n_threads; i++)
    g_thread_unref (g_thread_new ("larson", larson_generation, &lanes[i]));

  g_mutex_lock (&clock.mutex);
  while (clock.n_running > 0)
    g_cond_wait (&clock.is_done, &clock.mutex);
  g_mutex_unlock (&clock.mutex);

  for (guint i = 0; i < work->n_threads; i++)
    sum += lanes[i].result;

  return sum / work->n_threads;
}
