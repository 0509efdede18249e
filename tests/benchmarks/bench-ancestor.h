/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checked pool that one writes first, as a measure of what checking costs when done simply: a
 * list of free blocks that runs through them, one hash set of the chunks and another of the blocks
 * that are out, all behind one mutex. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _BenchAncestor BenchAncestor;

BenchAncestor *bench_ancestor_new (gsize size);
void bench_ancestor_free (BenchAncestor *self);
gpointer bench_ancestor_take (BenchAncestor *self);
gboolean bench_ancestor_give (BenchAncestor *self, gpointer block);
void bench_ancestor_drop_all (BenchAncestor *self);

G_END_DECLS
