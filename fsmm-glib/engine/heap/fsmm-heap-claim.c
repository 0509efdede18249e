/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* A user function that makes or clears what lives in a block runs without the lock, and its
 * thread is not busy. Meanwhile the block is CLAIMED, which only one thread can bring about, so
 * that no two clear the same; and its memory stays where it is whatever is dropped: a chunk that
 * is closed is pinned once for each such block. The thread that ends a claim finds out from the
 * epoch whether that has happened. */

/* What is in a chunk that is being dropped is cleared by the thread that does that, or has been.
 * Its own clear functions may ask for it to be destroyed in vain, so that nothing nests; another
 * thread comes too late with that, or, for what is still live, just in time. */
static FsmmAddressKind
claim_in_closed_chunk (FsmmChunk *chunk, FsmmAddressKind kind, FsmmClaim *claim)
{
  if (kind == FSMM_ADDRESS_FREE || kind == FSMM_ADDRESS_CLAIMED)
    return FSMM_ADDRESS_DROPPED;
  if (kind != FSMM_ADDRESS_LIVE)
    return kind;
  if (chunk->dropper == fsmm_thread_self () || !fsmm_state_claim (claim->slot.state, FSMM_STATE_LIVE))
    return FSMM_ADDRESS_DROPPED;

  claim->epoch = FSMM_EPOCH_NEVER;
  fsmm_store_pin_chunk (chunk);

  return FSMM_ADDRESS_LIVE;
}

static FsmmAddressKind
claim_locked (FsmmStore *self, FsmmClaim *claim)
{
  gpointer block = claim->slot.block;
  FsmmAddressKind kind = fsmm_store_inspect_locked (self, block);
  FsmmChunk *chunk = fsmm_store_lookup_chunk (self, block);

  claim->slot.state = fsmm_store_find_state (self, block);
  claim->epoch = self->epoch;

  if (chunk != NULL && chunk->drop_id != 0)
    return claim_in_closed_chunk (chunk, kind, claim);
  if (claim->slot.state != NULL && fsmm_state_claim (claim->slot.state, FSMM_STATE_LIVE))
    return FSMM_ADDRESS_LIVE;

  /* It was live a moment ago, and another thread was faster. */
  return kind == FSMM_ADDRESS_LIVE ? FSMM_ADDRESS_CLAIMED : kind;
}

/* Claims the block at @address if it is live, to clear it, and says what the address is in any
 * case. */
FsmmAddressKind
fsmm_heap_claim (FsmmStore *self, gpointer address, FsmmClaim *claim)
{
  FsmmCache *cache = fsmm_cache_enter (self);
  gboolean claimed = FALSE;
  FsmmAddressKind kind;

  claim->slot.block = address;
  if (cache != NULL)
    {
      FsmmChunk *chunk = fsmm_store_find_chunk (self, address);

      claim->slot.state = chunk != NULL ? fsmm_chunk_find_state (chunk, &self->geometry, address) : NULL;
      claim->epoch = self->epoch;
      claimed = claim->slot.state != NULL && chunk->drop_id == 0 &&
                fsmm_state_claim (claim->slot.state, FSMM_STATE_LIVE);
      fsmm_cache_leave (cache);
    }

  if (claimed)
    return FSMM_ADDRESS_LIVE;

  fsmm_lock (&self->lock);
  kind = claim_locked (self, claim);
  fsmm_unlock (&self->lock);

  return kind;
}

/* Claims the block of a handle. FALSE if it has been dropped, or another thread has claimed it. */
gboolean
fsmm_heap_claim_held (FsmmStore *self, gpointer block, gsize epoch, FsmmClaim *claim)
{
  FsmmCache *cache = fsmm_store_enter (self);
  gboolean claimed = self->epoch == epoch;

  if (claimed)
    {
      claim->slot = (FsmmSlot) { block, fsmm_store_find_state (self, block) };
      claim->epoch = epoch;
      claimed = fsmm_state_claim (claim->slot.state, FSMM_STATE_HELD);
    }

  fsmm_store_leave (self, cache);

  return claimed;
}

/* What has been made in a block is complete. Returns FALSE, and changes nothing, if all blocks were
 * dropped meanwhile: then the caller has to clear and finish it, because no other thread did. */
gboolean
fsmm_heap_publish (FsmmStore *self, const FsmmClaim *claim, FsmmState to)
{
  FsmmCache *cache = fsmm_store_enter (self);
  gboolean is_there = self->epoch == claim->epoch;

  if (is_there)
    fsmm_state_publish (claim->slot.state, to);

  fsmm_store_leave (self, cache);

  return is_there;
}

static FsmmChunk *
find_pinned_chunk (FsmmStore *self, const FsmmState *state)
{
  GList *l = self->all.tail;

  while (!fsmm_chunk_has_state (l->data, state))
    l = l->prev;

  return l->data;
}

/* The chunk was closed meanwhile, and perhaps detached. */
static void
finish_pinned (FsmmStore *self, const FsmmClaim *claim, FsmmDeferred *deferred)
{
  FsmmChunk *chunk = find_pinned_chunk (self, claim->slot.state);
  gsize block = claim->slot.state - chunk->states;
  guint64 again;

  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_finish (self, chunk, block);
  fsmm_state_set (claim->slot.state, FSMM_STATE_FREE);
  fsmm_chunk_give (chunk, fsmm_chunk_blocks_one (block), &again);
  if (!chunk->detached)
    self->n_out--;

  fsmm_store_unpin_chunk (self, chunk, deferred);
}

static void
finish_slowly (FsmmStore *self, const FsmmClaim *claim)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);

  if (self->epoch == claim->epoch)
    fsmm_heap_free_claimed (self, claim->slot.block, FSMM_STATE_CLAIMED, &deferred);
  else
    finish_pinned (self, claim, &deferred);

  fsmm_store_unlock_and_finish (self, &deferred);
}

/* What lived in a block has been cleared. */
void
fsmm_heap_finish (FsmmStore *self, const FsmmClaim *claim)
{
  if (G_UNLIKELY (!fsmm_heap_try_free_in_epoch (self, claim->slot.block, FSMM_STATE_CLAIMED,
                                                 claim->epoch)))
    finish_slowly (self, claim);
}
