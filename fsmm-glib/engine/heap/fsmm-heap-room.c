/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

#include "base/fsmm-system.h"

/* How much room a store has: it grows when nothing is idle, up to its limit. */

static inline gboolean
is_limited (const FsmmStore *self)
{
  return self->max_blocks != G_MAXSIZE;
}

/* Asks the system for all the memory that more chunks would need, and gives it back: an impossible
 * number is so refused at once, and not after memory has been filled with what leads there. */
static gboolean
system_could_hold (FsmmStore *self, gsize n_chunks)
{
  gsize size;
  gpointer probe;

  if (!g_size_checked_mul (&size, n_chunks, self->geometry.chunk_alignment) ||
      size > G_MAXSIZE - FSMM_SYSTEM_GRANULE)
    return FALSE;

  size = (size + FSMM_SYSTEM_GRANULE - 1) & ~(FSMM_SYSTEM_GRANULE - 1);
  probe = fsmm_system_map (size, FSMM_SYSTEM_GRANULE);
  if (probe != NULL)
    fsmm_system_unmap (probe, size);

  return probe != NULL;
}

/* Adds so many chunks, or none. */
static gboolean
add_chunks (FsmmStore *self, gsize n_chunks, FsmmDeferred *deferred)
{
  gsize n_added;

  if (n_chunks > 1 && !system_could_hold (self, n_chunks))
    return FALSE;

  for (n_added = 0; n_added < n_chunks; n_added++)
    if (fsmm_store_add_chunk (self, deferred) == NULL)
      break;

  if (n_added == n_chunks)
    {
      fsmm_heap_note_memory (self);
      return TRUE;
    }

  while (n_added-- > 0)
    fsmm_heap_remove_idle_chunk (self, g_queue_peek_tail (&self->all), deferred);

  return FALSE;
}

/* Called when no more can be handed out than have been claimed. No block is refused while another
 * is idle, whichever thread owns it. */
static FsmmAllocResult
fill_below_limit (FsmmCache *cache, FsmmDeferred *deferred)
{
  FsmmStore *self = cache->store;

  if (fsmm_cache_count_live (self) >= self->max_blocks)
    return FSMM_ALLOC_EXHAUSTED;

  fsmm_heap_reclaim (self, deferred);
  if (fsmm_cache_refill (cache, TRUE, &deferred->double_frees))
    return FSMM_ALLOC_OK;

  return self->n_counted >= self->max_blocks ? FSMM_ALLOC_EXHAUSTED : FSMM_ALLOC_NO_MEMORY;
}

/* A thread that had no cache of its own before may have one by now. Returns FALSE if there is
 * nothing. */
static gboolean
take_from_common (FsmmCache *cache)
{
  FsmmCache *common = &cache->store->common;

  if (cache == common || common->owned.length == 0)
    return FALSE;

  fsmm_cache_disown_all (common);
  return TRUE;
}

static inline gboolean
is_at_limit (const FsmmStore *self)
{
  return fsmm_store_counts_claims (self) && self->n_counted >= self->max_blocks;
}

/* Claims some blocks for a cache that has none. */
FsmmAllocResult
fsmm_heap_fill_cache (FsmmCache *cache, FsmmDeferred *deferred)
{
  FsmmStore *self = cache->store;

  fsmm_cache_note_peak (self);
  do
    {
      if (fsmm_cache_refill (cache, !fsmm_cache_has_slack (cache), &deferred->double_frees))
        return FSMM_ALLOC_OK;
      if (is_at_limit (self))
        return fill_below_limit (cache, deferred);
    }
  while (take_from_common (cache) || fsmm_heap_take_over (cache, deferred) ||
         add_chunks (self, 1, deferred));

  /* Before memory is refused, all that is idle is looked at, whichever thread owns it. */
  if (fsmm_cache_refill (cache, TRUE, &deferred->double_frees))
    return FSMM_ALLOC_OK;
  fsmm_heap_reclaim (self, deferred);

  return fsmm_cache_refill (cache, TRUE, &deferred->double_frees) ? FSMM_ALLOC_OK
                                                                  : FSMM_ALLOC_NO_MEMORY;
}

/* Sees to it that @n_blocks are idle, whoever takes them, or adds nothing. */
FsmmAllocResult
fsmm_heap_make_room (FsmmStore *self, gsize n_blocks, FsmmDeferred *deferred)
{
  gsize n_live, n_idle;

  if (is_limited (self))
    fsmm_heap_quiesce (self, deferred);

  n_live = fsmm_cache_count_live (self);
  if (n_blocks > self->max_blocks || n_live > self->max_blocks - n_blocks)
    return is_limited (self) ? FSMM_ALLOC_EXHAUSTED : FSMM_ALLOC_NO_MEMORY;

  n_idle = fsmm_cache_count_idle (self);
  if (n_blocks <= n_idle ||
      add_chunks (self, (n_blocks - n_idle - 1) / self->geometry.n_blocks + 1, deferred))
    return FSMM_ALLOC_OK;

  return FSMM_ALLOC_NO_MEMORY;
}

/* Sees to it that @n_blocks blocks are free for any thread. */
FsmmAllocResult
fsmm_heap_reserve (FsmmStore *self, gsize n_blocks)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  FsmmAllocResult result;

  fsmm_heap_lock (self);
  fsmm_heap_quiesce (self, &deferred);
  result = fsmm_heap_make_room (self, n_blocks, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return result;
}
