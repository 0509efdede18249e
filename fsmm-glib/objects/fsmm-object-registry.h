/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All object pools of the process. */

#pragma once

#include "objects/fsmm-object-store.h"

G_BEGIN_DECLS

void fsmm_object_registry_add (FsmmObjectStore *store);
void fsmm_object_registry_remove (FsmmObjectStore *store);
FsmmObjectStore *fsmm_object_registry_find (guint64 id);
GPtrArray *fsmm_object_registry_list (void);

G_END_DECLS
