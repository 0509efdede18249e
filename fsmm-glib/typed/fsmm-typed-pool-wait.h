/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-box.h"
#include "fsmm-typed-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

FSMM_AVAILABLE_IN_1_2
gpointer fsmm_typed_pool_construct_wait (FsmmTypedPool *self,
                                         gint64 timeout_us,
                                         GCancellable *cancellable,
                                         GError **error);
FSMM_AVAILABLE_IN_1_2
FsmmBox *fsmm_typed_pool_alloc_wait (FsmmTypedPool *self,
                                     gint64 timeout_us,
                                     GCancellable *cancellable,
                                     GError **error);
FSMM_AVAILABLE_IN_1_2
void fsmm_typed_pool_alloc_async (FsmmTypedPool *self,
                                  int io_priority,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data);
FSMM_AVAILABLE_IN_1_2
FsmmBox *
fsmm_typed_pool_alloc_finish (FsmmTypedPool *self, GAsyncResult *result, GError **error);

FSMM_AVAILABLE_IN_1_2
void fsmm_typed_pool_set_flushing (FsmmTypedPool *self, gboolean flushing);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_typed_pool_get_flushing (FsmmTypedPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_typed_pool_set_max_blocks (FsmmTypedPool *self, gsize max_blocks);
FSMM_AVAILABLE_IN_1_2
guint fsmm_typed_pool_get_n_waiting (FsmmTypedPool *self);

G_END_DECLS
