/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-typed-pool-private.h"

#include "fsmm-error.h"

#include <string.h>

/* How instances come to live in blocks, and how they leave them.
 *
 * A user function runs without a lock, in a block that is CHANGING: only one thread can bring that
 * about, so that clear runs once for each instance whatever races there are. Where a type has no such
 * function, the block changes hands in one step, as raw memory does.
 *
 * Nothing here calls itself, but a clear function may call destroy, whose clear function may call it
 * again: that recursion is the user's, and as deep as what it walks down. */

/* --- Making --- */

static void
fill_in (const FsmmTypeLayout *layout, gconstpointer source, gpointer instance)
{
  if (source == NULL)
    layout->init (instance);
  else
    layout->copy (source, instance);
}

/* Takes a block, lets the user's function make an instance in it, and puts it into its state. */
static gpointer
make_by_function (FsmmTypedPool *self,
                  gconstpointer source,
                  FsmmBlockState state,
                  gsize *epoch,
                  FsmmTakeResult *result)
{
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  FsmmChunk *chunk;
  gpointer instance = fsmm_store_take_changing (store, &chunk, result);

  if (instance == NULL)
    return NULL;

  fill_in (self->layout, source, instance);
  if (fsmm_store_settle (store, chunk, instance, state, epoch))
    return instance;

  /* Everything was dropped meanwhile, but this not, since it was not yet there. */
  if (self->layout->clear != NULL)
    self->layout->clear (instance);
  fsmm_store_finish (store, chunk, instance);

  return NULL;
}

static gpointer
make_from_bytes (FsmmTypedPool *self,
                 gconstpointer source,
                 FsmmBlockState state,
                 gsize *epoch,
                 FsmmTakeResult *result)
{
  const FsmmFill fill = { .n_bytes = self->layout->size, .source = source };
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  gpointer instance = NULL;

  if (state == FSMM_BLOCK_HELD)
    return fsmm_store_take_held (store, fill, epoch, result);

  *result = fsmm_store_take (store, 1, &instance, fill);
  return instance;
}

/* Makes a copy of @source, or a new instance where that is NULL. In @epoch, when that was. */
gpointer
fsmm_typed_pool_make (FsmmTypedPool *self,
                      gconstpointer source,
                      FsmmBlockState state,
                      gsize *epoch,
                      GError **error)
{
  gboolean by_function = source == NULL ? self->layout->init != NULL : self->layout->copy != NULL;
  FsmmTakeResult result = FSMM_TAKE_OK;
  gpointer instance = NULL;

  if (!self->disposed)
    instance = by_function ? make_by_function (self, source, state, epoch, &result)
                           : make_from_bytes (self, source, state, epoch, &result);

  if (G_LIKELY (instance != NULL))
    return instance;

  if (result != FSMM_TAKE_OK)
    fsmm_pool_report_take (self->pool, result, 1, error);
  else
    fsmm_pool_report_dropped (self->pool, error);

  return NULL;
}

/* --- Clearing --- */

/* Clears what has been claimed. The clear function may drop the last reference to the pool. */
static void
clear_and_finish (FsmmTypedPool *self, FsmmChunk *chunk, gpointer instance)
{
  g_object_ref (self);
  self->layout->clear (instance);
  fsmm_store_finish (fsmm_typed_pool_get_store (self), chunk, instance);
  g_object_unref (self);
}

/**
 * fsmm_typed_pool_destroy: (skip)
 * @self: a typed pool
 * @instance: (nullable): an instance that lives in this pool, or %NULL to do nothing
 * @error: return location for an error
 *
 * Clears an instance, and gives its block back.
 *
 * The address is checked first, as by [method@Fsmm.Pool.free]: for an instance that was destroyed
 * before, that lives elsewhere or belongs to a box, the clear function is not called. Where @error is
 * %NULL, the mistake is logged as a critical message.
 *
 * A clear function may destroy other instances of the same pool. Each level of such a recursion takes
 * about 160 bytes of the stack on a machine of 64 bits, besides what the clear function takes.
 *
 * Errors: `FSMM_ERROR_DOUBLE_FREE` for a block of this pool in which no instance lives any more,
 * `FSMM_ERROR_INVALID_POINTER` for any other address.
 *
 * Returns: %TRUE if the instance was destroyed or is %NULL
 *
 * Since: 1.0
 */
gboolean
fsmm_typed_pool_destroy (FsmmTypedPool *self, gpointer instance, GError **error)
{
  FsmmAddressKind kind;
  FsmmChunk *chunk;
  gsize n_given;

  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), FALSE);

  if (instance == NULL)
    return TRUE;

  if (self->layout->clear == NULL)
    kind = fsmm_store_give (fsmm_typed_pool_get_store (self), 1, &instance, &n_given);
  else
    {
      kind = fsmm_store_claim (fsmm_typed_pool_get_store (self), instance, &chunk);
      if (kind == FSMM_ADDRESS_LIVE)
        clear_and_finish (self, chunk, instance);
    }

  if (G_LIKELY (kind == FSMM_ADDRESS_LIVE || kind == FSMM_ADDRESS_DROPPED))
    return TRUE;

  fsmm_pool_report_give (self->pool, kind, instance, error);
  return FALSE;
}

/* For the owner of a held instance: does nothing if it was dropped with all others. */
void
fsmm_typed_pool_drop_held (FsmmTypedPool *self, gpointer instance, gsize epoch)
{
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  FsmmChunk *chunk;

  if (self->layout->clear == NULL)
    fsmm_store_give_held (store, instance, epoch);
  else if ((chunk = fsmm_store_claim_held (store, instance, epoch)) != NULL)
    clear_and_finish (self, chunk, instance);
}

/* For the owner of a held instance: clears it, and makes a copy of @source in its place. Returns
 * FALSE if it has been dropped, or another thread is changing it. */
gboolean
fsmm_typed_pool_replace_held (FsmmTypedPool *self,
                              gpointer instance,
                              gsize epoch,
                              gconstpointer source)
{
  const FsmmTypeLayout *layout = self->layout;
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  FsmmChunk *chunk = fsmm_store_claim_held (store, instance, epoch);

  if (chunk == NULL)
    return FALSE;

  if (source != instance)
    {
      if (layout->clear != NULL)
        layout->clear (instance);

      if (layout->copy != NULL)
        layout->copy (source, memset (instance, 0, layout->size));
      else
        memcpy (instance, source, layout->size);
    }

  if (fsmm_store_settle (store, chunk, instance, FSMM_BLOCK_HELD, &epoch))
    return TRUE;

  if (layout->clear != NULL)
    layout->clear (instance);
  fsmm_store_finish (store, chunk, instance);

  return FALSE;
}

/**
 * fsmm_typed_pool_free_all:
 * @self: a typed pool
 *
 * Clears every live instance, and returns every chunk to the system.
 *
 * Where the type has no clear function, the time this takes grows with the number of chunks, not of
 * instances.
 *
 * Instances are cleared in no order that could be relied on. A clear function may destroy others, a
 * parent its children for example: one that has been cleared already is then passed over in silence,
 * and each is cleared once. What is made meanwhile is not dropped. Boxes whose instances are dropped
 * are empty afterwards.
 *
 * Returns: how many instances were live
 *
 * Since: 1.0
 */
gsize
fsmm_typed_pool_free_all (FsmmTypedPool *self)
{
  FsmmStore *store;
  FsmmStoreCursor cursor;
  gpointer instance;
  gsize n_dropped;

  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), 0);

  store = fsmm_typed_pool_get_store (self);
  if (self->layout->clear == NULL)
    return fsmm_store_drop_all (store);

  g_object_ref (self);

  n_dropped = fsmm_store_drop_begin (&cursor, store);
  while ((instance = fsmm_store_drop_next (&cursor)) != NULL)
    self->layout->clear (instance);
  fsmm_store_drop_end (&cursor);

  g_object_unref (self);

  return n_dropped;
}
