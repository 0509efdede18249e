/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "monitor/fsmm-survey.h"

#include "objects/fsmm-object-registry.h"
#include "pool/fsmm-pool-private.h"

/* No thread is stopped for this. The figures of one pool are looked at with its lock, one pool after the
 * other, so that they need not be of the same moment as those of another one. */

/* Pools of blocks and pools of objects are numbered apart. */
static guint64
id_of_blocks (const FsmmStore *store)
{
  return 2 * store->id;
}

static guint64
id_of_objects (const FsmmObjectStore *store)
{
  return 2 * store->id + 1;
}

/* --- Looking --- */

typedef struct {
  GArray *figures;
  GHashTable *known;
} Survey;

static char *
dup_name_of_new (const Survey *self, guint64 id, const char *name)
{
  return g_hash_table_contains (self->known, &id) ? NULL : g_strdup (name);
}

static FsmmPoolKind
get_kind (const FsmmSubject *subject)
{
  if (subject->owner == NULL)
    return FSMM_POOL_KIND_HANDLES;

  return subject->type != NULL ? FSMM_POOL_KIND_TYPED : FSMM_POOL_KIND_RAW;
}

static void
look_at_blocks (FsmmStore *store, gpointer data)
{
  Survey *self = data;
  FsmmHeapStats stats;
  FsmmFigures figures;

  fsmm_heap_get_stats (store, &stats);
  figures = (FsmmFigures) {
    .id = id_of_blocks (store),
    .kind = get_kind (&store->identity),
    .type = store->identity.type,
    .name = dup_name_of_new (self, id_of_blocks (store), store->identity.name),
    .alloc_size = store->geometry.alloc_size,
    .n_live = stats.n_live,
    .peak_live = stats.peak_live,
    .max_blocks = stats.max_blocks == G_MAXSIZE ? 0 : stats.max_blocks,
    .n_waiting = stats.n_waiting,
    .reserved_bytes = stats.reserved_bytes,
    .n_taken = stats.n_taken,
  };
  g_array_append_val (self->figures, figures);
}

static void
look_at_objects (FsmmObjectStore *store, Survey *self)
{
  FsmmFigures figures = {
    .id = id_of_objects (store),
    .kind = FSMM_POOL_KIND_OBJECTS,
    .type = g_type_name (store->item_type),
    .name = dup_name_of_new (self, id_of_objects (store), store->name),
  };

  fsmm_lock (&store->lock);
  figures.n_live = store->n_lent;
  figures.peak_live = store->peak_lent;
  figures.max_blocks = store->max_objects;
  figures.n_waiting = store->waiters.queue.length;
  figures.n_taken = store->n_loans;
  fsmm_unlock (&store->lock);
  g_array_append_val (self->figures, figures);
}

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  guint64 one = ((const FsmmFigures *) a)->id;
  guint64 other = ((const FsmmFigures *) b)->id;

  return one == other ? 0 : one > other ? 1 : -1;
}

static void
clear_figures (gpointer figures)
{
  g_free (((FsmmFigures *) figures)->name);
}

GArray *
fsmm_survey_take (GHashTable *known)
{
  Survey self = { g_array_new (FALSE, FALSE, sizeof (FsmmFigures)), known };
  g_autoptr (GPtrArray) objects = fsmm_object_registry_list ();

  g_array_set_clear_func (self.figures, clear_figures);
  fsmm_heap_for_each_store (look_at_blocks, &self);
  for (guint i = 0; i < objects->len; i++)
    look_at_objects (objects->pdata[i], &self);
  g_array_sort (self.figures, compare_ids);

  return self.figures;
}

/* --- Finding a pool again ---
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

  if (id_of_blocks (store) != self->id || store->identity.owner == NULL)
    return;

  pool = (FsmmPool *) (gpointer) ((char *) store - G_STRUCT_OFFSET (FsmmPool, store));
  if (fsmm_pool_keep (pool))
    self->pool = pool;
}

FsmmPool *
fsmm_survey_dup_pool (guint64 id)
{
  PoolSearch self = { id, NULL };

  fsmm_heap_for_each_store (find_pool, &self);
  if (self.pool == NULL)
    return NULL;

  g_object_ref (self.pool);
  fsmm_keepers_remove (&self.pool->keepers, self.pool);

  return self.pool;
}
