/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE

#include "bench-work.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

gpointer
bench_pages (gsize n_bytes)
{
  gpointer pages = mmap (NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (pages == MAP_FAILED)
    g_error ("There is no memory for %" G_GSIZE_FORMAT " bytes", n_bytes);

  return memset (pages, 0, n_bytes);
}

/* Not from /proc/self/statm, which leaves out what the processors have not added up yet. */
long
bench_resident (void)
{
  int file = open ("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
  char text[4096] = "";
  const char *line;
  long kibibytes = -1;

  if (file < 0)
    return -1;
  if (read (file, text, sizeof text - 1) > 0 && (line = strstr (text, "\nRss:")) != NULL)
    sscanf (line, " Rss: %ld kB", &kibibytes);
  close (file);

  return kibibytes;
}

gint64
bench_own_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);

  return (gint64) time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Returns how many operations there were. */
static guint64
run_for (BenchPass pass, gpointer state, gint64 budget)
{
  guint64 n_operations = 0;
  gint64 end = bench_now () + budget;

  do
    n_operations += pass (state);
  while (bench_now () < end);

  return n_operations;
}

static guint64
run_times (BenchPass pass, gpointer state, guint64 n_passes)
{
  guint64 n_operations = 0;

  for (guint64 i = 0; i < n_passes; i++)
    n_operations += pass (state);

  return n_operations;
}

double
bench_measure (BenchPass pass, gpointer state, const BenchWork *work)
{
  gint64 start;
  guint64 n_operations;

  if (work->n_passes > 0)
    return (double) run_times (pass, state, work->n_passes);

  run_for (pass, state, work->budget / 4);

  start = bench_own_time ();
  n_operations = run_for (pass, state, work->budget);

  return (double) (bench_own_time () - start) / n_operations;
}

typedef struct {
  BenchPass pass;
  gpointer state;
  gint64 budget;
  pthread_barrier_t *barrier;
  double result;
} Thread;

static gpointer
run_thread (gpointer data)
{
  Thread *self = data;
  gint64 start;
  guint64 n_operations;

  run_for (self->pass, self->state, self->budget / 4);
  /* From here on all of them run for the same time, so that none is ever alone. */
  pthread_barrier_wait (self->barrier);
  start = bench_now ();
  n_operations = run_for (self->pass, self->state, self->budget);
  self->result = (double) (bench_now () - start) / n_operations;

  return NULL;
}

double
bench_measure_threads (BenchPass pass, gpointer *states, guint n_threads, gint64 budget)
{
  g_autofree Thread *threads = g_new0 (Thread, n_threads);
  g_autofree GThread **handles = g_new0 (GThread *, n_threads);
  pthread_barrier_t barrier;
  double sum = 0;

  pthread_barrier_init (&barrier, NULL, n_threads);
  for (guint i = 0; i < n_threads; i++)
    {
      threads[i] = (Thread) { pass, states[i], budget, &barrier, 0 };
      handles[i] = g_thread_new ("bench", run_thread, &threads[i]);
    }
  for (guint i = 0; i < n_threads; i++)
    {
      g_thread_join (handles[i]);
      sum += threads[i].result;
    }
  pthread_barrier_destroy (&barrier);

  return sum / n_threads;
}

BenchLive *
bench_live_new (gsize n_blocks, guint seed)
{
  BenchLive *self = bench_pages (sizeof *self);

  self->blocks = bench_pages (n_blocks * sizeof (gpointer));
  self->n_blocks = n_blocks;
  self->random = 88172645463325252 + seed;

  return self;
}

void
bench_live_fill (BenchLive *self)
{
  for (gsize i = 0; i < self->n_blocks; i++)
    self->blocks[i] = bench_peer_take ();
}

guint64
bench_live_replace (gpointer state)
{
  BenchLive *self = state;
  gpointer *blocks = self->blocks;
  gsize n_blocks = self->n_blocks;
  guint64 random = self->random;

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gsize at = bench_random_below (&random, n_blocks);

      bench_peer_give (blocks[at]);
      blocks[at] = bench_peer_take ();
    }
  self->random = random;

  return BENCH_OPERATIONS_PER_PASS;
}

void
bench_shuffle (gpointer *blocks, gsize n_blocks)
{
  guint64 random = 2463534242;

  for (gsize i = n_blocks; i > 1; i--)
    {
      gsize at = bench_random_below (&random, i);
      gpointer block = blocks[i - 1];

      blocks[i - 1] = blocks[at];
      blocks[at] = block;
    }
}

void
bench_shuffle_pool (gsize n_blocks)
{
  gsize n_bytes = n_blocks * sizeof (gpointer);
  gpointer *blocks = bench_pages (n_bytes);

  for (gsize i = 0; i < n_blocks; i++)
    blocks[i] = bench_peer_take ();
  bench_shuffle (blocks, n_blocks);
  for (gsize i = 0; i < n_blocks; i++)
    bench_peer_give (blocks[i]);

  munmap (blocks, n_bytes);
}
