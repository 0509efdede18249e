/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-thread.h"

#include "engine/cache/fsmm-cache.h"
#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"
#include "engine/store/fsmm-store-locked.h"
#include "base/fsmm-system.h"

#ifdef HAVE_DLADDR1
#include <dlfcn.h>
#include <link.h>
#endif

/* A cache ends with its thread or with its store, whichever comes first. threads_lock keeps the two
 * from meeting: whoever has it may go from a thread to the store of a cache, and back.
 *
 * Lock order: threads_lock, then the locks of stores, then that of the page map. */

FSMM_THREAD_LOCAL FsmmThread fsmm_thread;

static GMutex threads_lock;
static GPtrArray *stores;     /* (element-type FsmmStore): by index; NULL where none is */
static GArray *free_indexes;  /* (element-type guint) */
static guint64 last_id;       /* of a store */

/* --- Stores --- */

void
fsmm_thread_add_store (FsmmStore *store)
{
  fsmm_lock (&threads_lock);

  if (stores == NULL)
    {
      stores = g_ptr_array_new ();
      free_indexes = g_array_new (FALSE, FALSE, sizeof (guint));
    }

  if (free_indexes->len > 0)
    {
      store->index = g_array_index (free_indexes, guint, free_indexes->len - 1);
      g_array_set_size (free_indexes, free_indexes->len - 1);
      stores->pdata[store->index] = store;
    }
  else
    {
      store->index = stores->len;
      g_ptr_array_add (stores, store);
    }
  store->id = ++last_id;

  fsmm_unlock (&threads_lock);
}

/* Called with threads_lock held, for a thread that may be at work with other stores: of what
 * that one looks at, only the key is written to, and only if it is that of this store. */
static void
forget_cache (FsmmThread *self, FsmmStore *store)
{
  FsmmQuickCache *quick = fsmm_thread_get_quick_place (self, store->quick_key);

  if (store->quick_key != NULL &&
      __atomic_load_n (&quick->key, __ATOMIC_RELAXED) == store->quick_key)
    __atomic_store_n (&quick->key, FSMM_THREAD_NO_KEY, __ATOMIC_RELAXED);

  self->caches[store->index] = NULL;
}

/* No thread has a cache of the store any more when this returns. */
void
fsmm_thread_remove_store (FsmmStore *store)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  GList *link;

  fsmm_lock (&threads_lock);
  fsmm_lock (&store->lock);

  while ((link = store->readers.head) != NULL)
    {
      FsmmCache *cache = link->data;

      forget_cache (cache->thread, store);
      fsmm_store_remove_cache (store, cache, &deferred);
      fsmm_cache_free (cache);
    }

  stores->pdata[store->index] = NULL;
  g_array_append_val (free_indexes, store->index);

  fsmm_unlock (&store->lock);
  fsmm_unlock (&threads_lock);

  fsmm_late_double_frees_log (&deferred.double_frees);
}

/* Locks a store, unless it is gone: then this returns FALSE. */
gboolean
fsmm_thread_lock_store (const FsmmStoreName *name)
{
  gboolean is_there;

  fsmm_lock (&threads_lock);
  is_there = stores->pdata[name->index] == name->store && name->store->id == name->id;
  if (is_there)
    fsmm_lock (&name->store->lock);
  fsmm_unlock (&threads_lock);

  return is_there;
}

/* No store comes or goes meanwhile. */
void
fsmm_thread_for_each_store (void (*func) (FsmmStore *store, gpointer data), gpointer data)
{
  fsmm_lock (&threads_lock);
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    if (stores->pdata[i] != NULL)
      func (stores->pdata[i], data);
  fsmm_unlock (&threads_lock);
}

/* --- Threads --- */

/* The calling thread's cache of the store is this from now on. The first of several stores that
 * have the same quick place keeps it. */
void
fsmm_thread_set_cache (FsmmStore *store, FsmmCache *cache)
{
  FsmmQuickCache *quick = fsmm_thread_get_quick_place (&fsmm_thread, store->quick_key);
  gconstpointer present = __atomic_load_n (&quick->key, __ATOMIC_RELAXED);

  fsmm_thread.caches[store->index] = cache;

  if (store->quick_key != NULL &&
      (present == NULL || present == FSMM_THREAD_NO_KEY || present == store->quick_key))
    {
      quick->cache = cache;
      __atomic_store_n (&quick->key, store->quick_key, __ATOMIC_RELAXED);
    }
}

static void
end_cache (FsmmThread *self, guint index)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  FsmmCache *cache;

  fsmm_lock (&threads_lock);

  cache = self->caches[index];
  if (cache != NULL)
    {
      FsmmStore *store = cache->store;

      forget_cache (self, store);
      fsmm_lock (&store->lock);
      fsmm_store_remove_cache (store, cache, &deferred);
      fsmm_unlock (&store->lock);
      fsmm_cache_free (cache);
    }

  fsmm_unlock (&threads_lock);

  /* By now the store may be gone. */
  fsmm_late_double_frees_log (&deferred.double_frees);
}

static void
thread_end (gpointer data)
{
  FsmmThread *self = data;

  self->has_ended = TRUE;
  for (guint i = 0; i < self->n_caches; i++)
    end_cache (self, i);

  self->n_caches = 0;
  g_clear_pointer (&self->caches, g_free);
}

static GPrivate end_of_thread = G_PRIVATE_INIT (thread_end);

static gboolean
ensure_place (FsmmThread *self, guint index)
{
  guint n_caches = 16;
  FsmmCache **caches;

  if (index < self->n_caches)
    return TRUE;

  while (n_caches <= index)
    n_caches *= 2;
  caches = fsmm_system_try_new0 (n_caches * sizeof *caches);
  if (caches == NULL)
    return FALSE;

  for (guint i = 0; i < self->n_caches; i++)
    caches[i] = self->caches[i];
  g_free (self->caches);
  self->caches = caches;
  self->n_caches = n_caches;

  g_private_set (&end_of_thread, self);

  return TRUE;
}

/* The calling thread's cache of a store. NULL if the thread is about to end, there is no memory for
 * one, too many threads have one of this store, or it is being debugged. */
FsmmCache *
fsmm_thread_ensure_cache (FsmmStore *store)
{
  FsmmThread *self = &fsmm_thread;
  FsmmCache *cache = fsmm_thread_get_cache (store->index);

  if (cache != NULL || self->has_ended || store->debug != 0 ||
      __atomic_load_n (&store->n_marks, __ATOMIC_RELAXED) == FSMM_MAX_MARKS)
    return cache;

  fsmm_lock (&threads_lock);

  if (ensure_place (self, store->index))
    {
      cache = fsmm_store_add_cache (store, self);
      if (cache != NULL)
        fsmm_thread_set_cache (store, cache);
    }

  fsmm_unlock (&threads_lock);

  return cache;
}

/* The end of a thread calls a function of this module, fork () others, and GObject those of its
 * types: that cannot be taken back. So a plugin that has the static library in it stays in memory
 * when it is closed. The name of the program itself, which is never closed, is empty. */
#ifdef HAVE_DLADDR1
__attribute__ ((constructor)) static void
keep_module (void)
{
  struct link_map *module;
  Dl_info info;

  if (dladdr1 (&end_of_thread, &info, (void **) &module, RTLD_DL_LINKMAP) != 0 &&
      module->l_name[0] != '\0')
    dlopen (module->l_name, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
}
#endif

/* --- fork () --- */

static void
for_each_store (void (*func) (FsmmStore *store))
{
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    if (stores->pdata[i] != NULL)
      func (stores->pdata[i]);
}

static void
lock_and_stop (FsmmStore *store)
{
  fsmm_lock (&store->lock);
  fsmm_store_stop (store);
}

static void
resume_and_unlock (FsmmStore *store)
{
  fsmm_store_resume (store);
  fsmm_unlock (&store->lock);
}

static void
lock_all (void)
{
  fsmm_lock (&threads_lock);
  for_each_store (lock_and_stop);
}

static void
unlock_all (void)
{
  for_each_store (resume_and_unlock);
  fsmm_unlock (&threads_lock);
}

/* What is lost in there is for the other process to report. The memory of the cache stays, as
 * the stack of its thread does: not every allocator can be called at this moment. */
static void
remove_caches_of_others (FsmmStore *store)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  GList *next;

  for (GList *l = store->readers.head; l != NULL; l = next)
    {
      FsmmCache *cache = l->data;

      next = l->next;
      if (cache->thread != &fsmm_thread)
        fsmm_store_remove_cache (store, cache, &deferred);
      else if (fsmm_barrier_is_symmetric)
        cache->reader.stop |= FSMM_READER_FENCED;
    }
}

static void
forget_others (void)
{
  for_each_store (remove_caches_of_others);
  for_each_store (fsmm_store_abandon_drops_of_others);
}

FSMM_FORK_HANDLERS (FSMM_FORK_THREADS, lock_all, unlock_all, forget_others)
