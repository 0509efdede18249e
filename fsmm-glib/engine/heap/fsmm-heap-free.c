/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Blocks come back. */

/* Frees a block that only the caller may free. */
void
fsmm_heap_free_claimed (FsmmStore *self, gpointer block, FsmmState from, FsmmDeferred *deferred)
{
  FsmmCache *cache = fsmm_thread_get_cache (self->index);

  if (cache != NULL)
    fsmm_cache_make_room (cache, deferred);
  if (fsmm_store_give_locked (self, block, from, deferred) != fsmm_state_to_kind (from))
    fsmm_store_lose (self, block, deferred);
}

/* For a thread that has no room in its cache, or none, or must not use it now, or has the
 * address of something else. */
FsmmAddressKind
fsmm_heap_free_slow (FsmmStore *self, gpointer block, FsmmState from)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  FsmmCache *cache = fsmm_thread_ensure_cache (self);
  FsmmAddressKind kind;

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);

  if (cache != NULL)
    fsmm_cache_make_room (cache, &deferred);
  kind = fsmm_store_give_locked (self, block, from, &deferred);

  fsmm_store_unlock_and_finish (self, &deferred);

  return kind;
}
