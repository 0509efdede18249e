/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-pool-info.h"

#include "objects/fsmm-object-pool-private.h"
#include "objects/fsmm-object-registry.h"
#include "pool/fsmm-pool-private.h"

/* The pool that a row is about: to find it again, and to trim it.
 *
 * While the stores are listed, no pool is finalized. But a reference cannot be taken then: that may call
 * a binding, which has a toggle reference, and which takes locks of its own. */

typedef struct {
  guint64 id;
  FsmmPool *pool; /* (nullable): the search is a keeper of it */
} PoolSearch;

static void
find_pool (FsmmStore *store, gpointer data)
{
  PoolSearch *self = data;
  FsmmPool *pool;

  if (store->id != self->id || store->identity.owner == NULL)
    return;

  pool = (FsmmPool *) (gpointer) ((char *) store - G_STRUCT_OFFSET (FsmmPool, store));
  if (fsmm_pool_keep (pool))
    self->pool = pool;
}

/**
 * fsmm_pool_info_dup_pool:
 * @self: a row
 *
 * Gets the pool of blocks that the row is about, to trim it, or to have a look at it with
 * [method@Fsmm.Pool.dump]. For a typed pool, this is its [property@Fsmm.TypedPool:pool].
 *
 * Returns: (transfer full) (nullable): the pool, or %NULL if it is gone, or the row is about something
 *   else
 *
 * Since: 1.2
 */
FsmmPool *
fsmm_pool_info_dup_pool (FsmmPoolInfo *self)
{
  PoolSearch search = { 0, NULL };

  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), NULL);

  search.id = fsmm_pool_info_get_id (self);
  fsmm_heap_for_each_store (find_pool, &search);
  if (search.pool == NULL)
    return NULL;

  g_object_ref (search.pool);
  fsmm_keepers_remove (&search.pool->keepers, search.pool);

  return search.pool;
}

static void
trim_objects (guint64 id)
{
  FsmmObjectStore *store = fsmm_object_registry_find (id);

  if (store == NULL)
    return;

  fsmm_object_care_trim (store, G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);
  fsmm_object_store_unref (store);
}

/**
 * fsmm_pool_info_trim:
 * @self: a row
 *
 * Gives back what the pool has and nobody uses.
 *
 * For a pool of blocks, this is [method@Fsmm.Pool.trim]. Of a pool of objects, those that are idle are
 * dropped, but for [property@Fsmm.ObjectPool:min-idle] of them: in the context of that pool, so that may
 * be later. Nothing happens if the pool is gone, or is the one of the library's handles.
 *
 * Returns: how many bytes were given back; 0 for a pool of objects
 *
 * Since: 1.2
 */
gsize
fsmm_pool_info_trim (FsmmPoolInfo *self)
{
  g_autoptr (FsmmPool) pool = NULL;

  g_return_val_if_fail (FSMM_IS_POOL_INFO (self), 0);

  pool = fsmm_pool_info_dup_pool (self);
  if (pool != NULL)
    return fsmm_pool_trim (pool);

  trim_objects (fsmm_pool_info_get_id (self));

  return 0;
}
