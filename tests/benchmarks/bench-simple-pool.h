/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checked pool that one writes first, as a measure of what checking costs when done simply: a
 * list of free blocks that runs through them, one hash set of the chunks and another of the blocks
 * that are out, all behind one mutex. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchSimplePool BenchSimplePool;

BenchSimplePool *bench_simple_pool_new (gsize size);
void bench_simple_pool_free (BenchSimplePool *self);
gpointer bench_simple_pool_take (BenchSimplePool *self);
gboolean bench_simple_pool_give (BenchSimplePool *self, gpointer block);
void bench_simple_pool_drop_all (BenchSimplePool *self);

G_END_DECLS
