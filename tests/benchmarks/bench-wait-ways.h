/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ways to have a fixed number of things of 64 bytes, each of which one thread has at a time.
 *
 * Whoever takes one while there is none sleeps until another thread gives one back. All are called
 * through such a table, so that nobody has an advantage. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gpointer (*create) (guint n_things);
  void (*destroy) (gpointer self);

  gpointer (*take) (gpointer self);
  void (*give_back) (gpointer self, gpointer thing);
} BenchWay;

extern const BenchWay bench_way_pool;
/* A queue that holds whatever can be taken. */
extern const BenchWay bench_way_tokens;
/* Memory of malloc, with a number of what is out. */
extern const BenchWay bench_way_counter;

#ifdef HAVE_GSTREAMER
/* bench-wait-gstreamer.c */
extern const BenchWay bench_way_buffers;
#endif

G_END_DECLS
