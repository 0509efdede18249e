/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-wait-threads.h"

#include "bench.h"

/* Starting the threads is measured as well: of a round it is a small part, the same for all. */

/* What fails would be fast. */
static inline gpointer
take (const BenchWay *way, gpointer things)
{
  gpointer thing = way->take (things);

  if (G_UNLIKELY (thing == NULL))
    g_error ("There was nothing to take");

  return thing;
}

/* --- A crowd --- */

#define N_IN_CROWD 6
#define N_FOR_CROWD 3
#define N_STEPS 20

typedef struct {
  const BenchWay *way;
  gpointer things;
  guint64 n_each;
} Crowd;

/* Each step needs the result of the one before. */
static void
do_a_little (void)
{
  gsize number = 1;

  for (int i = 0; i < N_STEPS; i++)
    {
      number = number * 5 + 1;
      __asm__ volatile ("" : "+r" (number));
    }
}

static gpointer
work_in_crowd (gpointer data)
{
  const Crowd *crowd = data;

  for (guint64 i = 0; i < crowd->n_each; i++)
    {
      gpointer thing = take (crowd->way, crowd->things);

      bench_use (thing);
      do_a_little ();
      crowd->way->give_back (crowd->things, thing);
    }

  return NULL;
}

gint64
bench_wait_crowd (guint64 n, gconstpointer data)
{
  const BenchWay *way = data;
  Crowd crowd = { way, way->create (N_FOR_CROWD), (n + N_IN_CROWD - 1) / N_IN_CROWD };
  GThread *threads[N_IN_CROWD];
  gint64 start, elapsed;

  start = bench_now ();
  for (gsize i = 0; i < N_IN_CROWD; i++)
    threads[i] = g_thread_new ("bench-crowd", work_in_crowd, &crowd);
  for (gsize i = 0; i < N_IN_CROWD; i++)
    g_thread_join (threads[i]);
  elapsed = bench_now () - start;

  way->destroy (crowd.things);

  return elapsed;
}

/* --- What a pipe is made of --- */

#define N_IN_PIPE 64

/* There are not more things than slots, so that whoever has one to send finds its slot empty. */
typedef struct {
  gpointer slots[N_IN_PIPE];
  gsize n_sent __attribute__ ((aligned (64)));
  gsize n_received __attribute__ ((aligned (64)));
} Ring;

typedef struct {
  const BenchWay *way;
  gpointer things;
  guint64 n;
  GAsyncQueue *queue;
  Ring ring;
} Pipe;

static void
send_by_queue (Pipe *pipe, gpointer thing)
{
  g_async_queue_push (pipe->queue, thing);
}

static gpointer
receive_by_queue (Pipe *pipe)
{
  return g_async_queue_pop (pipe->queue);
}

static void
send_by_ring (Pipe *pipe, gpointer thing)
{
  gsize i = pipe->ring.n_sent++ % N_IN_PIPE;

  __atomic_store_n (&pipe->ring.slots[i], thing, __ATOMIC_RELEASE);
}

static gpointer
receive_by_ring (Pipe *pipe)
{
  gsize i = pipe->ring.n_received++ % N_IN_PIPE;
  gpointer thing;

  while ((thing = __atomic_load_n (&pipe->ring.slots[i], __ATOMIC_ACQUIRE)) == NULL)
    g_thread_yield ();
  __atomic_store_n (&pipe->ring.slots[i], NULL, __ATOMIC_RELEASE);

  return thing;
}

/* --- The two ends of a pipe --- */

static void
produce (Pipe *pipe, void (*send) (Pipe *pipe, gpointer thing))
{
  for (guint64 i = 0; i < pipe->n; i++)
    {
      gpointer thing = take (pipe->way, pipe->things);

      bench_use (thing);
      send (pipe, thing);
    }
}

static void
consume (Pipe *pipe, gpointer (*receive) (Pipe *pipe))
{
  for (guint64 i = 0; i < pipe->n; i++)
    {
      gpointer thing = receive (pipe);

      bench_use (thing);
      pipe->way->give_back (pipe->things, thing);
    }
}

static gpointer
consume_from_queue (gpointer data)
{
  consume (data, receive_by_queue);

  return NULL;
}

static gpointer
consume_from_ring (gpointer data)
{
  consume (data, receive_by_ring);

  return NULL;
}

static gint64
run_pipe (guint64 n,
          const BenchWay *way,
          void (*send) (Pipe *pipe, gpointer thing),
          GThreadFunc consumer)
{
  Pipe pipe = { .way = way, .things = way->create (N_IN_PIPE), .n = n };
  gint64 start, elapsed;
  GThread *thread;

  pipe.queue = g_async_queue_new ();

  start = bench_now ();
  thread = g_thread_new ("bench-pipe", consumer, &pipe);
  produce (&pipe, send);
  g_thread_join (thread);
  elapsed = bench_now () - start;

  g_async_queue_unref (pipe.queue);
  way->destroy (pipe.things);

  return elapsed;
}

gint64
bench_wait_pipe_by_queue (guint64 n, gconstpointer way)
{
  return run_pipe (n, way, send_by_queue, consume_from_queue);
}

gint64
bench_wait_pipe_by_ring (guint64 n, gconstpointer way)
{
  return run_pipe (n, way, send_by_ring, consume_from_ring);
}
