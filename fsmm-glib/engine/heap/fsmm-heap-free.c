/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Without the lock: also a block of a region that another thread owns. */
static inline gboolean
free_fast (FsmmStore *self, gpointer block, FsmmState from, gsize epoch)
{
  FsmmLateDoubleFrees late;
  FsmmCache *cache = fsmm_cache_enter (self);
  gboolean is_freed;

  fsmm_late_double_frees_init (&late);
  if (G_UNLIKELY (cache == NULL))
    return FALSE;

  is_freed = (epoch == FSMM_EPOCH_ANY || self->epoch == epoch) &&
             fsmm_cache_free (cache, block, from, &late);
  fsmm_reader_leave ();
  if (G_UNLIKELY (late.n_blocks > 0))
    fsmm_late_double_frees_log (&late);

  return is_freed;
}

static gboolean
free_locked (FsmmStore *self, gpointer block, FsmmLook *look, FsmmDeferred *deferred)
{
  FsmmPlace place = fsmm_store_look_up (self, block);

  if (place.kind == FSMM_ADDRESS_LIVE &&
      fsmm_cache_free_locked (fsmm_heap_get_cache (self), place.slot, FSMM_STATE_LIVE, deferred))
    return TRUE;

  /* It was live a moment ago, and another thread was faster. */
  if (place.kind == FSMM_ADDRESS_LIVE)
    {
      place.kind = FSMM_ADDRESS_FREE;
      place.found = FSMM_STATE_FREE;
    }
  fsmm_place_describe (&place, look);
  return FALSE;
}

/* Apart from what goes before, which has no need for so much of the stack. */
static G_GNUC_NO_INLINE gboolean
free_with_lock (FsmmStore *self, gpointer block, FsmmLook *look)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  gboolean is_freed;

  fsmm_thread_ensure_cache (self);

  fsmm_heap_lock (self);
  is_freed = free_locked (self, block, look, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return is_freed;
}

/* Gives a LIVE block back. Otherwise, @look says what the address was found to be. */
gboolean
fsmm_heap_free_slow (FsmmStore *self, gpointer block, FsmmLook *look)
{
  if (G_LIKELY (free_fast (self, block, FSMM_STATE_LIVE, FSMM_EPOCH_ANY)))
    return TRUE;

  return free_with_lock (self, block, look);
}

/* --- Blocks of handles --- */

/* Only the caller may free the block. */
static void
free_owned (FsmmStore *self, gpointer block, FsmmState from, FsmmDeferred *deferred)
{
  FsmmPlace place = fsmm_store_look_up (self, block);

  if (place.found != from ||
      !fsmm_cache_free_locked (fsmm_heap_get_cache (self), place.slot, from, deferred))
    fsmm_store_note_double_free (self, block, &deferred->double_frees);
}

static gboolean
free_held_slow (FsmmStore *self, gpointer block, gsize epoch)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  gboolean is_there;

  fsmm_thread_ensure_cache (self);

  fsmm_heap_lock (self);
  is_there = self->epoch == epoch;
  if (is_there)
    free_owned (self, block, FSMM_STATE_HELD, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return is_there;
}

/* Apart from what goes before, for which no register must be saved. */
static G_GNUC_NO_INLINE gboolean
free_anywhere (FsmmStore *self, gpointer block, FsmmState from, gsize epoch)
{
  return free_fast (self, block, from, epoch);
}

/* Gives back a block that only the caller may free, and that is in that state, without the lock. */
gboolean
fsmm_heap_try_free_owned (FsmmStore *self, gpointer block, FsmmState from, gsize epoch)
{
  if (G_LIKELY (fsmm_cache_try_free_own (self->key, block, from, &self->epoch, epoch)))
    return TRUE;

  return free_anywhere (self, block, from, epoch);
}

/* Gives back the block of a handle. Returns FALSE if it has been dropped. */
gboolean
fsmm_heap_free_held (FsmmStore *self, gpointer block, gsize epoch)
{
  return fsmm_heap_try_free_owned (self, block, FSMM_STATE_HELD, epoch) ||
         free_held_slow (self, block, epoch);
}
