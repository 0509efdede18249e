/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pool of GStreamer, whose buffers have a header each, and are counted references. */

#include "bench-wait-ways.h"

#include <gst/gst.h>

/* Neither plugins nor what is remembered of them have a part in it. */
static void
ensure_gstreamer (void)
{
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  gst_init (NULL, NULL);
}

static gpointer
create_buffers (guint n_things)
{
  GstBufferPool *pool;
  GstStructure *config;

  ensure_gstreamer ();
  pool = gst_buffer_pool_new ();
  config = gst_buffer_pool_get_config (pool);
  gst_buffer_pool_config_set_params (config, NULL, 64, 0, n_things);
  if (!gst_buffer_pool_set_config (pool, config) || !gst_buffer_pool_set_active (pool, TRUE))
    g_error ("The pool of GStreamer does not work");

  return pool;
}

static void
destroy_buffers (gpointer self)
{
  gst_buffer_pool_set_active (self, FALSE);
  gst_object_unref (self);
}

static gpointer
acquire_buffer (gpointer self)
{
  GstBuffer *buffer = NULL;

  gst_buffer_pool_acquire_buffer (self, &buffer, NULL);

  return buffer;
}

static void
unref_buffer (gpointer self, gpointer thing)
{
  gst_buffer_unref (thing);
}

const BenchWay bench_way_buffers = {
  create_buffers, destroy_buffers, acquire_buffer, unref_buffer,
};
