/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-locked-private.h"

/* Takes a block for a handle, and tells the epoch it belongs to. When that is over, the
 * block has been dropped with all others. */
gpointer
fsmm_store_take_held (FsmmStore *self, FsmmFill fill, gsize *epoch, FsmmTakeResult *result)
{
  GQueue unused = G_QUEUE_INIT;
  gpointer block = NULL;

  fsmm_lock (&self->lock);

  *epoch = self->epoch;
  *result = fsmm_store_ensure_free (self, 1, &unused);
  if (*result == FSMM_TAKE_OK)
    block = fsmm_store_take_one (self, FSMM_BLOCK_HELD, fill, NULL);

  fsmm_store_unlock_and_release (self, &unused);

  return block;
}

/* Returns FALSE if the block has been dropped. */
static gboolean
move_held (FsmmStore *self, gpointer block, gsize epoch, FsmmBlockState to)
{
  gboolean is_there;

  fsmm_lock (&self->lock);

  is_there = self->epoch == epoch;
  if (is_there)
    fsmm_store_move_one (self, fsmm_store_lookup_chunk (self, block), block, FSMM_BLOCK_HELD, to);

  fsmm_unlock (&self->lock);

  return is_there;
}

/* Gives back the block of a handle. Returns FALSE if it has been dropped. */
gboolean
fsmm_store_give_held (FsmmStore *self, gpointer block, gsize epoch)
{
  return move_held (self, block, epoch, FSMM_BLOCK_FREE);
}

/* From now on the block belongs to whoever has its address. Returns FALSE if it has been dropped. */
gboolean
fsmm_store_let_go (FsmmStore *self, gpointer block, gsize epoch)
{
  return move_held (self, block, epoch, FSMM_BLOCK_LIVE);
}

/* Makes the memory of a handle's block stay where it is until fsmm_store_unpin (), whatever is
 * dropped meanwhile. NULL if the block is gone. */
FsmmChunk *
fsmm_store_pin (FsmmStore *self, gconstpointer block, gsize epoch)
{
  FsmmChunk *chunk = NULL;

  fsmm_lock (&self->lock);
  if (self->epoch == epoch)
    chunk = fsmm_store_pin_chunk (fsmm_store_lookup_chunk (self, block));
  fsmm_unlock (&self->lock);

  return chunk;
}

void
fsmm_store_unpin (FsmmStore *self, FsmmChunk *chunk)
{
  GQueue unused = G_QUEUE_INIT;

  fsmm_lock (&self->lock);
  fsmm_store_unpin_chunk (self, chunk, &unused);
  fsmm_store_unlock_and_release (self, &unused);
}
