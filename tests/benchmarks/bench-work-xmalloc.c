/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lever and Boreham's xmalloc-test: half of the threads only take, the others only give back, and
 * batches go from these to those under a lock. */

#include "bench-work.h"

#define XMALLOC_BATCH 512
#define XMALLOC_BATCHES 16

typedef struct {
  GMutex mutex;
  GCond changed;
  gpointer batches[XMALLOC_BATCHES][XMALLOC_BATCH];
  gsize n_put, n_got;
  gboolean is_over;
  gint64 budget;
} Xmalloc;

static gpointer
xmalloc_take (gpointer data)
{
  Xmalloc *self = data;
  gint64 end = bench_now () + self->budget;

  do
    {
      gpointer *batch;

      g_mutex_lock (&self->mutex);
      while (self->n_put - self->n_got == XMALLOC_BATCHES)
        g_cond_wait (&self->changed, &self->mutex);
      batch = self->batches[self->n_put % XMALLOC_BATCHES];
      g_mutex_unlock (&self->mutex);

      for (gsize i = 0; i < XMALLOC_BATCH; i++)
        batch[i] = bench_peer_take ();

      g_mutex_lock (&self->mutex);
      self->n_put++;
      self->is_over = bench_now () >= end;
      g_cond_signal (&self->changed);
      g_mutex_unlock (&self->mutex);
    }
  while (!self->is_over);

  return NULL;
}

/* Returns how many blocks there were. */
static guint64
xmalloc_give (Xmalloc *self)
{
  gboolean has_batch = TRUE;

  while (has_batch)
    {
      gpointer *batch = self->batches[self->n_got % XMALLOC_BATCHES];

      g_mutex_lock (&self->mutex);
      while (self->n_put == self->n_got && !self->is_over)
        g_cond_wait (&self->changed, &self->mutex);
      has_batch = self->n_put != self->n_got;
      g_mutex_unlock (&self->mutex);

      for (gsize i = 0; has_batch && i < XMALLOC_BATCH; i++)
        bench_peer_give (batch[i]);

      g_mutex_lock (&self->mutex);
      self->n_got += has_batch;
      g_cond_signal (&self->changed);
      g_mutex_unlock (&self->mutex);
    }

  return self->n_got * XMALLOC_BATCH;
}

typedef struct {
  Xmalloc *line;
  double result;
} XmallocPair;

static gpointer
xmalloc_pair (gpointer data)
{
  XmallocPair *self = data;
  gint64 start = bench_now ();
  GThread *taker = g_thread_new ("xmalloc", xmalloc_take, self->line);
  guint64 n_blocks = xmalloc_give (self->line);

  g_thread_join (taker);
  self->result = (double) (bench_now () - start) / n_blocks;

  return NULL;
}

/* Every taker has a giver of its own, so that a lane never waits for another's lock. */
double
bench_work_xmalloc_test (const BenchWork *work)
{
  guint n_pairs = MAX (1, work->n_threads / 2);
  g_autofree XmallocPair *pairs = g_new0 (XmallocPair, n_pairs);
  g_autofree GThread **threads = g_new0 (GThread *, n_pairs);
  double sum = 0;

  for (guint i = 0; i < n_pairs; i++)
    {
      pairs[i].line = bench_pages (sizeof (Xmalloc));
      pairs[i].line->budget = work->budget;
      threads[i] = g_thread_new ("xmalloc", xmalloc_pair, &pairs[i]);
    }
  for (guint i = 0; i < n_pairs; i++)
    {
      g_thread_join (threads[i]);
      sum += pairs[i].result;
    }

  return sum / n_pairs;
}
