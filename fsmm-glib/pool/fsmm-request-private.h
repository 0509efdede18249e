/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A request for a block that is answered in a main context. */

#pragma once

#include "pool/fsmm-patience-private.h"

G_BEGIN_DECLS

typedef struct {
  const char *call; /* the name of the public function */
  /* Makes what is asked for, in a block that is taken as @patience says. */
  gpointer (*make) (gpointer owner, const FsmmPatience *patience, GError **error);
  GDestroyNotify discard; /* of what that has made */
} FsmmRequestKind;

void fsmm_request_start (const FsmmRequestKind *kind,
                         GObject *owner,
                         FsmmPool *pool,
                         gpointer source_tag,
                         int io_priority,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);

G_END_DECLS
