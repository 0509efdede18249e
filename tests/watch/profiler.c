/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "profiler.h"

#include <sys/socket.h>

#define RING_SIZE (1024 * 1024)

typedef bool (*MappedRingBufferCallback) (const void *data, size_t *length, void *user_data);
MappedRingBuffer *mapped_ring_buffer_new_reader (size_t size);
int mapped_ring_buffer_get_fd (MappedRingBuffer *self);
bool
mapped_ring_buffer_drain (MappedRingBuffer *self, MappedRingBufferCallback callback, void *user_data);

/* Gives each thread that asks what it writes to: GLib may have something to tell as well. */
static gpointer
answer_all (gpointer profiler)
{
  Profiler *self = profiler;
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (self->connection));
  char request[10];
  gsize n_read;

  while (g_input_stream_read_all (stream, request, sizeof request, &n_read, NULL, NULL) &&
         n_read == sizeof request)
    {
      MappedRingBuffer *ring = mapped_ring_buffer_new_reader (RING_SIZE);

      g_mutex_lock (&self->lock);
      g_assert_cmpuint (self->n_rings, <, G_N_ELEMENTS (self->rings));
      self->rings[self->n_rings++] = ring;
      g_mutex_unlock (&self->lock);
      g_unix_connection_send_fd (self->connection, mapped_ring_buffer_get_fd (ring), NULL, NULL);
    }

  return NULL;
}

void
profiler_init (Profiler *self, const char *file)
{
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *number = NULL;
  int ends[2];

  self->writer = sysprof_capture_writer_new (file, 0);
  g_assert_nonnull (self->writer);
  /* It has to know nearly all numbers that there can be. */
  sysprof_capture_writer_request_counter (self->writer, 0xfffff0);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  number = g_strdup_printf ("%d", ends[1]);
  g_setenv ("SYSPROF_CONTROL_FD", number, TRUE);
  socket = g_socket_new_from_fd (ends[0], NULL);
  self->connection = G_UNIX_CONNECTION (g_socket_connection_factory_create_connection (socket));
  g_thread_unref (g_thread_new ("profiler", answer_all, self));
}

static bool
copy_frame (const void *data, size_t *length, void *writer)
{
  const SysprofCaptureFrame *frame = data;
  const SysprofCaptureCounterDefine *define = data;
  const SysprofCaptureCounterSet *set = data;

  if (frame->type == SYSPROF_CAPTURE_FRAME_CTRDEF)
    sysprof_capture_writer_define_counters (writer, frame->time, frame->cpu, frame->pid,
                                            define->counters, define->n_counters);
  for (guint i = 0; frame->type == SYSPROF_CAPTURE_FRAME_CTRSET && i < set->n_values; i++)
    sysprof_capture_writer_set_counters (writer, frame->time, frame->cpu, frame->pid,
                                         set->values[i].ids, set->values[i].values,
                                         G_N_ELEMENTS (set->values[i].ids));
  *length = frame->len;

  return true;
}

void
profiler_wait (Profiler *self, guint milliseconds)
{
  g_usleep (milliseconds * 1000);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n_rings; i++)
    g_assert_true (mapped_ring_buffer_drain (self->rings[i], copy_frame, self->writer));
  g_mutex_unlock (&self->lock);
}

void
profiler_clear (Profiler *self)
{
  g_assert_true (sysprof_capture_writer_flush (self->writer));
  sysprof_capture_writer_unref (self->writer);
}
