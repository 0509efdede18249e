/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Blocks come back. */

/* Frees a block that only the caller may free: it is HELD, or CLAIMED. */
void
fsmm_heap_free_owned (FsmmStore *self,
                      gpointer block,
                      FsmmAddressKind owned,
                      FsmmDeferred *deferred)
{
  FsmmCache *cache = fsmm_thread_get_cache (self->index);
  FsmmPlace place;

  if (cache != NULL)
    fsmm_cache_make_room (cache, deferred);

  place = fsmm_store_look_up (self, block);
  if (place.kind == owned)
    fsmm_store_give (self, &place, deferred);
  else
    fsmm_store_note_double_free (self, block, deferred);
}

/* For a thread that has no room in its cache, or none, or must not use it now, or has the
 * address of something else. */
gboolean
fsmm_heap_free_slow (FsmmStore *self, gpointer block, FsmmLook *look)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  FsmmCache *cache = fsmm_thread_ensure_cache (self);
  FsmmPlace place;

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);

  if (cache != NULL)
    fsmm_cache_make_room (cache, &deferred);
  place = fsmm_store_look_up (self, block);
  if (place.kind == FSMM_ADDRESS_LIVE)
    fsmm_store_give (self, &place, &deferred);
  else
    fsmm_place_describe (&place, look);

  fsmm_store_unlock_and_finish (self, &deferred);

  return place.kind == FSMM_ADDRESS_LIVE;
}
