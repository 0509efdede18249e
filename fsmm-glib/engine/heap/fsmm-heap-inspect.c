/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* One consistent picture, if no other thread is taking blocks or giving them back. */
void
fsmm_heap_get_stats (FsmmStore *self, FsmmHeapStats *stats)
{
  gsize n_cached;

  fsmm_lock (&self->lock);

  fsmm_store_note_peak (self);
  n_cached = MIN (fsmm_store_count_cached (self), self->n_out);
  stats->n_chunks = fsmm_store_count_chunks (self);
  stats->n_live = self->n_out - n_cached;
  stats->n_free = MIN (self->n_free + n_cached, self->max_blocks - stats->n_live);
  stats->peak_live = self->peak_live;
  stats->reserved_bytes = stats->n_chunks * self->geometry.chunk_bytes;

  fsmm_unlock (&self->lock);
}

/* Whether @address is the start of a block that is allocated. */
gboolean
fsmm_heap_is_out (FsmmStore *self, gconstpointer address)
{
  FsmmCache *cache = fsmm_store_enter (self);
  FsmmState *state = fsmm_store_find_state (self, address);
  FsmmState found = state != NULL ? fsmm_state_get (state) : FSMM_STATE_FREE;

  fsmm_store_leave (self, cache);

  return fsmm_state_is_out (found);
}

static char *
find_chunk_fault (FsmmStore *self, FsmmChunk *chunk)
{
  gboolean is_open = g_queue_index (&self->open, chunk) >= 0;

  if (is_open != fsmm_store_chunk_is_open (chunk))
    return g_strdup_printf ("chunk %p is %s the queue of open chunks", chunk->base,
                            is_open ? "wrongly in" : "missing in");

  return fsmm_chunk_find_fault (chunk);
}

static char *
find_cache_fault (FsmmStore *self, FsmmCache *cache)
{
  if (cache->n_blocks > cache->capacity || cache->low > cache->n_blocks)
    return g_strdup_printf ("a cache for %u blocks has %u, and never less than %u", cache->capacity,
                            cache->n_blocks, cache->low);

  for (guint i = 0; i < cache->n_blocks; i++)
    {
      FsmmSlot slot = cache->slots[i];

      if (fsmm_store_find_state (self, slot.block) != slot.state)
        return g_strdup_printf ("%p is in a cache, and is no block", slot.block);
      if (!fsmm_state_has_mark (fsmm_state_get (slot.state), cache->mark))
        return g_strdup_printf ("block %p is in a cache, but its state is %u", slot.block,
                                fsmm_state_get (slot.state));
    }

  return NULL;
}

static char *
find_fault_in_caches (FsmmStore *self)
{
  guint n_marks = 0;

  for (GList *l = self->readers.head; l != NULL; l = l->next)
    {
      char *fault = find_cache_fault (self, l->data);

      if (fault != NULL)
        return fault;
    }

  for (guint i = 0; i < G_N_ELEMENTS (self->marks); i++)
    n_marks += __builtin_popcountll (self->marks[i]);
  if (n_marks != self->n_marks || n_marks != self->readers.length)
    return g_strdup_printf ("%u caches have %u marks, and %u are counted", self->readers.length,
                            n_marks, self->n_marks);

  return NULL;
}

static char *
find_fault_in_chunks (FsmmStore *self)
{
  gsize n_out = 0, n_free = 0;
  guint64 serial = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;
      char *fault;

      if (l->prev != NULL && chunk->serial <= serial)
        return g_strdup_printf ("chunk %p is out of order", chunk->base);
      serial = chunk->serial;

      if (chunk->detached && chunk->n_pins == 0)
        return g_strdup_printf ("chunk %p is detached, and nobody pins it", chunk->base);
      if (chunk->detached)
        continue;

      fault = find_chunk_fault (self, chunk);
      if (fault != NULL)
        return fault;

      n_out += chunk->n_out;
      if (chunk->drop_id == 0)
        n_free += self->geometry.n_blocks - chunk->n_out;
    }

  if (self->all.length == 0 && self->segments.n_bytes != 0)
    return g_strdup_printf ("there is no chunk, but %" G_GSIZE_FORMAT " bytes for some",
                            self->segments.n_bytes);
  if (n_out != self->n_out || n_out > self->max_blocks)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are out, %" G_GSIZE_FORMAT " are counted",
                            n_out, self->n_out);
  if (n_free != self->n_free)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are free, %" G_GSIZE_FORMAT " are counted",
                            n_free, self->n_free);

  return NULL;
}

static char *
find_fault_locked (FsmmStore *self)
{
  gsize n_cached = fsmm_store_count_cached (self);
  char *fault = fsmm_store_find_lookup_fault (self);

  if (fault == NULL)
    fault = find_fault_in_chunks (self);
  if (fault == NULL)
    fault = find_fault_in_caches (self);
  if (fault != NULL)
    return fault;

  fsmm_store_note_peak (self);
  if (n_cached > self->n_out || self->n_out - n_cached > self->peak_live)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are out, %" G_GSIZE_FORMAT
                            " of them in caches, with a peak of %" G_GSIZE_FORMAT,
                            self->n_out, n_cached, self->peak_live);

  return NULL;
}

/* Checks everything that must be true of a store while no block has been freed twice, for tests
 * and for debugging. Returns what is not, or NULL. */
char *
fsmm_heap_find_fault (FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  char *fault;

  fsmm_lock (&self->lock);
  fsmm_store_stop_for (self, &deferred);
  fault = find_fault_locked (self);
  fsmm_store_unlock_and_finish (self, &deferred);

  return fault;
}
