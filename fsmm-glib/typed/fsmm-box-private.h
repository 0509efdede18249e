/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-box.h"
#include "pool/fsmm-handle-private.h"
#include "typed/fsmm-typed-pool-private.h"

G_BEGIN_DECLS

struct _FsmmBox {
  FsmmHandle handle;
  FsmmTypedPool *pool; /* whose keeper it is */
  GValue value;        /* what fsmm_box_peek () lends, filled in when it is first asked for */
  gint has_value;      /* (atomic) */
};

FSMM_ASSERT_HANDLE_FITS (FsmmBox);

FsmmBox *fsmm_box_make (FsmmTypedPool *pool,
                        gconstpointer source,
                        const FsmmPatience *patience,
                        GError **error);

G_END_DECLS
