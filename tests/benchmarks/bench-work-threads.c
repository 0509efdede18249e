/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Workloads of several threads: each by itself, and one that takes what another gives back. */

#include "bench-work.h"

#include <sched.h>
#include <stdatomic.h>

#define RING 4096

double
bench_work_churn_threads (const BenchWork *work)
{
  g_autofree gpointer *states = g_new0 (gpointer, work->n_threads);

  bench_shuffle_pool (work->n_bulk);
  for (guint i = 0; i < work->n_threads; i++)
    {
      states[i] = bench_live_new (work->n_live, i);
      bench_live_fill (states[i]);
    }

  return bench_measure_threads (bench_live_replace, states, work->n_threads, work->budget);
}

/* A place that is empty holds NULL, so that neither side needs to know how far the other is. */
typedef struct {
  _Atomic (gpointer) places[RING];
  gint64 budget;
} Ring;

static void
pause_briefly (guint *n_waits)
{
  if (++*n_waits % 256 == 0)
    sched_yield ();
#if defined __x86_64__ || defined __i386__
  __builtin_ia32_pause ();
#endif
}

static void
put (_Atomic (gpointer) *place, gpointer block)
{
  guint n_waits = 0;

  while (atomic_load_explicit (place, memory_order_acquire) != NULL)
    pause_briefly (&n_waits);
  atomic_store_explicit (place, block, memory_order_release);
}

static gpointer
get (_Atomic (gpointer) *place)
{
  guint n_waits = 0;
  gpointer block;

  while ((block = atomic_load_explicit (place, memory_order_acquire)) == NULL)
    pause_briefly (&n_waits);
  atomic_store_explicit (place, NULL, memory_order_release);

  return block;
}

/* Its own address is the last thing that goes through the ring. */
static gpointer
take_for_ring (gpointer data)
{
  Ring *ring = data;
  gint64 end = bench_now () + ring->budget;

  do
    for (gsize i = 0; i < RING; i++)
      put (&ring->places[i], bench_peer_take ());
  while (bench_now () < end);
  put (&ring->places[0], ring);

  return NULL;
}

double
bench_work_hand_over (const BenchWork *work)
{
  Ring *ring = bench_pages (sizeof *ring);
  gint64 start = bench_now ();
  guint64 n_blocks = 0;
  gpointer block;
  GThread *thread;

  ring->budget = work->budget;
  thread = g_thread_new ("bench", take_for_ring, ring);
  while ((block = get (&ring->places[n_blocks % RING])) != ring)
    {
      bench_peer_give (block);
      n_blocks++;
    }
  g_thread_join (thread);

  return (double) (bench_now () - start) / n_blocks;
}
