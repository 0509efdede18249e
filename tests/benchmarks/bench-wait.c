/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What it costs to wait for a block, and to be able to.
 *
 * - A pair: a block is taken and given back, with room, by a call that could wait, and by one that
 *   could not.
 * - Six threads on three: all of them are busy with the same few things, of which there are fewer
 *   than threads. Most of the time somebody sleeps.
 * - A pipe of 64: two threads, one of which waits for the other whenever that is slower.
 * - Requests: a main loop, which asks and answers. What a request that is answered at once must cost
 *   is that of its GTask; a request to a full pool is answered by the block of the one before.
 *
 * Threads and pipes are of whatever else has a fixed number of things: a queue of tokens, a number
 * with a condition, and GStreamer's pool of buffers. That is in the pipes alone, where one thread at
 * most waits for it: with GStreamer 1.22, of several threads that wait some may sleep for ever, though
 * there is a buffer. */

#include "bench-wait-threads.h"
#include "bench.h"

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

#define FAR_AWAY 1000000

static FsmmPool *unlimited, *limited, *only_one;

/* --- Pairs --- */

static gint64
alloc_pairs (guint64 n, gconstpointer data)
{
  FsmmPool *pool = *(FsmmPool *const *) data;
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      gpointer block = fsmm_pool_alloc (pool, NULL);

      bench_use (block);
      fsmm_pool_free (pool, block, NULL);
    }

  return bench_now () - start;
}

static gint64
alloc_wait_pairs (guint64 n, gconstpointer data)
{
  FsmmPool *pool = *(FsmmPool *const *) data;
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      gpointer block = fsmm_pool_alloc_wait (pool, -1, NULL, NULL);

      bench_use (block);
      fsmm_pool_free (pool, block, NULL);
    }

  return bench_now () - start;
}

/* --- Requests --- */

static void
keep_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **kept = user_data;

  *kept = g_object_ref (result);
}

static FsmmBlock *
await_block (FsmmPool *pool, GAsyncResult **result)
{
  FsmmBlock *block;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  block = fsmm_pool_acquire_finish (pool, *result, NULL);
  if (block == NULL)
    g_error ("A request failed");
  g_clear_object (result);

  return block;
}

static gint64
answer_tasks (guint64 n, gconstpointer data)
{
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      GTask *task = g_task_new (unlimited, NULL, keep_result, &result);

      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      while (result == NULL)
        g_main_context_iteration (NULL, TRUE);
      g_task_propagate_boolean (G_TASK (result), NULL);
    }

  return bench_now () - start;
}

static gint64
request_with_room (guint64 n, gconstpointer data)
{
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      GAsyncResult *result = NULL;

      fsmm_pool_acquire_async (unlimited, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
      fsmm_block_unref (await_block (unlimited, &result));
    }

  return bench_now () - start;
}

/* Somebody waits for the block each time that it is given back. */
static gint64
request_from_full (guint64 n, gconstpointer data)
{
  FsmmBlock *block = fsmm_pool_acquire (only_one, NULL);
  gint64 start = bench_now (), elapsed;

  for (guint64 i = 0; i < n; i++)
    {
      GAsyncResult *result = NULL;

      fsmm_pool_acquire_async (only_one, G_PRIORITY_DEFAULT, NULL, keep_result, &result);
      fsmm_block_unref (block);
      block = await_block (only_one, &result);
    }
  elapsed = bench_now () - start;
  fsmm_block_unref (block);

  return elapsed;
}

/* --- All of them --- */

#define CROWD "six threads on three"
#define BY_QUEUE "a pipe of 64, through a GAsyncQueue"
#define BY_RING "a pipe of 64, through a ring"

int
main (int argc, char *argv[])
{
  const BenchCase cases[] = {
    { "a pair, without a limit", "fsmm_pool_alloc, free", alloc_pairs, &unlimited },
    { "a pair, without a limit", "fsmm_pool_alloc_wait, free", alloc_wait_pairs, &unlimited },
    { "a pair, with a limit far away", "fsmm_pool_alloc, free", alloc_pairs, &limited },
    { "a pair, with a limit far away", "fsmm_pool_alloc_wait, free", alloc_wait_pairs, &limited },
    { CROWD, "GAsyncQueue of tokens", bench_wait_crowd, &bench_way_tokens },
    { CROWD, "fsmm_pool_alloc_wait, free", bench_wait_crowd, &bench_way_pool },
    { CROWD, "a number, GCond and malloc", bench_wait_crowd, &bench_way_counter },
#ifdef HAVE_GSTREAMER
    { BY_QUEUE, "GstBufferPool", bench_wait_pipe_by_queue, &bench_way_buffers },
#endif
    { BY_QUEUE, "GAsyncQueue of tokens", bench_wait_pipe_by_queue, &bench_way_tokens },
    { BY_QUEUE, "fsmm_pool_alloc_wait, free", bench_wait_pipe_by_queue, &bench_way_pool },
    { BY_QUEUE, "a number, GCond and malloc", bench_wait_pipe_by_queue, &bench_way_counter },
#ifdef HAVE_GSTREAMER
    { BY_RING, "GstBufferPool", bench_wait_pipe_by_ring, &bench_way_buffers },
#endif
    { BY_RING, "GAsyncQueue of tokens", bench_wait_pipe_by_ring, &bench_way_tokens },
    { BY_RING, "fsmm_pool_alloc_wait, free", bench_wait_pipe_by_ring, &bench_way_pool },
    { BY_RING, "a number, GCond and malloc", bench_wait_pipe_by_ring, &bench_way_counter },
    { "a request in a main loop", "a GTask alone", answer_tasks, NULL },
    { "a request in a main loop", "fsmm_pool_acquire_async, with room", request_with_room, NULL },
    { "a request in a main loop", "fsmm_pool_acquire_async, full", request_from_full, NULL },
  };

  unlimited = fsmm_pool_new (64, 0, NULL);
  limited = fsmm_pool_new_full (NULL, 64, 0, 0, FAR_AWAY, NULL);
  only_one = fsmm_pool_new_full (NULL, 64, 0, 0, 1, NULL);

#ifndef HAVE_GSTREAMER
  fprintf (stderr, "not measured: GstBufferPool (built without gstreamer-1.0)\n");
#endif

  return bench_main (argc, argv, "Waiting for a block", cases, G_N_ELEMENTS (cases));
}
