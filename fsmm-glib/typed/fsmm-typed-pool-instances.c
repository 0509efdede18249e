/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-typed-pool-private.h"

#include "engine/heap/fsmm-heap-tell.h"
#include "fsmm-error.h"
#include "pool/fsmm-user-call-private.h"

#include <string.h>

/* How instances are made in blocks, and how they are cleared.
 *
 * A user function runs without a lock, on a block that is CLAIMED. Only one thread can put a block
 * into that state, so clear runs once for each instance, whatever races there are. If the type has
 * no such function, the block is taken or freed in one step, like raw memory.
 *
 * No function here calls itself, but a clear function may destroy another instance, and so on. This
 * recursion is the user's, and as deep as the data structure that it follows.
 *
 * A user function may drop the last reference to its pool, or not return at all. So nothing is
 * held during the call except the block, and after the call only the raw pool is used, which
 * stays for as long as the block is CLAIMED. */

#define RETURN_VAL_IF_NO_TYPED_POOL_IN(call, self, value)                                          \
  FSMM_RETURN_VAL_IF_FAIL_IN (call, fsmm_typed_pool_has_class (self), "FSMM_IS_TYPED_POOL (self)", \
                              value)

/* --- Making --- */

static void
fill_in (const FsmmTypeLayout *layout, gconstpointer source, gpointer instance)
{
  if (source == NULL)
    layout->init (instance);
  else
    layout->copy (source, instance);
}

/* If everything was dropped while an instance was made, its block was left out, since it was CLAIMED:
 * then the instance is cleared here. The pool may be gone afterwards. */
static void
clear_left_out (FsmmPool *pool, const FsmmTypeLayout *layout, const FsmmClaim *claim)
{
  if (layout->clear != NULL)
    layout->clear (claim->block);
  fsmm_heap_release (&pool->store, claim);
}

/* Puts a new instance into its state, or clears it, and sets @error. */
static gboolean
publish_or_clear (FsmmPool *pool,
                  const FsmmTypeLayout *layout,
                  const FsmmClaim *claim,
                  FsmmState state,
                  GError **error)
{
  if (fsmm_heap_publish (&pool->store, claim, state))
    return TRUE;

  fsmm_pool_report_dropped (pool, FALSE, error);
  clear_left_out (pool, layout, claim);

  return FALSE;
}

/* Takes a block, and makes an instance in it with the function of the type. */
static gboolean
make_by_function (FsmmTypedPool *self,
                  gconstpointer source,
                  FsmmState state,
                  const FsmmPatience *patience,
                  FsmmClaim *claim,
                  GError **error)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;
  const FsmmTypeLayout *layout = self->layout;
  const FsmmFill zeroes = { .n_bytes = layout->size };
  FsmmPool *pool = self->pool;
  gboolean made;

  if (!fsmm_pool_take (pool, FSMM_STATE_CLAIMED, zeroes, patience, claim, error))
    return FALSE;

  fsmm_user_call_begin (self, frame);
  fill_in (layout, source, claim->block);
  made = publish_or_clear (pool, layout, claim, state, error);
  /* From here on the box keeps the pool, not the call. */
  if (made && state == FSMM_STATE_HELD)
    fsmm_keepers_add (&self->keepers);
  fsmm_user_call_end (frame);

  return made;
}

static gboolean
make_from_bytes (FsmmTypedPool *self,
                 gconstpointer source,
                 FsmmState state,
                 const FsmmPatience *patience,
                 FsmmClaim *claim,
                 GError **error)
{
  const FsmmFill fill = { .n_bytes = self->layout->size, .source = source };

  if (!fsmm_pool_take (self->pool, state, fill, patience, claim, error))
    return FALSE;

  if (state == FSMM_STATE_HELD)
    fsmm_keepers_add (&self->keepers);

  return TRUE;
}

/* Makes a copy of @source, or a new instance if @source is NULL. If @state is HELD, the caller
 * becomes a keeper of the pool, and must call fsmm_keepers_remove (). @epoch is the epoch of the
 * block. @patience is NULL for a call that does not wait. */
gpointer
fsmm_typed_pool_make (FsmmTypedPool *self,
                      gconstpointer source,
                      FsmmState state,
                      const FsmmPatience *patience,
                      gsize *epoch,
                      GError **error)
{
  gboolean by_function = source == NULL ? self->layout->init != NULL : self->layout->copy != NULL;
  FsmmClaim claim;
  gboolean made;

  if (G_UNLIKELY (g_atomic_int_get (&self->disposed)))
    {
      fsmm_pool_report_dropped (self->pool, TRUE, error);
      return NULL;
    }

  made = by_function ? make_by_function (self, source, state, patience, &claim, error)
                     : make_from_bytes (self, source, state, patience, &claim, error);
  if (!made)
    return NULL;

  *epoch = claim.epoch;
  return claim.block;
}

/* An instance of a type that is made without a function. NULL if that cannot be done so fast. */
static inline gpointer
try_make_small (FsmmTypedPool *self, gconstpointer source)
{
  return G_LIKELY (!g_atomic_int_get (&self->disposed))
           ? fsmm_cache_try_alloc_small (fsmm_typed_pool_get_store (self)->key,
                                         &self->layout->size, source)
           : NULL;
}

static G_GNUC_NO_INLINE gpointer
construct_slow (FsmmTypedPool *self, GError **error)
{
  gsize epoch;

  RETURN_VAL_IF_NO_TYPED_POOL_IN ("fsmm_typed_pool_construct", self, NULL);

  return fsmm_typed_pool_make (self, NULL, FSMM_STATE_LIVE, NULL, &epoch, error);
}

static G_GNUC_NO_INLINE gpointer
construct_copy_slow (FsmmTypedPool *self, gconstpointer source, GError **error)
{
  gsize epoch;

  RETURN_VAL_IF_NO_TYPED_POOL_IN ("fsmm_typed_pool_construct_copy", self, NULL);

  if (source != NULL || fsmm_pool_is_broken (self->pool))
    return fsmm_typed_pool_make (self, source, FSMM_STATE_LIVE, NULL, &epoch, error);

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
               "source is NULL: it must be an instance of %s", g_type_name (self->item_type));
  return NULL;
}

static FSMM_HEAP_TELLER gpointer
fsmm_typed_pool_construct_told (FsmmTypedPool *self, GError **error)
{
  gpointer instance = construct_slow (self, error);

  FSMM_HEAP_TELL (1, &instance);

  return instance;
}

static FSMM_HEAP_TELLER gpointer
fsmm_typed_pool_construct_copy_told (FsmmTypedPool *self, gconstpointer source, GError **error)
{
  gpointer instance = construct_copy_slow (self, source, error);

  FSMM_HEAP_TELL (1, &instance);

  return instance;
}

/**
 * fsmm_typed_pool_construct: (skip)
 * @self: a typed pool
 * @error: return location for an error
 *
 * Creates a new instance with the type's init function, or of all zeroes if it has none.
 *
 * Errors: `FSMM_ERROR_EXHAUSTED` if [property@Fsmm.TypedPool:max-blocks] instances are live,
 * `FSMM_ERROR_NO_MEMORY` if the system has no memory for another chunk, `FSMM_ERROR_RELEASED` if
 * another thread dropped everything at that moment, or if the pool is being finalized.
 *
 * Returns: (transfer full) (nullable): an instance, for [method@Fsmm.TypedPool.destroy], or %NULL
 *   with @error set
 *
 * Since: 1.0
 */
gpointer
fsmm_typed_pool_construct (FsmmTypedPool *self, GError **error)
{
  gpointer instance = NULL;

  if (G_LIKELY (fsmm_typed_pool_has_class (self) && self->layout->init == NULL))
    instance = try_make_small (self, NULL);

  if (G_LIKELY (instance != NULL))
    return instance;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_typed_pool_construct_told (self, error)
                              : construct_slow (self, error);
}

/**
 * fsmm_typed_pool_construct_copy: (skip)
 * @self: a typed pool
 * @source: (not nullable): an instance of the type, wherever it lives
 * @error: return location for an error
 *
 * Copies an instance with the type's copy function, or by copying its bytes if it has none.
 *
 * Errors: the same as [method@Fsmm.TypedPool.construct], and `FSMM_ERROR_INVALID_ARGUMENT` if
 * @source is %NULL.
 *
 * Returns: (transfer full) (nullable): an instance, for [method@Fsmm.TypedPool.destroy], or %NULL
 *   with @error set
 *
 * Since: 1.0
 */
gpointer
fsmm_typed_pool_construct_copy (FsmmTypedPool *self, gconstpointer source, GError **error)
{
  gpointer instance = NULL;

  if (G_LIKELY (fsmm_typed_pool_has_class (self) && source != NULL && self->layout->copy == NULL))
    instance = try_make_small (self, source);

  if (G_LIKELY (instance != NULL))
    return instance;

  return FSMM_HEAP_IS_TOLD_OF ? fsmm_typed_pool_construct_copy_told (self, source, error)
                              : construct_copy_slow (self, source, error);
}

/* --- Clearing --- */

/* Clears a claimed instance, and frees its block. */
static void
clear_and_release (FsmmTypedPool *self, const FsmmClaim *claim)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;
  FsmmPool *pool = self->pool;

  fsmm_user_call_begin (self, frame);
  self->layout->clear (claim->block);
  fsmm_heap_release (&pool->store, claim);
  fsmm_user_call_end (frame);
}

/* Returns LIVE if @instance is claimed now, or DROPPED if there is nothing to do: if the chunk is being
 * dropped, its instances are left to that drop, unless it is one of this thread and was left by a
 * jump. Anything else is reported. This is a function of its own so that what was found takes no
 * stack while instances are cleared. */
static G_GNUC_NO_INLINE FsmmAddressKind
claim_or_report (FsmmTypedPool *self,
                 gpointer instance,
                 FsmmFrame frame,
                 FsmmClaim *claim,
                 GError **error)
{
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  FsmmLook look;

  if (G_LIKELY (fsmm_heap_claim (store, instance, claim, &look)))
    return FSMM_ADDRESS_LIVE;
  if (look.kind == FSMM_ADDRESS_DROPPED && fsmm_user_call_forget_ended (frame) &&
      fsmm_heap_claim (store, instance, claim, &look))
    return FSMM_ADDRESS_LIVE;

  if (look.kind != FSMM_ADDRESS_DROPPED)
    fsmm_pool_report_free (self->pool, "fsmm_typed_pool_destroy", &look, instance, error);
  return look.kind;
}

/* Frees an instance that needs no clearing. */
static gboolean
free_or_report (FsmmTypedPool *self, gpointer instance, GError **error)
{
  FsmmLook look;

  if (fsmm_heap_free_other (fsmm_typed_pool_get_store (self), instance, &look))
    return TRUE;

  fsmm_pool_report_free (self->pool, "fsmm_typed_pool_destroy", &look, instance, error);
  return FALSE;
}

/* The instance has to be cleared, or cannot be freed so fast. */
static G_GNUC_NO_INLINE gboolean
destroy_slow (FsmmTypedPool *self, gpointer instance, FsmmFrame frame, GError **error)
{
  FsmmAddressKind kind;
  FsmmClaim claim;

  RETURN_VAL_IF_NO_TYPED_POOL_IN ("fsmm_typed_pool_destroy", self, FALSE);

  if (instance == NULL)
    return TRUE;
  if (self->layout->clear == NULL)
    return free_or_report (self, instance, error);

  kind = claim_or_report (self, instance, frame, &claim, error);
  if (kind == FSMM_ADDRESS_LIVE)
    clear_and_release (self, &claim);

  return G_LIKELY (kind == FSMM_ADDRESS_LIVE || kind == FSMM_ADDRESS_DROPPED);
}

static FSMM_HEAP_TELLER gboolean
fsmm_typed_pool_destroy_told (FsmmTypedPool *self,
                              gpointer instance,
                              FsmmFrame frame,
                              GError **error)
{
  gboolean is_destroyed = destroy_slow (self, instance, frame, error);

  FSMM_HEAP_TELL (1, &instance);

  return is_destroyed;
}

/**
 * fsmm_typed_pool_destroy: (skip)
 * @self: a typed pool
 * @instance: (nullable): an instance that lives in this pool, or %NULL to do nothing
 * @error: return location for an error
 *
 * Clears an instance and gives its block back.
 *
 * The address is checked first, as in [method@Fsmm.Pool.free]: the clear function is not called for
 * an instance that was destroyed already, lives elsewhere or belongs to a box. If @error is %NULL,
 * the mistake is logged as a critical message.
 *
 * A clear function may destroy other instances of the same pool. Each level of this recursion takes
 * about 250 bytes of stack on a 64-bit machine, if the clear function itself takes few.
 *
 * Errors: `FSMM_ERROR_DOUBLE_FREE` for a block of this pool in which an instance no longer lives,
 * `FSMM_ERROR_INVALID_POINTER` for any other address.
 *
 * Returns: %TRUE if the instance was destroyed or is %NULL
 *
 * Since: 1.0
 */
gboolean
fsmm_typed_pool_destroy (FsmmTypedPool *self, gpointer instance, GError **error)
{
  if (G_LIKELY (fsmm_typed_pool_has_class (self) && self->layout->clear == NULL &&
                fsmm_heap_try_free_own (fsmm_typed_pool_get_store (self), instance)))
    return TRUE;

  return FSMM_HEAP_IS_TOLD_OF
             ? fsmm_typed_pool_destroy_told (self, instance, FSMM_FRAME_HERE, error)
             : destroy_slow (self, instance, FSMM_FRAME_HERE, error);
}

/* The FsmmPool.owner_free of a typed pool. */
gboolean
fsmm_typed_pool_destroy_owned (gpointer owner, gpointer instance, GError **error)
{
  return fsmm_typed_pool_destroy (owner, instance, error);
}

/* Destroys the instance of a box. Does nothing if everything has been dropped. */
void
fsmm_typed_pool_drop_held (FsmmTypedPool *self, gpointer instance, gsize epoch)
{
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  FsmmClaim claim;

  if (self->layout->clear == NULL)
    fsmm_heap_free_held (store, instance, epoch);
  else if (fsmm_heap_claim_held (store, instance, epoch, &claim))
    clear_and_release (self, &claim);
}

/* Clears what has been claimed, and removes a keeper of the pool. */
static void
clear_last (FsmmTypedPool *self, FsmmStore *store, const FsmmClaim *claim)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;
  gboolean is_listed = fsmm_user_call_begin_for_keeper (self, frame, &self->keepers);

  self->layout->clear (claim->block);
  fsmm_heap_release (store, claim);
  if (G_LIKELY (is_listed))
    fsmm_user_call_end (frame);
  else
    fsmm_keepers_remove (&self->keepers, self);
}

/* Destroys the instance of a box that is gone, and was a keeper of the pool. */
void
fsmm_typed_pool_drop_last_held (FsmmTypedPool *self, gpointer instance, gsize epoch)
{
  FsmmStore *store = fsmm_typed_pool_get_store (self);
  FsmmClaim claim;

  if (self->layout->clear == NULL)
    fsmm_heap_free_held (store, instance, epoch);
  else if (fsmm_heap_claim_held (store, instance, epoch, &claim))
    {
      clear_last (self, store, &claim);
      return;
    }

  fsmm_keepers_remove (&self->keepers, self);
}

/* Clears the instance of a box, which has been claimed, and makes a copy of @source in its place.
 * Returns FALSE with @error set if everything has been dropped meanwhile: then the pool may be gone. */
gboolean
fsmm_typed_pool_replace (FsmmTypedPool *self,
                         const FsmmClaim *claim,
                         gconstpointer source,
                         GError **error)
{
  const FsmmTypeLayout *layout = self->layout;
  FsmmPool *pool = self->pool;
  gpointer instance = claim->block;

  if (source != instance)
    {
      if (layout->clear != NULL)
        layout->clear (instance);

      if (layout->copy != NULL)
        layout->copy (source, memset (instance, 0, layout->size));
      else
        memcpy (instance, source, layout->size);
    }

  if (fsmm_heap_publish (&pool->store, claim, FSMM_STATE_HELD))
    return TRUE;

  fsmm_pool_report_released (pool, "set", instance, error);
  clear_left_out (pool, layout, claim);

  return FALSE;
}

/**
 * fsmm_typed_pool_free_all:
 * @self: a typed pool
 *
 * Clears every live instance and returns the chunks to the system, but for what
 * [property@Fsmm.Pool:retain-bytes] of [property@Fsmm.TypedPool:pool] is.
 *
 * If the type has no clear function, the time this takes grows with the number of chunks, not of
 * instances.
 *
 * Do not rely on the order in which instances are cleared. A clear function may destroy others, for
 * example a parent its children: this does nothing here, and each instance is cleared once, in its
 * turn. So calls do not nest, however deep a tree is. Instances created meanwhile are not dropped.
 * Boxes whose instances are dropped are empty afterwards.
 *
 * If instances own others, no other thread should create or destroy such instances at the same
 * time: it would find that what it holds is gone. While another thread is dropping everything, this
 * returns 0 at once.
 *
 * Returns: the number of instances that were live
 *
 * Since: 1.0
 */
gsize
fsmm_typed_pool_free_all (FsmmTypedPool *self)
{
  const FsmmFrame frame = FSMM_FRAME_HERE;
  const FsmmTypeLayout *layout;
  FsmmStore *store;
  FsmmHeapDrop drop;
  gpointer instance;
  gsize n_dropped;

  g_return_val_if_fail (FSMM_IS_TYPED_POOL (self), 0);

  layout = self->layout;
  store = fsmm_typed_pool_get_store (self);
  if (FSMM_HEAP_IS_TOLD_OF && layout->clear == NULL)
    FSMM_HEAP_TELL_DROP (store, 0);
  if (layout->clear == NULL)
    return fsmm_heap_drop_all (store);

  fsmm_user_call_verify (self);
  fsmm_user_call_begin_drop (self, frame, store);

  n_dropped = fsmm_heap_drop_begin (&drop, store);
  fsmm_user_call_set_drop (frame, drop.id);
  while ((instance = fsmm_heap_drop_next (&drop)) != NULL)
    layout->clear (instance);
  if (FSMM_HEAP_IS_TOLD_OF)
    FSMM_HEAP_TELL_DROP (store, drop.id);
  fsmm_heap_drop_end (&drop);

  fsmm_user_call_end (frame);

  return n_dropped;
}
