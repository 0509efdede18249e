/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What it costs to use objects again, and what that saves.
 *
 * - An object: it is borrowed and given back, beside the pool of GStreamer, whose buffers are acquired
 *   and unreferenced, a queue of objects, and an object that is made anew, which is cheap.
 * - Six threads on three: all of them are busy with the same few things, of which there are fewer
 *   than threads. The pool of GStreamer is not among them: with GStreamer 1.22, of several threads that
 *   wait some may sleep for ever, though there is a buffer.
 * - A helper: a process that answers a line with a line, started for one request, and used again for
 *   the next one. */

#include "bench-wait-threads.h"
#include "bench.h"

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>
#include <string.h>

static FsmmObjectPool *things, *helpers;

/* --- Ways to have objects --- */

static gpointer
create_object_pool (guint n_things)
{
  return fsmm_object_pool_new (G_TYPE_OBJECT, n_things);
}

static gpointer
borrow_object (gpointer self)
{
  return fsmm_object_pool_borrow_wait (self, -1, NULL, NULL);
}

static void
release_object (gpointer self, gpointer lease)
{
  fsmm_lease_release (lease, NULL);
  fsmm_lease_unref (lease);
}

static void
drop_lease (gpointer self, gpointer lease)
{
  fsmm_lease_unref (lease);
}

static const BenchWay by_release = {
  create_object_pool, g_object_unref, borrow_object, release_object,
};
static const BenchWay by_drop = {
  create_object_pool, g_object_unref, borrow_object, drop_lease,
};

static gpointer
create_queue (guint n_things)
{
  GAsyncQueue *queue = g_async_queue_new_full (g_object_unref);

  for (guint i = 0; i < n_things; i++)
    g_async_queue_push (queue, g_object_new (G_TYPE_OBJECT, NULL));

  return queue;
}

static void
destroy_queue (gpointer self)
{
  g_async_queue_unref (self);
}

static gpointer
pop_object (gpointer self)
{
  return g_async_queue_pop (self);
}

static void
push_object (gpointer self, gpointer object)
{
  g_async_queue_push (self, object);
}

static const BenchWay by_queue = { create_queue, destroy_queue, pop_object, push_object };

static gpointer
create_nothing (guint n_things)
{
  return things;
}

static void
destroy_nothing (gpointer self)
{
}

static gpointer
make_object (gpointer self)
{
  return g_object_new (G_TYPE_OBJECT, NULL);
}

static void
unref_object (gpointer self, gpointer object)
{
  g_object_unref (object);
}

static const BenchWay anew = { create_nothing, destroy_nothing, make_object, unref_object };

/* --- One thread --- */

static gint64
use_alone (guint64 n, gconstpointer data)
{
  const BenchWay *way = data;
  gpointer self = way->create (3);
  gint64 start = bench_now (), elapsed;

  for (guint64 i = 0; i < n; i++)
    {
      gpointer thing = way->take (self);

      bench_use (thing);
      way->give_back (self, thing);
    }
  elapsed = bench_now () - start;
  way->destroy (self);

  return elapsed;
}

/* --- Helpers --- */

static GObject *
start_helper (FsmmObjectPool *pool, gpointer data, GError **error)
{
  return (GObject *) g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                                       error, "cat", NULL);
}

static void
ask_helper (GSubprocess *helper)
{
  const char request[] = "a line\n";
  char answer[sizeof request];

  if (!g_output_stream_write_all (g_subprocess_get_stdin_pipe (helper), request, strlen (request), NULL,
                                  NULL, NULL) ||
      !g_input_stream_read_all (g_subprocess_get_stdout_pipe (helper), answer, strlen (request), NULL,
                                NULL, NULL))
    g_error ("A helper did not answer");
}

static gint64
ask_new_helpers (guint64 n, gconstpointer data)
{
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      GSubprocess *helper = (GSubprocess *) start_helper (NULL, NULL, NULL);

      ask_helper (helper);
      g_output_stream_close (g_subprocess_get_stdin_pipe (helper), NULL, NULL);
      g_subprocess_wait (helper, NULL, NULL);
      g_object_unref (helper);
    }

  return bench_now () - start;
}

static gint64
ask_lent_helpers (guint64 n, gconstpointer data)
{
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      FsmmLease *lease = fsmm_object_pool_borrow (helpers, NULL);

      ask_helper (G_SUBPROCESS (fsmm_lease_get_object (lease)));
      fsmm_lease_release (lease, NULL);
      fsmm_lease_unref (lease);
    }

  return bench_now () - start;
}

static gint64
borrow_helpers (guint64 n, gconstpointer data)
{
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      FsmmLease *lease = fsmm_object_pool_borrow (helpers, NULL);

      bench_use (lease);
      fsmm_lease_release (lease, NULL);
      fsmm_lease_unref (lease);
    }

  return bench_now () - start;
}

/* --- All of them --- */

#define ALONE "an object, in one thread"
#define CROWD "six threads on three"
#define HELPER "a helper process"

int
main (int argc, char *argv[])
{
  const BenchCase cases[] = {
#ifdef HAVE_GSTREAMER
    { ALONE, "GstBufferPool, acquire and unref", use_alone, &bench_way_buffers },
#endif
    { ALONE, "fsmm_object_pool_borrow_wait, release", use_alone, &by_release },
    { ALONE, "the same, but the lease is dropped", use_alone, &by_drop },
    { ALONE, "GAsyncQueue of objects", use_alone, &by_queue },
    { ALONE, "g_object_new, unref", use_alone, &anew },
    { CROWD, "GAsyncQueue of objects", bench_wait_crowd, &by_queue },
    { CROWD, "fsmm_object_pool_borrow_wait, release", bench_wait_crowd, &by_release },
    { HELPER, "is lent, and answers", ask_lent_helpers, NULL },
    { HELPER, "is lent", borrow_helpers, NULL },
    { HELPER, "is started, and answers", ask_new_helpers, NULL },
  };

  things = fsmm_object_pool_new (G_TYPE_OBJECT, 3);
  helpers = fsmm_object_pool_new (G_TYPE_SUBPROCESS, 1);
  fsmm_object_pool_set_create_func (helpers, start_helper, NULL, NULL);
  /* It has a reference to itself for as long as its process runs. */
  fsmm_object_pool_set_sharing (helpers, FSMM_SHARING_IGNORE);

#ifndef HAVE_GSTREAMER
  fprintf (stderr, "not measured: GstBufferPool (built without gstreamer-1.0)\n");
#endif

  return bench_main (argc, argv, "Pools of objects", cases, G_N_ELEMENTS (cases));
}
