/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-static-pool.h"

#include "base/fsmm-inline-layout.h"
#include "base/fsmm-lock.h"
#include "base/fsmm-process-end.h"
#include "pool/fsmm-pool-private.h"

/* Names a module's pool by a copy: the module may be gone before the pool. */
static FsmmPool *
make_pool (const FsmmStaticPool *self)
{
  g_autoptr (GError) error = NULL;
  FsmmPool *pool = fsmm_pool_new_full (self->name, self->size, self->alignment, 0, 0, &error);

  if (pool == NULL)
    g_error ("%s", error->message);

  return pool;
}

/**
 * fsmm_static_pool_make: (skip)
 * @self: a static pool
 *
 * Makes the pool, unless another thread has done so meanwhile. Ends the program if the type cannot
 * be in a pool: because it is too large, for example.
 *
 * You do not need to call this: [func@Fsmm.DEFINE_POOL] does.
 *
 * Returns: (transfer none): the pool
 *
 * Since: 1.2
 */
FsmmPool *
fsmm_static_pool_make (FsmmStaticPool *self)
{
  FsmmPool *pool;

  fsmm_process_watch_end ();

  /* Without a lock, so that none can be left locked by a fork (). */
  pool = make_pool (self);
  if (self->layout == FSMM_INLINE_LAYOUT)
    fsmm_heap_ensure_own_place (&pool->store);
  if (!g_atomic_pointer_compare_and_exchange (&self->pool, NULL, fsmm_publish (pool)))
    g_object_unref (pool);
  else
    __atomic_store_n (&self->place, pool->store.own_place, __ATOMIC_RELAXED);

  return fsmm_receive (g_atomic_pointer_get (&self->pool));
}

/**
 * fsmm_static_pool_alloc0: (skip)
 * @self: a static pool
 *
 * Takes a zeroed block, or ends the program and says why there is none.
 *
 * You do not need to call this: [func@Fsmm.DEFINE_POOL] does.
 *
 * Returns: (transfer full): a block
 *
 * Since: 1.2
 */
gpointer
fsmm_static_pool_alloc0 (FsmmStaticPool *self)
{
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_pool_alloc0 (g_atomic_pointer_get (&self->pool), &error);

  if (block == NULL)
    g_error ("%s", error->message);

  return block;
}

/**
 * fsmm_static_pool_unload: (skip)
 * @self: a static pool
 *
 * Drops the pool if it has no live blocks, for a module that is unloaded. When the program exits,
 * this does nothing: other threads and destructors may still use the pool.
 *
 * You do not need to call this: [func@Fsmm.DEFINE_POOL] does.
 *
 * Since: 1.2
 */
void
fsmm_static_pool_unload (FsmmStaticPool *self)
{
  FsmmPool *pool = fsmm_receive (g_atomic_pointer_get (&self->pool));

  if (pool == NULL || fsmm_process_is_ending () || fsmm_pool_get_n_allocated (pool) > 0)
    return;

  __atomic_store_n (&self->place, FSMM_INLINE_FIRST_PLACE, __ATOMIC_RELAXED);
  g_atomic_pointer_set (&self->pool, NULL);
  g_object_unref (pool);
}
