/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where objects that are lent were borrowed. */

#pragma once

#include "objects/fsmm-object-store.h"

G_BEGIN_DECLS

void fsmm_object_leaks_watch (void);
char *fsmm_object_store_describe_sites (FsmmObjectStore *self);

G_END_DECLS
