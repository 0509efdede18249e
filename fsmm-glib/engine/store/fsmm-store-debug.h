/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a store does besides for debugging. Every function here is called with the store's lock
 * held, and only where store->debug says that there is something to do: so that other pools do not
 * pay for it. */

#pragma once

#include "debug/fsmm-guard.h"
#include "engine/store/fsmm-store-locked.h"

G_BEGIN_DECLS

void fsmm_store_debug_init (FsmmStore *self);
void fsmm_store_debug_clear (FsmmStore *self);

gboolean fsmm_store_debug_add_chunk (FsmmStore *self, FsmmChunk *chunk);
void fsmm_store_debug_close_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred);
void fsmm_store_debug_sweep (FsmmStore *self, FsmmDeferred *deferred);
void fsmm_store_debug_finish (FsmmStore *self, FsmmChunk *chunk, gsize block);
void fsmm_store_debug_dispose_chunk (FsmmStore *self, FsmmChunk *chunk);

void fsmm_store_debug_take (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred);
void fsmm_store_debug_give (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred);

G_END_DECLS
