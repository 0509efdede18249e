/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-thread.h"
#include "engine/heap/fsmm-heap-locked.h"

/* One consistent picture, if no other thread is taking blocks or giving them back. */
void
fsmm_heap_get_stats (FsmmStore *self, FsmmHeapStats *stats)
{
  fsmm_heap_lock (self);

  fsmm_cache_note_peak (self);
  stats->n_chunks = fsmm_store_count_chunks (self);
  stats->n_live = fsmm_cache_count_live (self);
  stats->n_free =
      MIN (fsmm_cache_count_idle (self), self->max_blocks - MIN (stats->n_live, self->max_blocks));
  stats->peak_live = self->peak_live;
  stats->reserved_bytes = fsmm_heap_count_reserved (self);
  stats->n_taken = fsmm_cache_count_taken_ever (self);
  stats->max_blocks = self->max_blocks;
  stats->n_waiting = self->waiting != NULL ? self->waiting->waiters.queue.length : 0;

  fsmm_unlock (self->lock);
}

void
fsmm_heap_for_each_store (void (*func) (FsmmStore *store, gpointer data), gpointer data)
{
  fsmm_thread_for_each_store (func, data);
}

/* Free blocks that their owner has not collected yet, or that are in quarantine, are busy as well. */
static void
look_at_region (FsmmHeapMemory *memory, const FsmmRegion *region, gsize *n_busy)
{
  gsize n_idle = fsmm_region_count_idle (region);
  gsize idle_bytes = n_idle * region->chunk->geometry->block_size;

  *n_busy += region->n_blocks - n_idle;
  if (fsmm_region_get_owner (region) != NULL)
    memory->thread_bytes += idle_bytes;
  else
    memory->idle_bytes += idle_bytes;
}

static void
look_at_chunks (FsmmStore *self, FsmmHeapMemory *memory, gsize *n_busy)
{
  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      const FsmmChunk *chunk = l->data;

      for (gsize i = 0; !chunk->detached && i < self->geometry.n_regions; i++)
        look_at_region (memory, &chunk->regions[i], n_busy);
      memory->bookkeeping_bytes += fsmm_chunk_get_memory_size (&self->geometry);
    }
}

/* One consistent picture, if no other thread is taking blocks or giving them back. */
void
fsmm_heap_get_memory (FsmmStore *self, FsmmHeapMemory *memory)
{
  gsize n_busy = 0, n_live, n_caches, n_given_back;

  *memory = (FsmmHeapMemory) { 0 };
  fsmm_heap_lock (self);

  look_at_chunks (self, memory, &n_busy);
  n_live = MIN (fsmm_cache_count_live (self), n_busy);
  memory->live_bytes = n_live * self->geometry.block_size;
  if (memory->thread_bytes > 0)
    memory->thread_bytes += (n_busy - n_live) * self->geometry.block_size;
  else
    memory->idle_bytes += (n_busy - n_live) * self->geometry.block_size;

  n_caches = self->caches.length - 1; /* one is in the store */
  memory->bookkeeping_bytes += sizeof *self + n_caches * sizeof (FsmmCache);
  n_given_back = __atomic_load_n (&self->n_given_back, __ATOMIC_RELAXED);
  memory->reserved_bytes = fsmm_heap_count_reserved_but (self, n_given_back);
  memory->given_back_bytes = n_given_back * self->segments.page_size;

  fsmm_unlock (self->lock);
}

/* Whether @address is the start of a block that is allocated. */
gboolean
fsmm_heap_is_out (FsmmStore *self, gconstpointer address)
{
  FsmmCache *cache = fsmm_heap_enter (self);
  FsmmSlot slot = fsmm_store_find (self, address);
  FsmmState found = slot.block != NULL ? fsmm_state_get (slot.state) : FSMM_STATE_FREE;

  fsmm_heap_leave (self, cache);

  return fsmm_state_is_out (found);
}

/* --- Checking. Threads are stopped. --- */

static char *
find_region_fault (FsmmStore *self, const FsmmRegion *region)
{
  const FsmmCache *owner = fsmm_region_get_owner (region);
  gboolean is_open = region->chunk->drop_id == 0;

  if (owner != NULL ? region->queue != NULL || !is_open : (region->queue != NULL) != is_open)
    return g_strdup_printf ("the region at %p has %s owner and is %s a queue of the store",
                            (gconstpointer) region->base, owner != NULL ? "an" : "no",
                            region->queue != NULL ? "in" : "not in");
  if (owner != NULL && owner->store != self)
    return g_strdup_printf ("the region at %p has an owner of another store",
                            (gconstpointer) region->base);

  return NULL;
}

static char *
find_chunk_fault (FsmmStore *self, const FsmmChunk *chunk)
{
  char *fault = fsmm_chunk_find_fault (chunk);

  for (gsize i = 0; fault == NULL && i < self->geometry.n_regions; i++)
    fault = find_region_fault (self, &chunk->regions[i]);

  return fault;
}

static char *
find_claim_fault (const FsmmCache *cache)
{
  guint64 idle;

  if (cache->front.bits == 0)
    return NULL;
  if (cache->current == NULL || !fsmm_region_has_cell (cache->current, cache->front.word_cells))
    return g_strdup ("a thread has claimed blocks of no region");

  idle = fsmm_cells_find_idle (cache->front.word_cells);
  if ((cache->front.bits & ~idle) != 0)
    return g_strdup_printf ("blocks behind %p are claimed, and not idle",
                            (gconstpointer) cache->front.word_base);

  return NULL;
}

static char *
find_cache_fault (const FsmmCache *cache)
{
  for (GList *l = cache->owned.head; l != NULL; l = l->next)
    {
      const FsmmRegion *region = l->data;

      if (fsmm_region_get_owner (region) != cache)
        return g_strdup_printf ("the region at %p is among those of another thread",
                                (gconstpointer) region->base);
      if (region->is_queued != (g_list_find (cache->queue.head, region) != NULL))
        return g_strdup_printf ("the region at %p is wrongly said to be queued",
                                (gconstpointer) region->base);
    }
  if (cache->queue.length > cache->owned.length)
    return g_strdup ("more regions are queued than owned");

  return find_claim_fault (cache);
}

static gsize
count_out (const FsmmChunk *chunk)
{
  gsize n_out = 0;

  for (gsize i = 0; i < chunk->geometry->n_blocks; i++)
    n_out += fsmm_state_is_out (fsmm_state_get (fsmm_chunk_get_state (chunk, i)));

  return n_out;
}

/* Where the limit has been lowered, the peak may be above it, and so may be what is live. */
static gboolean
exceeds_limit (const FsmmStore *self, gsize n_live)
{
  return n_live > self->max_blocks && self->peak_live <= self->max_blocks;
}

static char *
find_count_fault (FsmmStore *self)
{
  gsize n_live = fsmm_cache_count_live (self);
  gsize n_out = 0, n_blocks = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      const FsmmChunk *chunk = l->data;

      if (!chunk->detached)
        n_out += count_out (chunk);
      if (chunk->drop_id == 0)
        n_blocks += self->geometry.n_blocks;
    }

  fsmm_cache_note_peak (self);
  if (n_out != n_live || exceeds_limit (self, n_live) || n_live > self->peak_live)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are out, %" G_GSIZE_FORMAT
                            " are counted, with a peak of %" G_GSIZE_FORMAT,
                            n_out, n_live, self->peak_live);
  if (self->diverts && fsmm_heap_count_live_diverted (self) != n_live)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are out, but those that wait count %"
                            G_GSIZE_FORMAT,
                            n_out, fsmm_heap_count_live_diverted (self));
  if (n_blocks != self->n_blocks)
    return g_strdup_printf ("there are %" G_GSIZE_FORMAT " blocks, %" G_GSIZE_FORMAT " are counted",
                            n_blocks, self->n_blocks);
  if (self->max_blocks != G_MAXSIZE && self->n_counted < n_out)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are out, but only %" G_GSIZE_FORMAT
                            " count for the limit",
                            n_out, self->n_counted);

  return NULL;
}

/* Each region with an owner is among those of that. */
static char *
find_ownership_fault (FsmmStore *self)
{
  guint n_with_owner = 0, n_owned = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    for (gsize i = 0; i < self->geometry.n_regions; i++)
      n_with_owner += fsmm_region_get_owner (&((FsmmChunk *) l->data)->regions[i]) != NULL;
  for (GList *l = self->caches.head; l != NULL; l = l->next)
    n_owned += ((FsmmCache *) l->data)->owned.length;

  return n_with_owner == n_owned
             ? NULL
             : g_strdup_printf ("%u regions have an owner, %u are owned", n_with_owner, n_owned);
}

static char *
find_fault_locked (FsmmStore *self)
{
  guint64 serial = 0;
  char *fault = fsmm_store_find_lookup_fault (self);

  for (GList *l = self->all.head; l != NULL && fault == NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      if (l->prev != NULL && chunk->serial <= serial)
        return g_strdup_printf ("chunk %p is out of order", chunk->base);
      serial = chunk->serial;
      fault = find_chunk_fault (self, chunk);
    }
  for (GList *l = self->caches.head; l != NULL && fault == NULL; l = l->next)
    fault = find_cache_fault (l->data);

  if (fault == NULL)
    fault = find_ownership_fault (self);

  return fault != NULL ? fault : find_count_fault (self);
}

/* Checks everything that must be true of a store while no block has been freed twice, for tests
 * and for debugging. Returns what is not, or NULL. */
char *
fsmm_heap_find_fault (FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  char *fault;

  fsmm_heap_lock (self);
  fsmm_store_stop_for (self, &deferred);
  fault = find_fault_locked (self);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return fault;
}
