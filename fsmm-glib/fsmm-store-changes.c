/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-locked-private.h"

/* A user function that makes or clears what lives in a block runs without the lock. Meanwhile the
 * block is CHANGING, which only one thread can bring about, so that no two clear the same; and its
 * chunk is pinned, so that the memory stays where it is whatever is dropped. */

/* Takes a block of zeroes to make something in. */
gpointer
fsmm_store_take_changing (FsmmStore *self, FsmmChunk **chunk, FsmmTakeResult *result)
{
  const FsmmFill zeroes = { .n_bytes = self->geometry.alloc_size };
  GQueue unused = G_QUEUE_INIT;
  gpointer block = NULL;

  fsmm_lock (&self->lock);

  *result = fsmm_store_ensure_free (self, 1, &unused);
  if (*result == FSMM_TAKE_OK)
    {
      block = fsmm_store_take_one (self, FSMM_BLOCK_CHANGING, zeroes, chunk);
      fsmm_store_pin_chunk (*chunk);
    }

  fsmm_store_unlock_and_release (self, &unused);

  return block;
}

/* What is in a chunk that is being dropped is cleared by the thread that does that, or has been. Its
 * own clear functions may ask for it to be destroyed in vain, so that nothing nests; another thread
 * comes too late with that, or, for what is still live, just in time. */
static FsmmAddressKind
claim_one (FsmmStore *self, FsmmChunk *chunk, gconstpointer address)
{
  gboolean is_dropper = chunk->drop_id != 0 && chunk->dropper == g_thread_self ();
  FsmmAddressKind kind;

  kind = is_dropper ? fsmm_chunk_inspect (chunk, address)
                    : fsmm_store_move_one (self, chunk, address, FSMM_BLOCK_LIVE,
                                           FSMM_BLOCK_CHANGING);

  if (is_dropper && kind == FSMM_ADDRESS_LIVE)
    return FSMM_ADDRESS_DROPPED;
  if (chunk->drop_id != 0 && (kind == FSMM_ADDRESS_FREE || kind == FSMM_ADDRESS_CHANGING))
    return FSMM_ADDRESS_DROPPED;

  return kind;
}

/* Claims the block at @address if it is live, to clear it, and says what the address is in any
 * case. */
FsmmAddressKind
fsmm_store_claim (FsmmStore *self, gconstpointer address, FsmmChunk **chunk)
{
  FsmmAddressKind kind = FSMM_ADDRESS_FOREIGN;

  fsmm_lock (&self->lock);

  *chunk = fsmm_store_lookup_chunk (self, address);
  if (*chunk != NULL)
    kind = claim_one (self, *chunk, address);
  if (kind == FSMM_ADDRESS_LIVE)
    fsmm_store_pin_chunk (*chunk);

  fsmm_unlock (&self->lock);

  return kind;
}

/* Claims the block of a handle. NULL if it has been dropped, or another thread has claimed it. */
FsmmChunk *
fsmm_store_claim_held (FsmmStore *self, gconstpointer address, gsize epoch)
{
  FsmmChunk *chunk = NULL;

  fsmm_lock (&self->lock);

  if (self->epoch == epoch)
    chunk = fsmm_store_lookup_chunk (self, address);
  if (chunk != NULL && fsmm_store_move_one (self, chunk, address, FSMM_BLOCK_HELD,
                                            FSMM_BLOCK_CHANGING) != FSMM_ADDRESS_HELD)
    chunk = NULL;
  if (chunk != NULL)
    fsmm_store_pin_chunk (chunk);

  fsmm_unlock (&self->lock);

  return chunk;
}

/* What has been made in a block is complete. Returns FALSE, and changes nothing, if all blocks were
 * dropped meanwhile: then the caller has to clear and finish it, because nobody else did. */
gboolean
fsmm_store_settle (FsmmStore *self,
                   FsmmChunk *chunk,
                   gpointer block,
                   FsmmBlockState to,
                   gsize *epoch)
{
  GQueue unused = G_QUEUE_INIT;
  gboolean is_there;

  fsmm_lock (&self->lock);

  is_there = chunk->drop_id == 0;
  *epoch = self->epoch;
  if (is_there)
    {
      fsmm_store_move_one (self, chunk, block, FSMM_BLOCK_CHANGING, to);
      fsmm_store_unpin_chunk (self, chunk, &unused);
    }

  fsmm_store_unlock_and_release (self, &unused);

  return is_there;
}

/* What lived in a block has been cleared. */
void
fsmm_store_finish (FsmmStore *self, FsmmChunk *chunk, gpointer block)
{
  GQueue unused = G_QUEUE_INIT;

  fsmm_lock (&self->lock);
  fsmm_store_move_one (self, chunk, block, FSMM_BLOCK_CHANGING, FSMM_BLOCK_FREE);
  fsmm_store_unpin_chunk (self, chunk, &unused);
  fsmm_store_unlock_and_release (self, &unused);
}
