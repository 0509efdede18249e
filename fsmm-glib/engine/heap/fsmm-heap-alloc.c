/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* A slot without a block, and in @result why, if there is none. */
FsmmSlot
fsmm_heap_alloc_locked (FsmmCache *cache,
                        FsmmState to,
                        FsmmAllocResult *result,
                        FsmmDeferred *deferred)
{
  const FsmmFill nothing = { 0, NULL };
  FsmmStore *self = cache->store;
  FsmmSlot slot;

  if (G_UNLIKELY (self->diverts && fsmm_heap_count_live_diverted (self) >= self->max_blocks))
    *result = FSMM_ALLOC_EXHAUSTED;
  else
    *result = cache->front.bits != 0 ? FSMM_ALLOC_OK : fsmm_heap_fill_cache (cache, deferred);
  if (*result != FSMM_ALLOC_OK)
    return FSMM_NO_SLOT;

  slot = fsmm_cache_pop (cache, to, nothing);
  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_take (self, slot.region->chunk,
                           fsmm_chunk_number (slot.region->chunk, slot.block), deferred);

  return slot;
}

static FsmmSlot
alloc_empty_slow (FsmmStore *self, FsmmState to, gsize *epoch, FsmmAllocResult *result)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  FsmmSlot slot;

  fsmm_thread_ensure_cache (self);

  fsmm_heap_lock (self);
  fsmm_heap_serve_waiters (self, &deferred);
  *epoch = self->epoch;
  slot = fsmm_heap_alloc_locked (fsmm_heap_get_cache (self), to, result, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return slot;
}

/* Fills a block that is CLAIMED, without the lock, since it may be large. Returns FALSE if it
 * was dropped meanwhile with all others. */
static gboolean
fill_and_publish (FsmmStore *self, FsmmSlot slot, FsmmState to, FsmmFill fill, gsize epoch)
{
  const FsmmClaim claim = { slot.block, slot.state, epoch };

  fsmm_fill (slot.block, fill);
  if (fsmm_heap_publish (self, &claim, to))
    return TRUE;

  fsmm_heap_release (self, &claim);
  return FALSE;
}

/* For a thread that has claimed nothing that it could take, or must not use its cache now. No other
 * thread sees a block with what was left in it before. */
FsmmSlot
fsmm_heap_alloc_slow (
    FsmmStore *self, FsmmState to, FsmmFill fill, gsize *epoch, FsmmAllocResult *result)
{
  FsmmSlot slot;

  if (fill.n_bytes == 0)
    return alloc_empty_slow (self, to, epoch, result);

  do
    slot = alloc_empty_slow (self, FSMM_STATE_CLAIMED, epoch, result);
  while (slot.block != NULL && !fill_and_publish (self, slot, to, fill, *epoch));

  return slot;
}
