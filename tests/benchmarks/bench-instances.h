/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is done with instances of types, each a BenchPass on a BenchTyped: in pools, or on the heap,
 * as a GLib program does it otherwise. */

#pragma once

#include <glib-object.h>

#include "bench-work.h"

G_BEGIN_DECLS

typedef struct {
  GType type;
  gsize size;
  guint64 source[8]; /* to copy */
  gpointer pool;     /* from bench_instances_get_pool () */
} BenchTyped;

/* Returns NULL on the heap. */
gpointer bench_instances_get_pool (GType type);

guint64 bench_pass_construct (gpointer state);
guint64 bench_pass_box (gpointer state);
/* With functions of the type. */
guint64 bench_pass_construct_active (gpointer state);
guint64 bench_pass_box_active (gpointer state);
/* Bytes without a type. */
guint64 bench_pass_handle (gpointer state);

G_END_DECLS
