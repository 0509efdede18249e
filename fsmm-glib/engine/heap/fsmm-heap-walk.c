/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Starts a walk over the blocks of the chunks that exist now. */
void
fsmm_heap_walk_begin (FsmmHeapWalk *walk, FsmmStore *self)
{
  *walk = (FsmmHeapWalk) { .store = fsmm_store_get_name (self) };

  fsmm_heap_lock (self);
  walk->end_serial = self->next_serial;
  fsmm_unlock (self->lock);
}

/* The first chunk behind those that have been walked over, from this one on, or NULL. */
static FsmmChunk *
find_next_chunk (const FsmmHeapWalk *walk, GList *link)
{
  for (; link != NULL; link = link->next)
    {
      FsmmChunk *chunk = link->data;

      if (chunk->serial >= walk->end_serial)
        return NULL;
      if (!chunk->detached && (walk->base == NULL || chunk->serial > walk->serial))
        return chunk;
    }

  return NULL;
}

/* The chunk that the walk has come to, or NULL if that has been removed since. */
static FsmmChunk *
get_chunk (const FsmmHeapWalk *walk)
{
  FsmmChunk *chunk =
      walk->base != NULL ? fsmm_store_lookup_chunk (walk->store.store, walk->base) : NULL;

  return chunk != NULL && chunk->serial == walk->serial ? chunk : NULL;
}

/* Called with the lock held. */
static gpointer
find_next_block (FsmmHeapWalk *walk)
{
  FsmmChunk *chunk = get_chunk (walk);
  gpointer block = chunk != NULL ? fsmm_chunk_next_whole (chunk, walk->next_index) : NULL;

  while (block == NULL)
    {
      chunk = find_next_chunk (walk,
                               chunk != NULL ? chunk->all_link.next : walk->store.store->all.head);
      if (chunk == NULL)
        return NULL;

      walk->base = chunk->base;
      walk->serial = chunk->serial;
      block = fsmm_chunk_next_whole (chunk, 0);
    }

  walk->next_index = ((guint8 *) block - chunk->base) / chunk->geometry->block_size + 1;
  return block;
}

/* The next block that is live or held at this moment, or NULL at the end, which is also when the
 * store is gone. */
gpointer
fsmm_heap_walk_next (FsmmHeapWalk *walk)
{
  gpointer block;

  if (!fsmm_thread_lock_store (&walk->store))
    return NULL;

  block = find_next_block (walk);
  fsmm_unlock (walk->store.store->lock);

  return block;
}
