/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-locked-private.h"

#include "fsmm-registry-private.h"

/* One consistent picture. */
void
fsmm_store_get_stats (FsmmStore *self, FsmmStoreStats *stats)
{
  fsmm_lock (&self->lock);

  stats->n_chunks = g_hash_table_size (self->chunks);
  stats->n_live = self->n_live;
  stats->n_free = MIN (self->n_free, self->max_blocks - self->n_live);
  stats->peak_live = self->peak_live;
  stats->reserved_bytes = stats->n_chunks * self->geometry.chunk_bytes;

  fsmm_unlock (&self->lock);
}

static char *
find_chunk_fault (FsmmStore *self, FsmmChunk *chunk)
{
  gboolean is_open = g_queue_index (&self->open, chunk) >= 0;

  if (fsmm_store_lookup_chunk (self, chunk->base) != chunk)
    return g_strdup_printf ("chunk %p is not in the table", chunk->base);
  if (is_open != fsmm_store_chunk_is_open (chunk))
    return g_strdup_printf ("chunk %p is %s the queue of open chunks", chunk->base,
                            is_open ? "wrongly in" : "missing in");
  if (fsmm_registry_lookup (chunk->base) != self->segments.owner ||
      fsmm_registry_lookup (chunk->base + self->geometry.chunk_bytes - 1) != self->segments.owner)
    return g_strdup_printf ("chunk %p is not in the registry", chunk->base);

  return fsmm_chunk_find_fault (chunk);
}

static char *
find_fault_locked (FsmmStore *self)
{
  gsize n_live = 0, n_free = 0, n_attached = 0;
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

      n_attached++;
      n_live += chunk->n_live;
      if (chunk->drop_id == 0)
        n_free += self->geometry.n_blocks - chunk->n_live;
    }

  if (n_attached != g_hash_table_size (self->chunks))
    return g_strdup_printf ("%u chunks are in the table, and %" G_GSIZE_FORMAT " in the list",
                            g_hash_table_size (self->chunks), n_attached);
  if (n_live != self->n_live || n_live > self->peak_live || n_live > self->max_blocks)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are live, %" G_GSIZE_FORMAT
                            " are counted, with a peak of %" G_GSIZE_FORMAT,
                            n_live, self->n_live, self->peak_live);

  if (n_free != self->n_free)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are free, %" G_GSIZE_FORMAT " are counted",
                            n_free, self->n_free);

  return NULL;
}

/* Checks everything that must always be true of a store, for tests and for debugging. Returns what is
 * not, or NULL. */
char *
fsmm_store_find_fault (FsmmStore *self)
{
  char *fault;

  fsmm_lock (&self->lock);
  fault = find_fault_locked (self);
  fsmm_unlock (&self->lock);

  return fault;
}
