/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=objects: what an object was like when it was made, and what is different when it comes
 * back. */

#pragma once

#include "objects/fsmm-pooled-object.h"

G_BEGIN_DECLS

FsmmSnapshot *fsmm_snapshot_new (GObject *object);
void fsmm_snapshot_free (FsmmSnapshot *self);
void fsmm_snapshot_compare (FsmmSnapshot *self, FsmmPooled *pooled, guint n_known_refs);

G_END_DECLS
