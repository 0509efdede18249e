/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-tell.h"

#include "engine/heap/fsmm-heap-locked.h"

/* --- Blocks by address --- */

/* The store that a block is in, locked, or NULL if that is gone. */
static FsmmStore *
lock_store_of (gconstpointer block)
{
  FsmmStoreName name = { NULL, 0, 0 };
  FsmmStore *store;

  fsmm_page_map_lock ();
  store = fsmm_heap_find_store (block);
  if (store != NULL)
    name = fsmm_store_get_name (store);
  fsmm_page_map_unlock ();

  return name.store != NULL && fsmm_thread_lock_store (&name) ? name.store : NULL;
}

/* What a user function is working on is told of by the call that it is part of. */
static gboolean
has_news (FsmmStore *store, gpointer block, gboolean *is_taken)
{
  FsmmPlace place = fsmm_store_look_up (store, block);
  gsize number;

  if (place.slot.block != block || place.chunk->told == NULL || place.found == FSMM_STATE_CLAIMED)
    return FALSE;

  *is_taken = fsmm_state_is_out (place.found);
  number = fsmm_chunk_number (place.chunk, block);
  if (place.chunk->told->is_taken[number] == *is_taken)
    return FALSE;

  place.chunk->told->is_taken[number] = (guint8) *is_taken;
  return TRUE;
}

/* Returns FALSE at the end. */
gboolean
fsmm_heap_tell_next (FsmmTelling *self)
{
  if (self->store != NULL)
    fsmm_unlock (self->store->lock);

  while (self->n_left > 0)
    {
      self->n_left--;
      self->block = *self->left++;
      self->store = lock_store_of (self->block);
      if (self->store == NULL)
        continue;
      if (has_news (self->store, self->block, &self->is_taken))
        return TRUE;
      fsmm_unlock (self->store->lock);
    }

  return FALSE;
}

/* --- Blocks that are dropped --- */

void
fsmm_heap_tell_drop_begin (FsmmTellingDrop *self, FsmmStore *store, gsize drop_id)
{
  *self = (FsmmTellingDrop) { .store = store, .drop_id = drop_id };
  fsmm_heap_lock (store);
  self->next = store->all.head;
}

static gboolean
is_dropped (const FsmmTellingDrop *self, gsize block)
{
  return self->chunk->told->is_taken[block] &&
         fsmm_state_get (fsmm_chunk_get_state (self->chunk, block)) != FSMM_STATE_CLAIMED;
}

static gboolean
next_in_chunk (FsmmTellingDrop *self)
{
  while (self->next_index < self->store->geometry.n_blocks)
    {
      gsize block = self->next_index++;

      if (is_dropped (self, block))
        {
          self->chunk->told->is_taken[block] = FALSE;
          self->block = fsmm_chunk_address (self->chunk, block);
          return TRUE;
        }
    }

  return FALSE;
}

static gboolean
next_chunk (FsmmTellingDrop *self)
{
  while (self->next != NULL)
    {
      self->chunk = self->next->data;
      self->next = self->next->next;
      self->next_index = 0;
      if (self->chunk->drop_id == self->drop_id && self->chunk->n_pins == 0 &&
          self->chunk->told != NULL)
        return TRUE;
    }

  return FALSE;
}

/* Returns FALSE at the end, and gives the lock back. */
gboolean
fsmm_heap_tell_drop_next (FsmmTellingDrop *self)
{
  do
    if (self->chunk != NULL && next_in_chunk (self))
      return TRUE;
  while (next_chunk (self));

  fsmm_unlock (self->store->lock);
  return FALSE;
}
