/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-locked-private.h"

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
cursor_advance (FsmmStoreCursor *cursor, GQueue *unused)
{
  FsmmChunk *chunk = cursor->chunk;
  GList *next = chunk->all_link.next;

  cursor->chunk = is_in_walk (cursor, next) ? fsmm_store_pin_chunk (next->data) : NULL;
  cursor->next_index = 0;
  fsmm_store_unpin_chunk (cursor->store, chunk, unused);
}

/* Called with the lock held. */
static gpointer
cursor_find (FsmmStoreCursor *cursor, GQueue *unused)
{
  gpointer block = NULL;

  while (cursor->chunk != NULL && block == NULL)
    {
      FsmmChunk *chunk = cursor->chunk;

      if (!chunk->detached)
        block = fsmm_chunk_next_whole (chunk, cursor->next_index);

      if (block != NULL)
        cursor->next_index = fsmm_chunk_index (chunk, block) + 1;
      else
        cursor_advance (cursor, unused);
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
  GQueue unused = G_QUEUE_INIT;
  gpointer block;

  fsmm_lock (&cursor->store->lock);
  block = cursor_find (cursor, &unused);
  fsmm_store_unlock_and_release (cursor->store, &unused);

  return block;
}

/* --- Dropping all blocks --- */

/* Marks every chunk: nothing is taken from it any more, and its handles are of no use. Returns how
 * many blocks are in them. */
static gsize
mark_chunks (FsmmStore *self)
{
  gsize drop_id = __atomic_add_fetch (&self->epoch, 1, __ATOMIC_RELEASE);
  gsize n_blocks = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      if (chunk->drop_id == 0)
        {
          fsmm_store_close_chunk (self, chunk, drop_id);
          n_blocks += chunk->n_live;
        }
    }

  return n_blocks;
}

static void
remove_marked_chunks (FsmmStore *self, gsize drop_id, GQueue *unused)
{
  GList *next;

  for (GList *l = self->all.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      if (chunk->drop_id == drop_id && !chunk->detached)
        fsmm_store_remove_chunk (self, chunk, unused);
    }
}

/* Drops every block, as it is, and every chunk. Returns how many blocks there were. */
gsize
fsmm_store_drop_all (FsmmStore *self)
{
  GQueue unused = G_QUEUE_INIT;
  gsize n_dropped;

  fsmm_lock (&self->lock);
  n_dropped = mark_chunks (self);
  remove_marked_chunks (self, self->epoch, &unused);
  fsmm_store_unlock_and_release (self, &unused);

  return n_dropped;
}

/* The same in steps, for blocks whose content must be cleared: begin, then clear one block after the
 * other, then end. Blocks that are taken meanwhile come from new chunks. */
gsize
fsmm_store_drop_begin (FsmmStoreCursor *cursor, FsmmStore *self)
{
  gsize n_dropped;

  fsmm_lock (&self->lock);
  n_dropped = mark_chunks (self);
  cursor_start (cursor, self);
  cursor->drop_id = self->epoch;
  fsmm_unlock (&self->lock);

  return n_dropped;
}

/* Sets those blocks free that have been cleared since they were claimed. Called with the lock held. */
static void
drop_finish_word (FsmmStoreCursor *cursor)
{
  FsmmChunk *chunk = cursor->chunk;
  gsize n_live_before = chunk->n_live;

  fsmm_chunk_finish_word (chunk, cursor->word, cursor->claimed);
  cursor->claimed = 0;
  cursor->store->n_live -= n_live_before - chunk->n_live;
}

/* Claims all blocks of the next word of this chunk that has any. Called with the lock held. */
static void
drop_claim_in_chunk (FsmmStoreCursor *cursor, FsmmChunk *chunk)
{
  if (chunk->drop_id != cursor->drop_id)
    return;

  cursor->word = fsmm_chunk_claim_word (chunk, cursor->next_index / FSMM_WORD_BITS,
                                        &cursor->claimed);
  cursor->next_index = (cursor->word + 1) * FSMM_WORD_BITS;
}

/* The same in the first chunk from this one on that has any. Called with the lock held. */
static void
drop_claim_word (FsmmStoreCursor *cursor, GQueue *unused)
{
  while (cursor->chunk != NULL && cursor->claimed == 0)
    {
      drop_claim_in_chunk (cursor, cursor->chunk);
      if (cursor->claimed == 0)
        cursor_advance (cursor, unused);
    }

  cursor->uncleared = cursor->claimed;
}

/* The next block for the caller to clear, or NULL at the end. Many are claimed under one lock. */
gpointer
fsmm_store_drop_next (FsmmStoreCursor *cursor)
{
  const FsmmGeometry *geometry = &cursor->store->geometry;
  gsize block;

  if (cursor->uncleared == 0)
    {
      GQueue unused = G_QUEUE_INIT;

      fsmm_lock (&cursor->store->lock);
      if (cursor->claimed != 0)
        drop_finish_word (cursor);
      drop_claim_word (cursor, &unused);
      fsmm_store_unlock_and_release (cursor->store, &unused);
    }

  if (cursor->uncleared == 0)
    return NULL;

  block = cursor->word * FSMM_WORD_BITS + __builtin_ctzll (cursor->uncleared);
  cursor->uncleared &= cursor->uncleared - 1;

  return cursor->chunk->base + block * geometry->block_size;
}

void
fsmm_store_drop_end (FsmmStoreCursor *cursor)
{
  GQueue unused = G_QUEUE_INIT;

  fsmm_lock (&cursor->store->lock);
  remove_marked_chunks (cursor->store, cursor->drop_id, &unused);
  fsmm_store_unlock_and_release (cursor->store, &unused);
}
