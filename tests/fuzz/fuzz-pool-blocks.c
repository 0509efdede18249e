/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

/* Blocks, one by one. */

/* --- Taking --- */

static gboolean
is_within_limit (const FuzzPool *self, gsize n_blocks)
{
  return n_blocks <= self->max_blocks && self->n_blocks <= self->max_blocks - n_blocks;
}

/* How taking so many must end. Where the system has refused something, there may be no memory, but
 * only where the pool has not enough blocks in the first place. */
FuzzEnds
fuzz_pool_expect_take (FuzzPool *self, gsize n_blocks, gboolean has_failed)
{
  if (!is_within_limit (self, n_blocks))
    return FUZZ_CODE (EXHAUSTED);
  if (has_failed && n_blocks > fuzz_pool_count_idle (self))
    return FUZZ_SUCCESS | FUZZ_CODE (NO_MEMORY);

  return FUZZ_SUCCESS;
}

/* How taking far too many must end. */
FuzzEnds
fuzz_pool_expect_refusal (FuzzPool *self, gsize n_blocks)
{
  gboolean has_limit = self->max_blocks != G_MAXSIZE;

  return has_limit && !is_within_limit (self, n_blocks) ? FUZZ_CODE (EXHAUSTED)
                                                        : FUZZ_CODE (NO_MEMORY);
}

static gsize
count_missing_chunks (FuzzPool *self, gsize n_blocks)
{
  gsize n_idle = fuzz_pool_count_idle (self);

  return n_blocks > n_idle ? (n_blocks - n_idle - 1) / self->per_chunk + 1 : 0;
}

/* So many are about to be noted as taken, with success. The pool grows by what it needs; but
 * blocks that it does not hand out may cost it a chunk. */
void
fuzz_pool_took (FuzzPool *self, gsize n_blocks, gboolean has_failed)
{
  gsize n_missing = count_missing_chunks (self, n_blocks);
  gsize most = self->n_chunks + (n_blocks + self->per_chunk - 1) / self->per_chunk;
  gsize n_chunks = fsmm_pool_get_n_chunks (self->pool);

  fuzz_pool_note_thread (self);
  if (fuzz_pool_hands_out_all (self) && !has_failed)
    most = self->n_chunks + n_missing;

  fuzz_check (n_chunks >= self->n_chunks + n_missing && n_chunks <= most,
              "n-chunks must have grown from %" G_GSIZE_FORMAT " by %" G_GSIZE_FORMAT
              ", and may be %" G_GSIZE_FORMAT ", but is %" G_GSIZE_FORMAT,
              self->n_chunks, n_missing, most, n_chunks);
  self->n_chunks = n_chunks;
}

void
fuzz_pool_alloc_one (FuzzPool *self, gboolean zeroed)
{
  GError *error = NULL;
  guint8 *block;
  gboolean has_failed;

  if (!fuzz_pool_has_room (self, 1))
    return;

  block = zeroed ? fsmm_pool_alloc0 (self->pool, &error) : fsmm_pool_alloc (self->pool, &error);
  has_failed = fuzz_has_failed ();
  fuzz_check_end (zeroed ? "fsmm_pool_alloc0 ()" : "fsmm_pool_alloc ()",
                  fuzz_pool_expect_take (self, 1, has_failed), block != NULL, &error);
  fuzz_pool_note_thread (self);
  if (block == NULL)
    return;

  fuzz_pool_took (self, 1, has_failed);
  fuzz_check (!zeroed || fuzz_is_zero (block, self->alloc_size), "%p is not all zeroes", block);
  fuzz_pool_add (self, block, NULL);
}

void
fuzz_pool_alloc (void)
{
  FuzzPool *self = fuzz_pool_choose ();

  if (self != NULL)
    fuzz_pool_alloc_one (self, FALSE);
}

void
fuzz_pool_alloc0 (void)
{
  FuzzPool *self = fuzz_pool_choose ();

  if (self != NULL)
    fuzz_pool_alloc_one (self, TRUE);
}

void
fuzz_pool_alloc_run (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  guint n = fuzz_input_byte ();
  gboolean zeroed = fuzz_input_flag ();

  for (guint i = 0; self != NULL && i < n; i++)
    fuzz_pool_alloc_one (self, zeroed);
}

/* --- Giving --- */

/* The call that is made may log its mistakes instead of returning them. */
void
fuzz_pool_free_one (FuzzPool *self, gpointer address, gboolean silently)
{
  FuzzEnds expected = fuzz_pool_expect_free (self, address);
  FuzzBlock *block = fuzz_pool_find (self, address);
  GError *error = NULL;
  gboolean freed;

  if (block != NULL)
    fuzz_pool_check_content (self, block);

  freed = fsmm_pool_free (self->pool, address, silently ? &error : NULL);
  fuzz_pool_note_thread (self);
  if (silently)
    fuzz_check_end ("fsmm_pool_free ()", expected, freed, &error);
  else
    {
      fuzz_check (freed == (expected == FUZZ_SUCCESS), "fsmm_pool_free (%p) without an error",
                  address);
      fuzz_check_criticals ("fsmm_pool_free () without an error", freed ? 0 : 1);
    }

  if (freed && block != NULL)
    fuzz_pool_remove (self, block);
}

void
fuzz_pool_free (void)
{
  FuzzPool *self = fuzz_pool_choose ();

  if (self != NULL)
    {
      gpointer address = fuzz_pool_choose_address (self);

      fuzz_pool_free_one (self, address, fuzz_input_flag ());
    }
}

/* Those that have no handle, from the oldest or the newest on, or some here and there. */
void
fuzz_pool_free_run (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  guint n = fuzz_input_byte ();
  guint order = fuzz_input_below (4);

  for (guint i = 0; self != NULL && self->n_blocks > 0 && i < n; i++)
    {
      guint places[] = { self->n_blocks - 1, 0, 7 * i % self->n_blocks, 64 * i % self->n_blocks };

      fuzz_pool_free_one (self, self->blocks[places[order]].address, TRUE);
    }
}

static guint
count_criticals_of_free (FuzzPool *owner, gconstpointer address)
{
  if (address == NULL)
    return 0;

  return owner == NULL || fuzz_pool_expect_free (owner, address) != FUZZ_SUCCESS;
}

/* fsmm_free (), which finds the pool. */
void
fuzz_pool_free_anywhere (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  gpointer address = self != NULL ? fuzz_pool_choose_address (self) : NULL;
  FuzzPool *owner = fuzz_pool_of_block (address);
  FuzzBlock *block = owner != NULL ? fuzz_pool_find (owner, address) : NULL;

  if (block != NULL)
    fuzz_pool_check_content (owner, block);

  fsmm_free (address);
  fuzz_check_criticals ("fsmm_free ()", count_criticals_of_free (owner, address));

  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    if (fuzz_pools[i].pool != NULL)
      fuzz_pool_note_thread (&fuzz_pools[i]);
  if (block != NULL && block->handle == NULL)
    fuzz_pool_remove (owner, block);
}

/* --- Asking --- */

void
fuzz_pool_look_at_address (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  gpointer address = self != NULL ? fuzz_pool_choose_address (self) : fuzz_foreign_address (0);
  FuzzPool *owner = fuzz_pool_of_block (address);

  fuzz_check (fsmm_pool_for_block (address) == (owner != NULL ? owner->pool : NULL),
              "fsmm_pool_for_block (%p) must be pool %d", address,
              owner != NULL ? (int) (owner - fuzz_pools) : -1);
  if (self != NULL)
    fuzz_check (fsmm_pool_is_allocated (self->pool, address) == (self == owner),
                "fsmm_pool_is_allocated (%p) must be %d", address, self == owner);
}
