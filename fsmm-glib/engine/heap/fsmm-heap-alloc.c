/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Blocks leave the store. */

static FsmmSlot
take_one (FsmmStore *self, FsmmState to, FsmmAllocResult *result, FsmmDeferred *deferred)
{
  FsmmChunkBlocks blocks;
  FsmmChunk *chunk;
  gsize block;

  do
    {
      *result = fsmm_heap_ensure_free (self, 1, deferred);
      if (*result != FSMM_ALLOC_OK)
        return FSMM_NO_SLOT;
      blocks = fsmm_store_take_word (self, 1, &chunk);
      block = fsmm_chunk_blocks_next (&blocks);
    }
  while (fsmm_store_is_double_free (self, chunk, block, deferred));

  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_take (self, chunk, block, deferred);
  fsmm_state_set (&chunk->states[block], to);

  return (FsmmSlot) { fsmm_chunk_address (chunk, block), &chunk->states[block] };
}

/* For a thread that found nothing to take. A chunk is added where no block is free; what the cache
 * gets is no reason to. Returns what takes the place of @cache. */
static FsmmCache *
fill_cache (FsmmCache *cache, FsmmAllocResult *result, FsmmDeferred *deferred)
{
  fsmm_cache_drop_double_frees (cache, deferred);
  if (cache->n_blocks > 0)
    return cache;

  *result = fsmm_heap_ensure_free (cache->store, 1, deferred);
  if (*result != FSMM_ALLOC_OK || cache->n_blocks > 0)
    return cache;

  return fsmm_cache_fill_up (cache, deferred);
}

static FsmmSlot
take_slowly (FsmmStore *self, FsmmState to, gsize *epoch, FsmmAllocResult *result)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  FsmmCache *cache = fsmm_thread_ensure_cache (self);
  FsmmSlot taken = FSMM_NO_SLOT;

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);

  *epoch = self->epoch;
  *result = FSMM_ALLOC_OK;
  if (cache != NULL)
    taken = fsmm_cache_pop (fill_cache (cache, result, &deferred), to);
  if (taken.block == NULL && *result == FSMM_ALLOC_OK)
    taken = take_one (self, to, result, &deferred);

  fsmm_store_note_peak (self);
  fsmm_store_unlock_and_finish (self, &deferred);

  return taken;
}

/* Fills a block that is CLAIMED, without the lock, since it may be large. Returns FALSE if it
 * was dropped meanwhile with all others. */
static gboolean
fill_and_publish (FsmmStore *self, FsmmSlot taken, FsmmState to, FsmmFill fill, gsize epoch)
{
  const FsmmClaim claim = { taken, epoch };

  fsmm_fill (taken.block, fill);
  if (fsmm_heap_publish (self, &claim, to))
    return TRUE;

  fsmm_heap_release (self, &claim);
  return FALSE;
}

/* For a thread that has nothing in its cache, or none, or must not use it now. No other thread sees a
 * block with what was left in it before. */
FsmmSlot
fsmm_heap_alloc_slow (FsmmStore *self,
                        FsmmState to,
                        FsmmFill fill,
                        gsize *epoch,
                        FsmmAllocResult *result)
{
  FsmmSlot taken;

  if (fill.n_bytes == 0)
    return take_slowly (self, to, epoch, result);

  do
    taken = take_slowly (self, FSMM_STATE_CLAIMED, epoch, result);
  while (taken.block != NULL && !fill_and_publish (self, taken, to, fill, *epoch));

  return taken;
}
