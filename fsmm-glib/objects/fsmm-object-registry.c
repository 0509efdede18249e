/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-registry.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"
#include "watch/fsmm-survey.h"

/* All object pools of the process, for what concerns all of them.
 *
 * Lock order: the lock here, then that of a store. */

static GMutex registry_lock;
static GQueue all_pools = G_QUEUE_INIT; /* (element-type FsmmObjectStore) */
static guint64 next_pool_id = 1; /* odd: pools of blocks have the even ones */

static void
look_at_objects (FsmmObjectStore *store, FsmmSurvey *survey)
{
  FsmmFigures figures = {
    .id = store->id,
    .kind = FSMM_POOL_KIND_OBJECTS,
    .type = g_type_name (store->item_type),
  };

  fsmm_lock (&store->lock);
  figures.n_live = store->n_lent;
  figures.peak_live = store->peak_lent;
  figures.max_blocks = store->max_objects;
  figures.n_waiting = store->waiters.queue.length;
  figures.n_taken = store->n_loans;
  fsmm_unlock (&store->lock);
  fsmm_survey_add (survey, figures, store->name);
}

/* In whichever thread: so no store is referenced, the last reference to which drops what the program has
 * in it. */
static void
look_at_all_objects (FsmmSurvey *survey)
{
  fsmm_lock (&registry_lock);
  for (GList *l = all_pools.head; l != NULL; l = l->next)
    look_at_objects (l->data, survey);
  fsmm_unlock (&registry_lock);
}

void
fsmm_object_registry_add (FsmmObjectStore *store)
{
  fsmm_survey_set_look_further (look_at_all_objects);
  fsmm_lock (&registry_lock);
  store->id = next_pool_id;
  next_pool_id += 2;
  g_queue_push_tail_link (&all_pools, &store->registry_link);
  fsmm_unlock (&registry_lock);
}

void
fsmm_object_registry_remove (FsmmObjectStore *store)
{
  fsmm_lock (&registry_lock);
  g_queue_unlink (&all_pools, &store->registry_link);
  fsmm_unlock (&registry_lock);
}

/* Returns: (transfer full) (nullable) */
FsmmObjectStore *
fsmm_object_registry_find (guint64 id)
{
  FsmmObjectStore *found = NULL;

  fsmm_lock (&registry_lock);
  for (GList *l = all_pools.head; found == NULL && l != NULL; l = l->next)
    if (((FsmmObjectStore *) l->data)->id == id)
      found = fsmm_object_store_ref (l->data);
  fsmm_unlock (&registry_lock);

  return found;
}

/* Returns: (transfer full) (element-type FsmmObjectStore): those that there are now */
GPtrArray *
fsmm_object_registry_list (void)
{
  GPtrArray *listed = g_ptr_array_new_with_free_func ((GDestroyNotify) fsmm_object_store_unref);

  fsmm_lock (&registry_lock);
  for (GList *l = all_pools.head; l != NULL; l = l->next)
    g_ptr_array_add (listed, fsmm_object_store_ref (l->data));
  fsmm_unlock (&registry_lock);

  return listed;
}

/* --- fork () --- */

static void
lock_object_pools (void)
{
  fsmm_lock (&registry_lock);
  for (GList *l = all_pools.head; l != NULL; l = l->next)
    fsmm_lock (&((FsmmObjectStore *) l->data)->lock);
}

static void
unlock_object_pools (void)
{
  for (GList *l = all_pools.head; l != NULL; l = l->next)
    fsmm_unlock (&((FsmmObjectStore *) l->data)->lock);
  fsmm_unlock (&registry_lock);
}

static void
forget_others_of (FsmmObjectStore *store)
{
  fsmm_waiters_forget_sleepers (&store->waiters);
  for (GList *l = store->lent.head; l != NULL; l = l->next)
    ((FsmmPooled *) l->data)->is_inherited = TRUE;
}

static void
forget_other_borrowers (void)
{
  for (GList *l = all_pools.head; l != NULL; l = l->next)
    forget_others_of (l->data);
}

FSMM_FORK_HANDLERS (FSMM_FORK_OBJECTS, lock_object_pools, unlock_object_pools, forget_other_borrowers)
