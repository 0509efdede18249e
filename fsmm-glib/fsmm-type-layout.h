/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

/**
 * FsmmInitFunc:
 * @instance: (not nullable): memory of the type's size, all zeroes
 *
 * Makes an instance of a boxed type in memory that is there already.
 *
 * No lock is held while it runs: it may use every pool, the one it is called by included.
 *
 * Since: 1.0
 */
typedef void (*FsmmInitFunc) (gpointer instance);

/**
 * FsmmCopyFunc:
 * @source: (not nullable): an instance
 * @destination: (not nullable): memory of the type's size, all zeroes
 *
 * Makes a copy of an instance in memory that is there already.
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
 * Describes an instance, for people who debug.
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
 * @size: the size of an instance in bytes, as `sizeof` gives it
 * @alignment: its alignment in bytes, as `_Alignof` gives it, or 0 for what suits every type
 * @init: (nullable): makes an instance, or %NULL where zeroes are one
 * @copy: (nullable): copies an instance, or %NULL where copying its bytes does
 * @clear: (nullable): frees what an instance owns, or %NULL where it owns nothing
 * @to_string: (nullable): describes an instance, or %NULL for its type and address
 *
 * What a pool must know of a boxed type to have its instances made and cleared in blocks.
 *
 * GObject itself knows of a boxed type no more than how to copy and free one on the heap.
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
