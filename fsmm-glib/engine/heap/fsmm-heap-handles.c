/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* What an address is that could not be taken. What is live by now was not when that was tried. */
static void
look_at_refused (FsmmStore *self, gconstpointer address, FsmmLook *look)
{
  FsmmPlace place;

  fsmm_heap_lock (self);
  place = fsmm_store_look_up (self, address);
  if (place.kind == FSMM_ADDRESS_LIVE)
    place.kind = place.chunk->drop_id != 0 ? FSMM_ADDRESS_DROPPED : FSMM_ADDRESS_CLAIMED;
  fsmm_place_describe (&place, look);
  fsmm_unlock (self->lock);
}

/* From now on the block at @address belongs to a handle, in @epoch. If it is not LIVE, or is being
 * dropped with all others, this returns FALSE, and @look says what the address was found to be. */
gboolean
fsmm_heap_own (FsmmStore *self, gpointer address, gsize *epoch, FsmmLook *look)
{
  FsmmCache *cache = fsmm_heap_enter (self);
  FsmmSlot slot = fsmm_store_find (self, address);
  gboolean is_there = slot.block != NULL && slot.region->chunk->drop_id == 0 &&
                      fsmm_state_exchange (slot.state, FSMM_STATE_LIVE, FSMM_STATE_HELD);

  *epoch = self->epoch;
  fsmm_heap_leave (self, cache);

  if (G_UNLIKELY (!is_there))
    look_at_refused (self, address, look);
  return is_there;
}

/* From now on the block belongs to the code that has its address. Returns FALSE if it has been
 * dropped. */
gboolean
fsmm_heap_disown (FsmmStore *self, gpointer block, gsize epoch)
{
  FsmmCache *cache = fsmm_heap_enter (self);
  FsmmSlot slot = self->epoch == epoch ? fsmm_store_find (self, block) : FSMM_NO_SLOT;
  gboolean is_there =
      slot.block != NULL && fsmm_state_exchange (slot.state, FSMM_STATE_HELD, FSMM_STATE_LIVE);

  fsmm_heap_leave (self, cache);

  return is_there;
}

/* Makes the memory of a handle's block stay where it is until fsmm_heap_unpin (), whatever is
 * dropped meanwhile. NULL if the block is gone. */
FsmmChunk *
fsmm_heap_pin (FsmmStore *self, gconstpointer block, gsize epoch)
{
  FsmmChunk *chunk = NULL;

  fsmm_heap_lock (self);
  if (self->epoch == epoch)
    chunk = fsmm_store_pin_chunk (fsmm_store_lookup_chunk (self, block));
  fsmm_unlock (self->lock);

  return chunk;
}

void
fsmm_heap_unpin (FsmmStore *self, FsmmChunk *chunk)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  fsmm_heap_lock (self);
  fsmm_store_unpin_chunk (self, chunk, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);
}
