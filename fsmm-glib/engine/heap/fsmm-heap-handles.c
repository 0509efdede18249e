/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

static gboolean
free_held_slow (FsmmStore *self, gpointer block, gsize epoch)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  gboolean is_there;

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);

  is_there = self->epoch == epoch;
  if (is_there)
    fsmm_heap_free_owned (self, block, FSMM_ADDRESS_HELD, &deferred);

  fsmm_store_unlock_and_finish (self, &deferred);

  return is_there;
}

/* Gives back the block of a handle. Returns FALSE if it has been dropped. */
gboolean
fsmm_heap_free_held (FsmmStore *self, gpointer block, gsize epoch)
{
  return G_LIKELY (fsmm_heap_try_free_in_epoch (self, block, FSMM_STATE_HELD, epoch)) ||
         free_held_slow (self, block, epoch);
}

/* From now on the block belongs to the code that has its address. Returns FALSE if it has been
 * dropped. */
gboolean
fsmm_heap_disown (FsmmStore *self, gpointer block, gsize epoch)
{
  FsmmCache *cache = fsmm_store_enter (self);
  FsmmState *state = self->epoch == epoch ? fsmm_store_find_held (self, cache, block) : NULL;
  gboolean is_there = state != NULL && fsmm_state_get (state) == FSMM_STATE_HELD;

  if (is_there)
    fsmm_state_set (state, FSMM_STATE_LIVE);

  fsmm_store_leave (self, cache);

  return is_there;
}

/* Makes the memory of a handle's block stay where it is until fsmm_heap_unpin (), whatever is
 * dropped meanwhile. NULL if the block is gone. */
FsmmChunk *
fsmm_heap_pin (FsmmStore *self, gconstpointer block, gsize epoch)
{
  FsmmChunk *chunk = NULL;

  fsmm_lock (&self->lock);
  if (self->epoch == epoch)
    chunk = fsmm_store_pin_chunk (fsmm_store_lookup_chunk (self, block));
  fsmm_unlock (&self->lock);

  return chunk;
}

void
fsmm_heap_unpin (FsmmStore *self, FsmmChunk *chunk)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  fsmm_lock (&self->lock);
  fsmm_store_unpin_chunk (self, chunk, &deferred);
  fsmm_store_unlock_and_finish (self, &deferred);
}
