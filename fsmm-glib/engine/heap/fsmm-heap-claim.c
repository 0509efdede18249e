/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* A user function that makes or clears what lives in a block runs without the lock, and its
 * thread is not busy. Meanwhile the block is CLAIMED, which only one thread can bring about, so
 * that no two clear the same; and its memory stays where it is whatever is dropped: a chunk that
 * is closed is pinned once for each such block. The thread that ends a claim finds out from the
 * epoch whether that has happened. */

/* Without the lock, in a region of the calling thread, if that is the epoch. FALSE also if it is not
 * known to be one. */
static inline gboolean
claim_own (FsmmStore *self, gpointer address, FsmmState from, gsize epoch, FsmmClaim *claim)
{
  gboolean claimed = FALSE;
  FsmmCache *cache;

  fsmm_barrier_raise (&fsmm_thread.front.busy);
  claim->block = address;
  claim->state = fsmm_cache_find_own (self->key, address, &cache);
  if (G_LIKELY (claim->state != NULL))
    {
      claim->epoch = self->epoch;
      if (G_LIKELY (epoch == FSMM_EPOCH_ANY || claim->epoch == epoch))
        claimed = fsmm_state_claim (claim->state, from);
    }
  fsmm_reader_leave ();

  return claimed;
}

/* The state of a block in a chunk that is not being dropped, for a thread that is busy, or has the
 * lock. */
static FsmmState *
find_state (FsmmStore *self, gpointer address)
{
  FsmmSlot slot = fsmm_store_find (self, address);

  return slot.block != NULL && slot.region->chunk->drop_id == 0 ? slot.state : NULL;
}

/* Without the lock, in any region. */
static gboolean
claim_in_any_region (FsmmStore *self, gpointer address, FsmmClaim *claim)
{
  FsmmCache *cache = fsmm_cache_enter (self);
  gboolean claimed;

  if (G_UNLIKELY (cache == NULL))
    return FALSE;

  *claim = (FsmmClaim) { address, find_state (self, address), self->epoch };
  claimed = claim->state != NULL && fsmm_state_claim (claim->state, FSMM_STATE_LIVE);
  fsmm_reader_leave ();

  return claimed;
}

/* What is in a chunk that is being dropped is cleared by the thread that does that, or has been.
 * Its own clear functions may ask for it to be destroyed in vain, so that nothing nests; another
 * thread comes too late with that, or, for what is still live, just in time. */
static gboolean
claim_in_closed_chunk (FsmmPlace *place, FsmmClaim *claim)
{
  gboolean is_left_to_others = place->chunk->dropper == fsmm_thread_self ();

  if (place->kind == FSMM_ADDRESS_LIVE && !is_left_to_others &&
      fsmm_state_claim (place->slot.state, FSMM_STATE_LIVE))
    {
      claim->epoch = FSMM_EPOCH_NEVER;
      fsmm_store_pin_chunk (place->chunk);
      return TRUE;
    }

  if (place->kind == FSMM_ADDRESS_LIVE || place->kind == FSMM_ADDRESS_FREE ||
      place->kind == FSMM_ADDRESS_CLAIMED)
    place->kind = FSMM_ADDRESS_DROPPED;

  return FALSE;
}

static gboolean
claim_locked (FsmmStore *self, FsmmPlace *place, FsmmClaim *claim)
{
  *claim = (FsmmClaim) { place->slot.block, place->slot.state, self->epoch };

  if (place->chunk != NULL && place->chunk->drop_id != 0)
    return claim_in_closed_chunk (place, claim);
  if (place->kind != FSMM_ADDRESS_LIVE)
    return FALSE;
  if (fsmm_state_claim (place->slot.state, FSMM_STATE_LIVE))
    return TRUE;

  /* It was live a moment ago, and another thread was faster. */
  place->kind = FSMM_ADDRESS_CLAIMED;
  return FALSE;
}

static gboolean
claim_slow (FsmmStore *self, gpointer address, FsmmClaim *claim, FsmmLook *look)
{
  gboolean claimed;
  FsmmPlace place;

  fsmm_heap_lock (self);
  place = fsmm_store_look_up (self, address);
  claimed = claim_locked (self, &place, claim);
  if (!claimed)
    fsmm_place_describe (&place, look);
  fsmm_unlock (self->lock);

  return claimed;
}

/* Claims the block at @address if it is live, to clear it. Otherwise, @look says what the address
 * was found to be. */
gboolean
fsmm_heap_claim (FsmmStore *self, gpointer address, FsmmClaim *claim, FsmmLook *look)
{
  return G_LIKELY (claim_own (self, address, FSMM_STATE_LIVE, FSMM_EPOCH_ANY, claim)) ||
         claim_in_any_region (self, address, claim) || claim_slow (self, address, claim, look);
}

static G_GNUC_NO_INLINE gboolean
claim_held_slow (FsmmStore *self, gpointer block, gsize epoch, FsmmClaim *claim)
{
  FsmmCache *cache = fsmm_heap_enter (self);
  gboolean claimed = self->epoch == epoch;

  if (claimed)
    {
      *claim = (FsmmClaim) { block, find_state (self, block), epoch };
      claimed = fsmm_state_claim (claim->state, FSMM_STATE_HELD);
    }

  fsmm_heap_leave (self, cache);

  return claimed;
}

/* Claims the block of a handle. FALSE if it has been dropped, or another thread has claimed it. */
gboolean
fsmm_heap_claim_held (FsmmStore *self, gpointer block, gsize epoch, FsmmClaim *claim)
{
  if (G_LIKELY (claim_own (self, block, FSMM_STATE_HELD, epoch, claim)))
    return TRUE;

  return claim_held_slow (self, block, epoch, claim);
}

/* Busy, or with the lock held. */
static inline gboolean
publish_in_epoch (FsmmStore *self, const FsmmClaim *claim, FsmmState to)
{
  gboolean is_there = self->epoch == claim->epoch;

  if (is_there)
    fsmm_state_publish (claim->state, to);

  return is_there;
}

static G_GNUC_NO_INLINE gboolean
publish_slow (FsmmStore *self, const FsmmClaim *claim, FsmmState to)
{
  FsmmCache *cache = fsmm_heap_enter (self);
  gboolean is_there = publish_in_epoch (self, claim, to);

  fsmm_heap_leave (self, cache);

  return is_there;
}

/* What has been made in a block is complete. Returns FALSE, and changes nothing, if all blocks were
 * dropped meanwhile: then the caller has to clear and release it, because no other thread did. */
gboolean
fsmm_heap_publish (FsmmStore *self, const FsmmClaim *claim, FsmmState to)
{
  gboolean is_there;

  if (G_UNLIKELY (fsmm_cache_enter_fast (self->key) == NULL))
    return publish_slow (self, claim, to);

  is_there = publish_in_epoch (self, claim, to);
  fsmm_reader_leave ();

  return is_there;
}

/* A chunk that may be detached, which no table has. */
static FsmmChunk *
find_pinned_chunk (FsmmStore *self, gconstpointer block)
{
  gpointer base = fsmm_geometry_chunk_base (&self->geometry, block);
  GList *l = self->all.tail;

  while (((FsmmChunk *) l->data)->base != base)
    l = l->prev;

  return l->data;
}

/* The chunk was closed meanwhile, and perhaps detached. */
static void
release_pinned (FsmmStore *self, const FsmmClaim *claim, FsmmDeferred *deferred)
{
  FsmmChunk *chunk = find_pinned_chunk (self, claim->block);
  gsize number = fsmm_chunk_number (chunk, claim->block);

  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_finish (self, chunk, number);
  fsmm_cache_note_peak (self);
  fsmm_store_free_in_closed_chunk (self, fsmm_chunk_get_slot (chunk, number));
  fsmm_store_unpin_chunk (self, chunk, deferred);
}

static void
release_slow (FsmmStore *self, const FsmmClaim *claim)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);

  fsmm_thread_ensure_cache (self);

  fsmm_heap_lock (self);
  if (self->epoch == claim->epoch)
    fsmm_cache_free_locked (fsmm_heap_get_cache (self), fsmm_store_find (self, claim->block),
                            FSMM_STATE_CLAIMED, &deferred);
  else
    release_pinned (self, claim, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);
}

/* What lived in a block has been cleared. */
void
fsmm_heap_release (FsmmStore *self, const FsmmClaim *claim)
{
  if (G_UNLIKELY (!fsmm_heap_try_free_owned (self, claim->block, FSMM_STATE_CLAIMED, claim->epoch)))
    release_slow (self, claim);
}
