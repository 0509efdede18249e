/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads that wait for each other: runs of a BenchCase, whose data is a BenchWay. */

#pragma once

#include "bench-wait-ways.h"

G_BEGIN_DECLS

/* Six threads, and three things: each thread takes one, works for some tens of nanoseconds, and
 * gives it back. */
gint64 bench_wait_crowd (guint64 n, gconstpointer way);

/* One thread takes each of 64 things in turn and sends it to another one, which gives it back. They
 * go through a GAsyncQueue, or through a ring without a lock, whose reader yields while it is empty. */
gint64 bench_wait_pipe_by_queue (guint64 n, gconstpointer way);
gint64 bench_wait_pipe_by_ring (guint64 n, gconstpointer way);

G_END_DECLS
