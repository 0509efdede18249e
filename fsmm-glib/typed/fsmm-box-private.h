/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-box.h"
#include "pool/fsmm-handle-private.h"
#include "fsmm-typed-pool.h"

G_BEGIN_DECLS

struct _FsmmBox {
  FsmmHandle handle;
  FsmmTypedPool *pool; /* whose keeper it is */
  GValue value;        /* what fsmm_box_peek () lends, filled in when it is first asked for */
  gint has_value;      /* (atomic) */
};

/* Makes a box whose instance is a copy of @source, or a new one where that is NULL. */
FsmmBox *fsmm_box_new (FsmmTypedPool *pool, gconstpointer source, GError **error);

G_END_DECLS
