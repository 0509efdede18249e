/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-block.h"
#include "fsmm-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

FSMM_AVAILABLE_IN_1_2
gpointer fsmm_pool_alloc_wait (FsmmPool *self,
                               gint64 timeout_us,
                               GCancellable *cancellable,
                               GError **error);
FSMM_AVAILABLE_IN_1_2
FsmmBlock *fsmm_pool_acquire_wait (FsmmPool *self,
                                   gint64 timeout_us,
                                   GCancellable *cancellable,
                                   GError **error);
FSMM_AVAILABLE_IN_1_2
void fsmm_pool_acquire_async (FsmmPool *self,
                              int io_priority,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
FSMM_AVAILABLE_IN_1_2
FsmmBlock *fsmm_pool_acquire_finish (FsmmPool *self, GAsyncResult *result, GError **error);

FSMM_AVAILABLE_IN_1_2
void fsmm_pool_set_flushing (FsmmPool *self, gboolean flushing);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_pool_get_flushing (FsmmPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_pool_set_max_blocks (FsmmPool *self, gsize max_blocks);
FSMM_AVAILABLE_IN_1_2
guint fsmm_pool_get_n_waiting (FsmmPool *self);

G_END_DECLS
