/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the files of the heap share. Every function here is called with the store's lock held. */

#pragma once

#include "engine/heap/fsmm-heap.h"
#include "engine/store/fsmm-store-debug.h"

G_BEGIN_DECLS

gboolean fsmm_heap_is_within_limit (FsmmStore *self, gsize n_blocks);
FsmmAllocResult fsmm_heap_ensure_free (FsmmStore *self, gsize n_blocks, FsmmDeferred *deferred);
void fsmm_heap_free_owned (FsmmStore *self,
                           gpointer block,
                           FsmmAddressKind owned,
                           FsmmDeferred *deferred);

G_END_DECLS
