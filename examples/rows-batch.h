/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-record.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Some records that a thread of its own has made, each in a box. */
typedef struct {
  GPtrArray *boxes; /* (owned) (element-type FsmmBox) */
  GError *error;    /* (owned) (nullable): why there are no more */
} Batch;

void batch_free (Batch *self);

void batch_make_async (FsmmTypedPool *pool,
                       guint first,
                       guint n_records,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
Batch *batch_make_finish (GAsyncResult *result, GError **error);

G_END_DECLS
