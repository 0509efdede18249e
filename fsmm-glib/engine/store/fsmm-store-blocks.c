/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-debug.h"

/* --- Frees that were one too many --- */

/* Notes that a block was freed twice, for a report after the lock has been released. */
void
fsmm_store_note_double_free (FsmmStore *self, gpointer block, FsmmDeferred *deferred)
{
  FsmmLateDoubleFrees *lost = &deferred->double_frees;

  if (lost->n_blocks == 0)
    fsmm_report_init (&lost->report, &self->identity);
  if (lost->n_blocks < G_N_ELEMENTS (lost->blocks))
    lost->blocks[lost->n_blocks] = block;
  lost->n_blocks++;
}

void
fsmm_store_note_double_frees (FsmmStore *self, FsmmChunk *chunk, FsmmChunkBlocks lost, FsmmDeferred *deferred)
{
  while (G_UNLIKELY (lost.bits != 0))
    fsmm_store_note_double_free (self, fsmm_chunk_address (chunk, fsmm_chunk_blocks_next (&lost)), deferred);
}

/* --- Blocks leave the store --- */

void
fsmm_store_note_taken (FsmmStore *self, FsmmChunk *chunk, gsize n_blocks)
{
  self->n_free -= n_blocks;
  self->n_out += n_blocks;

  if (fsmm_chunk_is_full (chunk))
    g_queue_unlink (&self->open, &chunk->open_link);
}

/* Of two threads that free a block at once, one may bring it back to the store while the other
 * has it handed out again: this goes unnoticed until it is taken from here. This finds all such
 * blocks of an open or full chunk, and takes them out. Caches are stopped and empty. */
void
fsmm_store_find_double_frees (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  const FsmmGeometry *geometry = &self->geometry;

  if (G_LIKELY (fsmm_chunk_count_in_store (chunk) == geometry->n_blocks - chunk->n_out))
    return;

  for (gsize i = 0; i < geometry->n_blocks; i++)
    if (fsmm_chunk_is_free (chunk, i) && fsmm_store_is_double_free (self, chunk, i, deferred))
      {
        fsmm_chunk_take_again (chunk, i);
        fsmm_store_note_taken (self, chunk, 1);
      }
}

/* Takes some free blocks of one chunk. The caller looks at the state of each, and writes it: of
 * one that is not in the store, fsmm_store_note_double_free () is to be told. Where no block is free at all,
 * @chunk is NULL. */
FsmmChunkBlocks
fsmm_store_take_word (FsmmStore *self, gsize max_blocks, FsmmChunk **chunk)
{
  FsmmChunkBlocks taken = { 0, 0 };

  *chunk = g_queue_peek_head (&self->open);
  if (*chunk != NULL)
    {
      taken = fsmm_chunk_take (*chunk, max_blocks);
      fsmm_store_note_taken (self, *chunk, fsmm_chunk_blocks_count (taken));
    }

  return taken;
}

/* --- Blocks come back --- */

/* Puts blocks where they can be taken from, unless they are there already. The caller has
 * written their states. A chunk that was full goes to the end of the queue, so that more of its
 * blocks have come back by the time it is used again: taking many blocks from one chunk is
 * cheaper than one from each. */
void
fsmm_store_put_back (FsmmStore *self, FsmmChunk *chunk, FsmmChunkBlocks blocks, FsmmDeferred *deferred)
{
  gboolean was_full = fsmm_chunk_is_full (chunk);
  FsmmChunkBlocks again = { blocks.word, 0 };
  gsize n_given = fsmm_chunk_give (chunk, blocks, &again.bits);

  fsmm_store_note_double_frees (self, chunk, again, deferred);

  self->n_free += n_given;
  self->n_out -= n_given;
  if (was_full && n_given > 0)
    g_queue_push_tail_link (&self->open, &chunk->open_link);
}

/* Their states are theirs to write, unless another thread has freed one of them at the same
 * time. */
static void
unmark (FsmmReturn *self)
{
  FsmmChunkBlocks lost = self->blocks;

  lost.bits = fsmm_chunk_unmark (self->chunk, self->blocks, self->mark,
                                 fsmm_store_is_alone (self->store));
  self->blocks.bits &= ~lost.bits;
  fsmm_store_note_double_frees (self->store, self->chunk, lost, self->deferred);
}

void
fsmm_return_finish (FsmmReturn *self)
{
  if (self->blocks.bits == 0)
    return;

  g_assert (self->chunk != NULL);
  if (self->mark != 0)
    unmark (self);
  fsmm_store_put_back (self->store, self->chunk, self->blocks, self->deferred);
  self->blocks.bits = 0;
}

/* A block that comes twice, because it was freed twice, is lost once. */
void
fsmm_return_add (FsmmReturn *self, FsmmSlot slot)
{
  FsmmChunkBlocks one;

  if (self->chunk == NULL || !fsmm_chunk_has_state (self->chunk, slot.state))
    {
      fsmm_return_finish (self);
      self->chunk = fsmm_store_find_chunk (self->store, slot.block);
      g_assert (self->chunk != NULL);
    }

  one = fsmm_chunk_blocks_one (slot.state - self->chunk->states);
  if (one.word != self->blocks.word || (one.bits & self->blocks.bits) != 0)
    {
      fsmm_return_finish (self);
      self->blocks.word = one.word;
    }

  self->blocks.bits |= one.bits;
}

/* Gives back the block that starts at a place, whatever its state is. */
void
fsmm_store_give (FsmmStore *self, const FsmmPlace *place, FsmmDeferred *deferred)
{
  gsize block = place->state - place->chunk->states;

  if (G_UNLIKELY (self->debug != 0))
    {
      fsmm_store_debug_give (self, place->chunk, block, deferred);
      return;
    }

  fsmm_state_set (place->state, FSMM_STATE_FREE);
  fsmm_store_put_back (self, place->chunk, fsmm_chunk_blocks_one (block), deferred);
}
