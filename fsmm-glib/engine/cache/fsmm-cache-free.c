/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-cache.h"

#include "engine/store/fsmm-store-debug.h"

/* --- Without the lock --- */

static inline gboolean
free_own (FsmmCache *self, FsmmSlot slot)
{
  fsmm_state_set (slot.state, FSMM_STATE_FREE);
  fsmm_cache_count_freed (self, 1);
  fsmm_cache_requeue (self, slot.region);

  return TRUE;
}

/* Counts a block that has become REMOTE. */
static inline void
note_remote (FsmmCache *self)
{
  fsmm_cache_count_freed (self, 1);
  __atomic_store_n (&self->n_remote, self->n_remote + 1, __ATOMIC_RELAXED);
}

static inline gboolean
free_remote (FsmmCache *self, FsmmSlot slot, FsmmState from, FsmmLateDoubleFrees *late)
{
  if (!fsmm_state_exchange (slot.state, from, FSMM_STATE_REMOTE))
    return FALSE;

  note_remote (self);
  fsmm_remote_note (self, slot.region, (gsize) (slot.state - slot.region->cells), late);
  return TRUE;
}

/* Frees a block that is in the state @from, for a thread that is busy with its cache. Returns
 * FALSE, and changes nothing, if it is not, or the lock is needed for it. */
static inline gboolean
free_found (FsmmCache *self, FsmmSlot slot, FsmmState from, FsmmLateDoubleFrees *late)
{
  FsmmCache *owner = fsmm_region_get_owner (slot.region);

  if (fsmm_state_get (slot.state) != from || owner == NULL)
    return FALSE;

  FSMM_RACE_WINDOW ();

  return owner == self ? free_own (self, slot) : free_remote (self, slot, from, late);
}

/* The bit of a block in the word of which others have been freed, and its region not been told yet: so
 * the region is still there, since whoever removes it sees to that first. Cells of that word which are
 * of no block are never LIVE. 0 for any other address. */
static inline FsmmBits
find_beside_last (const FsmmCache *self, gconstpointer address, FsmmState **state)
{
  const FsmmRegion *region = self->remote_region;
  gsize distance, index;

  if (self->remote_bits == 0)
    return 0;

  distance = (guintptr) address - region->base;
  if (distance >= FSMM_REGION_BYTES ||
      !fsmm_geometry_is_start (&self->store->geometry, distance, &index) ||
      index / FSMM_BITS_SIZE != self->remote_word)
    return 0;

  *state = &region->cells[index];
  return (FsmmBits) 1 << (index % FSMM_BITS_SIZE);
}

/* Frees a LIVE block beside the last one that the thread has freed from afar, as such often are,
 * whoever owns the region by now. Otherwise returns FALSE, and changes nothing. This calls nothing,
 * and so saves no registers. */
gboolean
fsmm_cache_try_free_beside_last (gconstpointer key, gpointer block)
{
  FsmmCache *self = fsmm_cache_enter_fast (key);
  gboolean is_freed = FALSE;
  FsmmState *state;
  FsmmBits bit;

  if (G_UNLIKELY (self == NULL))
    return FALSE;

  bit = find_beside_last (self, block, &state);
  if (bit != 0 && (self->remote_bits & bit) == 0 &&
      fsmm_state_exchange (state, FSMM_STATE_LIVE, FSMM_STATE_REMOTE))
    {
      note_remote (self);
      self->remote_bits |= bit;
      is_freed = TRUE;
    }
  fsmm_reader_leave ();

  return is_freed;
}

/* Frees the block at an address, which may be any, if it is in the state @from, for a thread that is
 * busy with its cache. Returns FALSE, and changes nothing, if it is not, or the lock is needed. */
gboolean
fsmm_cache_free (FsmmCache *self, gpointer block, FsmmState from, FsmmLateDoubleFrees *late)
{
  FsmmSlot slot = fsmm_store_find (self->store, block);

  return slot.block != NULL && free_found (self, slot, from, late);
}

/* Frees a block that the thread has claimed itself, also one of a region without an owner: that is
 * found when it gets one. Another thread that owns it may have seen it LIVE before, and have freed
 * it since: that has been counted then. */
void
fsmm_cache_free_claimed (FsmmCache *self, FsmmSlot slot, FsmmLateDoubleFrees *late)
{
  if (fsmm_region_get_owner (slot.region) == self)
    free_own (self, slot);
  else if (!free_remote (self, slot, FSMM_STATE_CLAIMED, late))
    fsmm_store_note_double_free (self->store, slot.block, late);
}

/* --- With the lock --- */

/* What malloc () gave goes back to it, so that a tool can tell that it is gone. */
static void
remove_malloced (FsmmStore *store, FsmmRegion *region, FsmmDeferred *deferred)
{
  FsmmCache *owner = fsmm_region_get_owner (region);

  if (owner != NULL)
    fsmm_cache_disown (owner, region);
  fsmm_store_close_chunk (store, region->chunk, store->epoch, deferred);
  region->chunk->next_emptied = deferred->emptied;
  deferred->emptied = region->chunk;
}

/* A block can be handed out again. */
static void
set_idle (FsmmStore *store, FsmmSlot slot, FsmmDeferred *deferred)
{
  FsmmCache *owner = fsmm_region_get_owner (slot.region);

  fsmm_state_set (slot.state, FSMM_STATE_FREE);
  if (G_UNLIKELY (store->debug & FSMM_DEBUG_MALLOC) && slot.region->chunk->drop_id == 0)
    remove_malloced (store, slot.region, deferred);
  else if (owner != NULL)
    fsmm_cache_requeue (owner, slot.region);
}

static void
quarantine (FsmmStore *store, FsmmSlot slot, FsmmDeferred *deferred)
{
  if (store->quarantine.n_blocks == store->quarantine.capacity)
    set_idle (store, fsmm_quarantine_pop (&store->quarantine), deferred);

  fsmm_state_set (slot.state, FSMM_STATE_QUARANTINED);
  fsmm_quarantine_push (&store->quarantine, slot);
}

void
fsmm_cache_empty_quarantine (FsmmStore *store, FsmmDeferred *deferred)
{
  while (store->quarantine.n_blocks > 0)
    set_idle (store, fsmm_quarantine_pop (&store->quarantine), deferred);
}

/* Where the store is debugged, no thread has a cache. */
static void
free_for_debugging (FsmmStore *store, FsmmSlot slot, FsmmDeferred *deferred)
{
  FsmmChunk *chunk = slot.region->chunk;

  fsmm_store_debug_give (store, chunk, fsmm_chunk_number (chunk, slot.block), deferred);
  fsmm_cache_count_freed (&store->common, 1);
  if (store->quarantine.capacity > 0)
    quarantine (store, slot, deferred);
  else
    set_idle (store, slot, deferred);
}

/* Frees a block that is in the state @from. A thread that frees something in a region without an
 * owner becomes its owner. Returns FALSE, and changes nothing, if another thread was first. */
gboolean
fsmm_cache_free_locked (FsmmCache *self, FsmmSlot slot, FsmmState from, FsmmDeferred *deferred)
{
  FsmmStore *store = self->store;

  if (G_UNLIKELY (slot.region->chunk->drop_id != 0))
    {
      if (!fsmm_state_exchange (slot.state, from, FSMM_STATE_CLAIMED))
        return FALSE;
      fsmm_cache_note_peak (store);
      fsmm_store_free_in_closed_chunk (store, slot);
      return TRUE;
    }

  if (G_UNLIKELY (store->debug != 0))
    {
      free_for_debugging (store, slot, deferred);
      return TRUE;
    }

  if (fsmm_region_get_owner (slot.region) == NULL)
    {
      fsmm_remote_collect (store, slot.region, &deferred->double_frees);
      fsmm_cache_own (self, slot.region);
    }

  return free_found (self, slot, from, &deferred->double_frees);
}
