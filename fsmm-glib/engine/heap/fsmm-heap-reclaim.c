/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

#include "base/fsmm-system.h"

/* How much room a store has: it grows when there is none, and shrinks when it is told to. */

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

gboolean
fsmm_heap_is_within_limit (FsmmStore *self, gsize n_blocks)
{
  return n_blocks <= self->max_blocks && self->n_out <= self->max_blocks - n_blocks;
}

/* Adds chunks until @n_blocks are free in the store, or none. */
static gboolean
add_chunks (FsmmStore *self, gsize n_blocks, FsmmDeferred *deferred)
{
  gsize n_chunks, n_added;

  if (n_blocks <= self->n_free)
    return TRUE;

  n_chunks = (n_blocks - self->n_free - 1) / self->geometry.n_blocks + 1;
  if (n_chunks > 1 && !system_could_hold (self, n_chunks))
    return FALSE;

  for (n_added = 0; n_added < n_chunks; n_added++)
    if (fsmm_store_add_chunk (self, deferred) == NULL)
      break;

  if (n_added == n_chunks)
    return TRUE;

  while (n_added-- > 0)
    fsmm_store_remove_chunk (self, g_queue_peek_tail (&self->all), deferred);

  return FALSE;
}

/* Sees to it that @n_blocks are free in the store. All or nothing. */
FsmmAllocResult
fsmm_heap_ensure_free (FsmmStore *self, gsize n_blocks, FsmmDeferred *deferred)
{
  /* No block is refused while another is idle in the cache of some thread, here and below. */
  if (!fsmm_heap_is_within_limit (self, n_blocks) && fsmm_store_count_cached (self) > 0)
    fsmm_store_quiesce (self, deferred);
  if (!fsmm_heap_is_within_limit (self, n_blocks))
    return self->max_blocks == G_MAXSIZE ? FSMM_ALLOC_NO_MEMORY : FSMM_ALLOC_EXHAUSTED;

  if (add_chunks (self, n_blocks, deferred))
    return FSMM_ALLOC_OK;
  if (fsmm_store_count_cached (self) == 0)
    return FSMM_ALLOC_NO_MEMORY;

  fsmm_store_quiesce (self, deferred);
  return n_blocks <= self->n_free ? FSMM_ALLOC_OK : FSMM_ALLOC_NO_MEMORY;
}

/* Sees to it that @n_blocks blocks are free for anybody. */
FsmmAllocResult
fsmm_heap_reserve (FsmmStore *self, gsize n_blocks)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  FsmmAllocResult result;

  fsmm_lock (&self->lock);
  fsmm_store_quiesce (self, &deferred);
  result = fsmm_heap_ensure_free (self, n_blocks, &deferred);
  fsmm_store_unlock_and_finish (self, &deferred);

  return result;
}

/* Gives back chunks in which no block is live. Returns how many. */
gsize
fsmm_heap_trim (FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gsize n_removed = 0;
  GList *next;

  fsmm_lock (&self->lock);
  fsmm_store_quiesce (self, &deferred);

  for (GList *l = self->open.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      fsmm_store_find_double_frees (self, chunk, &deferred);
      if (chunk->n_out == 0)
        {
          fsmm_store_remove_chunk (self, chunk, &deferred);
          n_removed++;
        }
    }

  fsmm_store_unlock_and_finish (self, &deferred);

  return n_removed;
}
