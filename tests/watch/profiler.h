/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What Sysprof does for the program that it has started, as far as counters go: it gives each thread
 * that asks for one a buffer, and writes what comes into a capture. Here, it is the program's own process. */

#pragma once

#include <pthread.h>

#include <glib.h>
#include <sysprof-capture.h>

G_BEGIN_DECLS

/* Sysprof's own: no header of it is installed. */
typedef struct _MappedRingBuffer MappedRingBuffer;

typedef struct {
  int socket; /* whose other end the program has; it stays as well */
  pthread_mutex_t lock; /* ThreadSanitizer knows nothing of a GMutex */
  MappedRingBuffer *rings[64]; /* they stay: Sysprof 3.46 has nothing that frees all of one */
  guint n_rings;
  SysprofCaptureWriter *writer; /* (owned) */
} Profiler;

/* To be called before there is a pool. @self is static. */
void profiler_init (Profiler *self, const char *file);
/* Writes what has come in the meantime. */
void profiler_wait (Profiler *self, guint milliseconds);
void profiler_clear (Profiler *self);

G_END_DECLS
