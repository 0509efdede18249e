/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

/**
 * FsmmInitFunc:
 * @instance: (not nullable): memory of the type's size, all zeroes
 *
 * Creates an instance of a boxed type in existing memory.
 *
 * No lock is held while it runs: it may use any pool, including the one that calls it.
 *
 * Since: 1.0
 */
typedef void (*FsmmInitFunc) (gpointer instance);

/**
 * FsmmCopyFunc:
 * @source: (not nullable): an instance
 * @destination: (not nullable): memory of the type's size, all zeroes
 *
 * Copies an instance into existing memory.
 *
 * No lock is held while it runs.
 *
 * Since: 1.0
 */
typedef void (*FsmmCopyFunc) (gconstpointer source, gpointer destination);

/**
 * FsmmClearFunc:
 * @instance: (not nullable): an instance
 *
 * Frees what an instance owns, but not the instance itself.
 *
 * It is called exactly once for each instance. No lock is held while it runs: it may destroy other
 * instances of the same pool.
 *
 * Since: 1.0
 */
typedef void (*FsmmClearFunc) (gpointer instance);

/**
 * FsmmToStringFunc:
 * @instance: (not nullable): an instance
 *
 * Describes an instance for debugging.
 *
 * No lock is held while it runs.
 *
 * Returns: (transfer full) (not nullable): a description, which is freed with `g_free ()`
 *
 * Since: 1.0
 */
typedef char *(*FsmmToStringFunc) (gconstpointer instance);

/**
 * FsmmTypeLayout:
 * @size: the size of an instance in bytes, as given by `sizeof`
 * @alignment: its alignment in bytes, as given by `_Alignof`, or 0 for one that suits
 *   every type of that size
 * @init: (nullable): creates an instance, or %NULL if all zeroes are one
 * @copy: (nullable): copies an instance, or %NULL if copying its bytes is enough
 * @clear: (nullable): frees what an instance owns, or %NULL if it owns nothing
 * @to_string: (nullable): describes an instance, or %NULL for its type and address
 *
 * What a pool needs to know about a boxed type to create and clear its instances in blocks.
 *
 * Each function should return. One that is left by `longjmp ()` or by an exception leaves its block
 * as it is: see [Safety](safety.html#functions-that-do-not-return).
 *
 * GObject itself only knows how to copy and free an instance of a boxed type on the heap.
 *
 * Since: 1.0
 */
typedef struct {
  gsize size;
  gsize alignment;
  FsmmInitFunc init;
  FsmmCopyFunc copy;
  FsmmClearFunc clear;
  FsmmToStringFunc to_string;
} FsmmTypeLayout;

FSMM_AVAILABLE_IN_1_0
gboolean fsmm_type_register_layout (GType type, const FsmmTypeLayout *layout, GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_type_register_plain_layout (GType type,
                                          gsize size,
                                          gsize alignment,
                                          GError **error);

G_END_DECLS
