/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-locked-private.h"

/* Takes a block of zeroes for a handle, and tells the epoch it belongs to. When that is over, the
 * block has been dropped with all others. */
gpointer
fsmm_store_take_held (FsmmStore *self, guint64 *epoch, FsmmTakeResult *result)
{
  GQueue unused = G_QUEUE_INIT;
  gpointer block = NULL;

  fsmm_lock (&self->lock);

  *epoch = self->epoch;
  *result = fsmm_store_ensure_free (self, 1, &unused);
  if (*result == FSMM_TAKE_OK)
    block = fsmm_store_take_one (self, FSMM_BLOCK_HELD, self->geometry.alloc_size, NULL);

  fsmm_store_unlock_and_release (self, &unused);

  return block;
}

/* Returns FALSE if the block has been dropped. */
gboolean
fsmm_store_give_held (FsmmStore *self, gpointer block, guint64 epoch)
{
  gboolean is_there;

  fsmm_lock (&self->lock);

  is_there = self->epoch == epoch;
  if (is_there)
    fsmm_store_move_one (self, fsmm_store_lookup_chunk (self, block), block, FSMM_BLOCK_HELD,
                         FSMM_BLOCK_FREE);

  fsmm_unlock (&self->lock);

  return is_there;
}

gboolean
fsmm_store_is_in_epoch (FsmmStore *self, guint64 epoch)
{
  gboolean is_in_epoch;

  fsmm_lock (&self->lock);
  is_in_epoch = self->epoch == epoch;
  fsmm_unlock (&self->lock);

  return is_in_epoch;
}

/* Makes the memory of a handle's block stay where it is until fsmm_store_unpin (), whatever is
 * dropped meanwhile. NULL if the block is gone. */
FsmmChunk *
fsmm_store_pin (FsmmStore *self, gconstpointer block, guint64 epoch)
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
