/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "profiler.h"

#include <string.h>
#include <sys/socket.h>

#define RING_SIZE (1024 * 1024)

typedef bool (*MappedRingBufferCallback) (const void *data, size_t *length, void *user_data);
MappedRingBuffer *mapped_ring_buffer_new_reader (size_t size);
int mapped_ring_buffer_get_fd (MappedRingBuffer *self);
bool
mapped_ring_buffer_drain (MappedRingBuffer *self, MappedRingBufferCallback callback, void *user_data);

static void
send_file (int socket, int fd)
{
  struct iovec byte = { .iov_base = (char[1]) { 0 }, .iov_len = 1 };
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE (sizeof fd)];
  } control = {
    .header = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN (sizeof fd) },
  };
  struct msghdr message = {
    .msg_iov = &byte, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
  };

  memcpy (CMSG_DATA (&control.header), &fd, sizeof fd);
  g_assert_cmpint (sendmsg (socket, &message, 0), ==, 1);
}

/* Gives each thread that asks what it writes to: GLib may have something to tell as well, of whatever
 * thread uses it. So this one does not, or it would ask itself and wait. */
static void *
answer_all (void *profiler)
{
  Profiler *self = profiler;
  char request[10];

  while (recv (self->socket, request, sizeof request, MSG_WAITALL) == sizeof request)
    {
      MappedRingBuffer *ring = mapped_ring_buffer_new_reader (RING_SIZE);

      pthread_mutex_lock (&self->lock);
      g_assert_cmpuint (self->n_rings, <, G_N_ELEMENTS (self->rings));
      self->rings[self->n_rings++] = ring;
      pthread_mutex_unlock (&self->lock);
      send_file (self->socket, mapped_ring_buffer_get_fd (ring));
    }

  return NULL;
}

void
profiler_init (Profiler *self, const char *file)
{
  g_autofree char *number = NULL;
  int ends[2];
  pthread_t thread;

  g_assert_cmpint (pthread_mutex_init (&self->lock, NULL), ==, 0);
  self->writer = sysprof_capture_writer_new (file, 0);
  g_assert_nonnull (self->writer);
  /* It has to know nearly all numbers that there can be. */
  sysprof_capture_writer_request_counter (self->writer, 0xfffff0);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  self->socket = ends[0];
  g_assert_cmpint (pthread_create (&thread, NULL, answer_all, self), ==, 0);
  g_assert_cmpint (pthread_detach (thread), ==, 0);
  number = g_strdup_printf ("%d", ends[1]);
  g_setenv ("SYSPROF_CONTROL_FD", number, TRUE);
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
  pthread_mutex_lock (&self->lock);
  for (guint i = 0; i < self->n_rings; i++)
    g_assert_true (mapped_ring_buffer_drain (self->rings[i], copy_frame, self->writer));
  pthread_mutex_unlock (&self->lock);
}

void
profiler_clear (Profiler *self)
{
  g_assert_true (sysprof_capture_writer_flush (self->writer));
  sysprof_capture_writer_unref (self->writer);
}
