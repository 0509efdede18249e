/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_TYPED_POOL (fsmm_typed_pool_get_type ())

FSMM_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (FsmmTypedPool, fsmm_typed_pool, FSMM, TYPED_POOL, GObject)

FSMM_AVAILABLE_IN_1_0
FsmmTypedPool *fsmm_typed_pool_new (GType item_type, gsize chunk_bytes, GError **error);
FSMM_AVAILABLE_IN_1_0
FsmmTypedPool *fsmm_typed_pool_new_full (const char *name,
                                         GType item_type,
                                         gsize chunk_bytes,
                                         gsize max_blocks,
                                         GError **error);
FSMM_AVAILABLE_IN_1_0
FsmmTypedPool *fsmm_typed_pool_get_default (GType item_type);

FSMM_AVAILABLE_IN_1_0
gpointer fsmm_typed_pool_construct (FsmmTypedPool *self, GError **error);
FSMM_AVAILABLE_IN_1_0
gpointer fsmm_typed_pool_construct_copy (FsmmTypedPool *self, gconstpointer source, GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_typed_pool_destroy (FsmmTypedPool *self, gpointer instance, GError **error);

FSMM_AVAILABLE_IN_1_0
gsize fsmm_typed_pool_free_all (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_0
void fsmm_typed_pool_foreach (FsmmTypedPool *self, FsmmBlockFunc func, gpointer user_data);

FSMM_AVAILABLE_IN_1_0
GType fsmm_typed_pool_get_item_type (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_0
FsmmPool *fsmm_typed_pool_get_pool (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_0
const char *fsmm_typed_pool_get_name (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_typed_pool_get_max_blocks (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_typed_pool_get_n_allocated (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_typed_pool_get_peak_allocated (FsmmTypedPool *self);

G_END_DECLS
