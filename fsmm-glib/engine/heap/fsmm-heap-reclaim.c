/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* What is idle in the hands of threads, and how chunks are closed and removed. */

/* Works out what is live or claimed. */
void
fsmm_heap_count_again (FsmmStore *self)
{
  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      for (gsize i = 0; chunk->drop_id == 0 && i < self->geometry.n_regions; i++)
        fsmm_store_set_counted (self, &chunk->regions[i],
                                chunk->regions[i].n_blocks -
                                    fsmm_region_count_idle (&chunk->regions[i]));
    }
}

/* Stops all threads. From now on until they resume, what their cells say of blocks is all there is:
 * none is claimed, and none has been freed that is not idle. */
void
fsmm_heap_quiesce (FsmmStore *self, FsmmDeferred *deferred)
{
  fsmm_store_stop_for (self, deferred);
  fsmm_cache_note_peak (self);
  for (GList *l = self->caches.head; l != NULL; l = l->next)
    fsmm_cache_drop_claims (l->data);
  if (G_UNLIKELY (self->debug != 0))
    fsmm_cache_empty_quarantine (self, deferred);
  fsmm_remote_collect_all (self, &deferred->double_frees);
  if (self->max_blocks != G_MAXSIZE)
    fsmm_heap_count_again (self);
}

/* Takes all regions from all threads. */
void
fsmm_heap_reclaim (FsmmStore *self, FsmmDeferred *deferred)
{
  fsmm_heap_quiesce (self, deferred);
  for (GList *l = self->caches.head; l != NULL; l = l->next)
    fsmm_cache_disown_all (l->data);
}

/* --- Taking over --- */

/* How many regions of a thread are looked at. */
#define MAX_LOOKED_AT 256
#define MAX_SKIPPED 64

static gboolean
is_idle (const FsmmRegion *region)
{
  return fsmm_region_count_idle (region) == region->n_blocks;
}

static gboolean
has_idle_region (const FsmmCache *cache)
{
  guint n_tries = 0;

  for (GList *l = cache->owned.tail; l != NULL && n_tries < MAX_LOOKED_AT; l = l->prev, n_tries++)
    if (is_idle (l->data))
      return TRUE;

  return FALSE;
}

/* The other thread is stopped. It keeps every second one of its idle regions: it may need them. */
static guint
take_idle_regions (FsmmCache *self, FsmmCache *from)
{
  guint n_idle = 0, n_taken = 0;
  GList *prev;

  for (GList *l = from->owned.tail; l != NULL; l = prev)
    {
      FsmmRegion *region = l->data;

      prev = l->prev;
      if (!is_idle (region) || n_idle++ % 2 != 0)
        continue;
      fsmm_cache_disown (from, region);
      fsmm_cache_own (self, region);
      n_taken++;
    }

  return n_taken;
}

/* Where that was in vain, it is not tried again so soon: looking takes time. */
static gboolean
is_worth_trying (FsmmStore *self)
{
  if (self->caches.length <= 1 || fsmm_cache_count_idle (self) < self->geometry.n_blocks)
    return FALSE;
  if (self->n_skipped < MIN (self->n_vain, MAX_SKIPPED))
    {
      self->n_skipped++;
      return FALSE;
    }

  self->n_skipped = 0;
  return TRUE;
}

/* Takes regions from other threads in which all blocks are idle, before a chunk is added. Returns
 * FALSE if there are none. */
gboolean
fsmm_heap_take_over (FsmmCache *cache, FsmmDeferred *deferred)
{
  FsmmStore *self = cache->store;

  if (!is_worth_trying (self))
    return FALSE;

  for (GList *l = self->caches.head; l != NULL; l = l->next)
    if (l->data != cache && has_idle_region (l->data))
      {
        fsmm_store_stop_for (self, deferred);
        if (take_idle_regions (cache, l->data) > 0)
          {
            self->n_vain = 0;
            return TRUE;
          }
      }

  self->n_vain = MAX (1, MIN (2 * self->n_vain, MAX_SKIPPED));
  return FALSE;
}

/* --- Chunks --- */

/* Nothing is taken from the chunk from now on. Threads are stopped, and nothing is claimed. */
void
fsmm_heap_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id, FsmmDeferred *deferred)
{
  fsmm_store_stop_for (self, deferred);
  for (gsize i = 0; i < self->geometry.n_regions; i++)
    {
      FsmmRegion *region = &chunk->regions[i];
      FsmmCache *owner = fsmm_region_get_owner (region);

      if (owner != NULL)
        fsmm_cache_disown (owner, region);
    }
  fsmm_store_close_chunk (self, chunk, drop_id, deferred);
}

/* All blocks of the chunk are idle. */
void
fsmm_heap_remove_idle_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  fsmm_heap_close_chunk (self, chunk, self->epoch, deferred);
  fsmm_store_remove_chunk (self, chunk, deferred);
}
