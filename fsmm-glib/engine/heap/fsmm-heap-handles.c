/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

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
  fsmm_store_unlock_and_finish (self, &deferred);
}
