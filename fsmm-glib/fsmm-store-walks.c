/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-debug-private.h"

/* --- Walking --- */

static gboolean
is_in_walk (const FsmmStoreCursor *cursor, GList *link)
{
  return link != NULL && ((FsmmChunk *) link->data)->serial < cursor->end_serial;
}

/* Called with the lock held. */
static void
cursor_start (FsmmStoreCursor *cursor, FsmmStore *self)
{
  *cursor = (FsmmStoreCursor) { .store = self, .end_serial = self->next_serial };

  if (is_in_walk (cursor, self->all.head))
    cursor->chunk = fsmm_store_pin_chunk (self->all.head->data);
}

/* A pinned chunk stays in the list even when it is detached, and so leads on to the next one. */
static void
cursor_advance (FsmmStoreCursor *cursor, FsmmLater *later)
{
  FsmmChunk *chunk = cursor->chunk;
  GList *next = chunk->all_link.next;

  cursor->chunk = is_in_walk (cursor, next) ? fsmm_store_pin_chunk (next->data) : NULL;
  cursor->next_index = 0;
  fsmm_store_unpin_chunk (cursor->store, chunk, later);
}

/* Called with the lock held. */
static gpointer
cursor_find (FsmmStoreCursor *cursor, FsmmLater *later)
{
  gpointer block = NULL;

  while (cursor->chunk != NULL && block == NULL)
    {
      FsmmChunk *chunk = cursor->chunk;

      if (!chunk->detached)
        block = fsmm_chunk_next_whole (chunk, cursor->next_index);

      if (block != NULL)
        cursor->next_index = ((guint8 *) block - chunk->base) / chunk->geometry->block_size + 1;
      else
        cursor_advance (cursor, later);
    }

  return block;
}

/* Starts a walk over the blocks of the chunks that exist now. It must be walked to its end. */
void
fsmm_store_cursor_init (FsmmStoreCursor *cursor, FsmmStore *self)
{
  fsmm_lock (&self->lock);
  cursor_start (cursor, self);
  fsmm_unlock (&self->lock);
}

/* The next block that is live or held at this moment, or NULL at the end. */
gpointer
fsmm_store_cursor_next (FsmmStoreCursor *cursor)
{
  FsmmLater later = FSMM_LATER_INIT;
  gpointer block;

  fsmm_lock (&cursor->store->lock);
  block = cursor_find (cursor, &later);
  fsmm_store_unlock_and_finish (cursor->store, &later);

  return block;
}

/* --- Dropping all blocks --- */

/* Marks every chunk: nothing is taken from it any more, and its handles are of no use. Blocks
 * that are CHANGING pin it from now on. Returns how many blocks are in them. Caches are stopped
 * and empty. */
static gsize
mark_chunks (FsmmStore *self, FsmmLater *later)
{
  gsize drop_id = __atomic_add_fetch (&self->epoch, 1, __ATOMIC_RELEASE);
  gsize n_blocks = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      if (chunk->drop_id == 0)
        {
          fsmm_store_find_lost (self, chunk, later);
          fsmm_store_close_chunk (self, chunk, drop_id, later);
          chunk->n_pins += fsmm_chunk_count_changing (chunk);
          n_blocks += chunk->n_out;
        }
    }

  return n_blocks;
}

static void
remove_marked_chunks (FsmmStore *self, gsize drop_id, FsmmLater *later)
{
  GList *next;

  for (GList *l = self->all.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      if (chunk->drop_id == drop_id && !chunk->detached)
        fsmm_store_remove_chunk (self, chunk, later);
    }
}

/* Drops every block, as it is, and every chunk. Returns how many blocks there were. */
gsize
fsmm_store_drop_all (FsmmStore *self)
{
  FsmmLater later = FSMM_LATER_INIT;
  gsize n_dropped;

  fsmm_lock (&self->lock);
  fsmm_store_quiesce (self, &later);
  n_dropped = mark_chunks (self, &later);
  remove_marked_chunks (self, self->epoch, &later);
  fsmm_store_unlock_and_finish (self, &later);

  return n_dropped;
}

/* The same in steps, for blocks whose content must be cleared: begin, then clear one block after
 * the other, then end. Blocks that are taken meanwhile come from new chunks. */
gsize
fsmm_store_drop_begin (FsmmStoreCursor *cursor, FsmmStore *self)
{
  FsmmLater later = FSMM_LATER_INIT;
  gsize n_dropped;

  fsmm_lock (&self->lock);
  fsmm_store_quiesce (self, &later);
  n_dropped = mark_chunks (self, &later);
  cursor_start (cursor, self);
  cursor->drop_id = self->epoch;
  fsmm_store_unlock_and_finish (self, &later);

  return n_dropped;
}

/* Sets those blocks free that have been cleared since they were claimed. Called with the lock
 * held. */
static void
drop_finish_word (FsmmStoreCursor *cursor)
{
  FsmmChunk *chunk = cursor->chunk;
  FsmmStore *store = cursor->store;
  FsmmChunkBlocks left = cursor->claimed;
  guint64 again;

  while (left.bits != 0)
    {
      gsize block = fsmm_chunk_blocks_next (&left);

      if (G_UNLIKELY (store->debug != 0))
        fsmm_store_debug_finish (store, chunk, block);
      fsmm_state_set (&chunk->states[block], FSMM_STATE_FREE);
    }

  fsmm_store_note_peak (store);
  store->n_out -= fsmm_chunk_give (chunk, cursor->claimed, &again);
  cursor->claimed.bits = 0;
}

/* Claims all blocks of the next word of this chunk that has any. Called with the lock held. */
static void
drop_claim_in_chunk (FsmmStoreCursor *cursor, FsmmChunk *chunk)
{
  if (chunk->drop_id != cursor->drop_id)
    return;

  cursor->claimed = fsmm_chunk_claim_word (chunk, cursor->next_index / FSMM_WORD_BITS);
  cursor->next_index = (cursor->claimed.word + 1) * FSMM_WORD_BITS;
}

/* The same in the first chunk from this one on that has any. Called with the lock held. */
static void
drop_claim_word (FsmmStoreCursor *cursor, FsmmLater *later)
{
  while (cursor->chunk != NULL && cursor->claimed.bits == 0)
    {
      drop_claim_in_chunk (cursor, cursor->chunk);
      if (cursor->claimed.bits == 0)
        cursor_advance (cursor, later);
    }

  cursor->uncleared = cursor->claimed;
}

/* The next block for the caller to clear, or NULL at the end. Many are claimed under one lock. */
gpointer
fsmm_store_drop_next (FsmmStoreCursor *cursor)
{
  if (cursor->uncleared.bits == 0)
    {
      FsmmLater later = FSMM_LATER_INIT;

      fsmm_lock (&cursor->store->lock);
      if (cursor->claimed.bits != 0)
        drop_finish_word (cursor);
      drop_claim_word (cursor, &later);
      fsmm_store_unlock_and_finish (cursor->store, &later);
    }

  if (cursor->uncleared.bits == 0)
    return NULL;

  return fsmm_chunk_address (cursor->chunk, fsmm_chunk_blocks_next (&cursor->uncleared));
}

void
fsmm_store_drop_end (FsmmStoreCursor *cursor)
{
  FsmmLater later = FSMM_LATER_INIT;

  fsmm_lock (&cursor->store->lock);
  fsmm_store_quiesce (cursor->store, &later);
  remove_marked_chunks (cursor->store, cursor->drop_id, &later);
  fsmm_store_unlock_and_finish (cursor->store, &later);
}
