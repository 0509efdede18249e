/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-thread.h"

#include "base/fsmm-lock.h"
#include "base/fsmm-process-end.h"
#include "base/fsmm-system.h"
#include "engine/cache/fsmm-cache.h"

#include <errno.h>

#ifdef HAVE_DLADDR1
#include <dlfcn.h>
#include <link.h>
#endif

/* A cache ends with its thread or with its store, whichever comes first. threads_lock keeps the two
 * from meeting: a thread that has it may go from a thread to the store of a cache, and back.
 *
 * Lock order: threads_lock, then the locks of stores, then that of the page map, or of the tables
 * of known regions. */

static GMutex threads_lock;
static GPtrArray *stores;    /* (element-type FsmmStore): by index; NULL where none is */
static GArray *free_indexes; /* (element-type guint) */
static guint64 next_store_id = 2; /* even: pools of objects have the odd ones */
static GQueue threads;       /* (element-type FsmmThread): those that may have caches */
static guint64 own_places = 1; /* a bit for each that is a store's; the first is nobody's */

/* --- Stores --- */

/* A process forks with all stores locked, and where memory is written to after that, it has to be
 * copied. So the locks of many stores lie side by side, each in a line of its own. */
typedef union
{
  GMutex lock;
  guint8 line[FSMM_SYSTEM_CACHE_LINE];
} Lock;

#define LOCKS_SIZE 64

static GPtrArray *locks; /* (element-type Lock): so many at a time; never freed */

static GMutex *
get_lock (guint index)
{
  Lock *part;

  if (locks == NULL)
    locks = g_ptr_array_new ();
  if (index / LOCKS_SIZE == locks->len)
    g_ptr_array_add (locks, g_new0 (Lock, LOCKS_SIZE));

  part = g_ptr_array_index (locks, index / LOCKS_SIZE);
  return &part[index % LOCKS_SIZE].lock;
}

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
  store->lock = get_lock (store->index);
  store->id = next_store_id;
  next_store_id += 2;
  store->own_place = FSMM_INLINE_FIRST_PLACE;

  fsmm_unlock (&threads_lock);
}

/* Before any thread has a cache of the store. It gets none if all places are taken. */
void
fsmm_thread_ensure_own_place (FsmmStore *store)
{
  G_STATIC_ASSERT (FSMM_INLINE_N_PLACES - FSMM_INLINE_FIRST_PLACE == 8 * sizeof own_places);

  fsmm_lock (&threads_lock);
  if (store->own_place == FSMM_INLINE_FIRST_PLACE && own_places != G_MAXUINT64)
    {
      store->own_place += (guint) __builtin_ctzll (~own_places);
      own_places |= own_places + 1;
    }
  fsmm_unlock (&threads_lock);
}

/* --- What a thread finds its caches by --- */

static void
clear_place (FsmmFront **place, FsmmCache *cache)
{
  FsmmFront *expected = &cache->front;

  __atomic_compare_exchange_n (place, &expected, &fsmm_no_cache.front, FALSE, __ATOMIC_SEQ_CST,
                               __ATOMIC_RELAXED);
}

static void
clear_places (FsmmCache *cache)
{
  FsmmFront **places = cache->thread->front.places;
  gconstpointer key = cache->store->key;

  clear_place (&places[fsmm_cache_get_place (key)], cache);
  clear_place (&places[fsmm_cache_get_other_place (key)], cache);
  clear_place (&places[cache->store->own_place], cache);
}

/* Of two places a cache gets the first, unless only the other one is free. Programs that have the pool
 * compiled in look at its own. */
static void
set_place (FsmmCache *cache)
{
  FsmmFront **places = fsmm_thread.front.places;
  FsmmFront **first = &places[fsmm_cache_get_place (cache->store->key)];
  FsmmFront **other = &places[fsmm_cache_get_other_place (cache->store->key)];
  gboolean is_other = *first != &fsmm_no_cache.front && *other == &fsmm_no_cache.front;

  if (places == fsmm_no_places)
    return;

  __atomic_store_n (is_other ? other : first, &cache->front, __ATOMIC_RELAXED);
  if (cache->store->own_place != FSMM_INLINE_FIRST_PLACE)
    __atomic_store_n (&places[cache->store->own_place], &cache->front, __ATOMIC_RELAXED);
}

/* For a store whose cache is at none of its places. */
FsmmCache *
fsmm_cache_enter_slow (FsmmStore *store)
{
  FsmmCache *self;

  fsmm_barrier_raise (&fsmm_thread.front.busy);
  fsmm_barrier_light_fence ();

  self = fsmm_thread_get_cache (store->index);
  if (self == NULL || __atomic_load_n (&self->is_stopped, __ATOMIC_SEQ_CST))
    {
      fsmm_reader_leave ();
      return NULL;
    }

  if (self->fast_key != FSMM_INLINE_NO_KEY)
    set_place (self);
  return self;
}

/* --- Caches end. Called with threads_lock held. --- */

static void
remove_cache (FsmmCache *cache, FsmmLateDoubleFrees *late)
{
  fsmm_cache_retire (cache, late);
  if (cache->thread != NULL)
    g_queue_unlink (&cache->thread->all, &cache->thread_link);
}

/* Another thread may find a cache at this moment, or have found it: so first nothing leads to them
 * any more, then nobody is busy with any, and then they can go. */
static void
hide_caches (FsmmStore *store)
{
  fsmm_store_stop (store);
  for (GList *l = store->caches.head; l != NULL; l = l->next)
    {
      FsmmCache *cache = l->data;

      if (cache->thread == NULL)
        continue;
      __atomic_store_n (&cache->thread->caches[store->index], NULL, __ATOMIC_SEQ_CST);
      clear_places (cache);
      for (GList *r = cache->owned.head; r != NULL; r = r->next)
        fsmm_reader_forget (cache->thread, r->data);
    }
  fsmm_store_stop (store);
}

/* No thread has a cache of the store any more when this returns. */
void
fsmm_thread_remove_caches (FsmmStore *store)
{
  FsmmLateDoubleFrees late;
  FsmmCache *cache;

  fsmm_late_double_frees_init (&late);
  fsmm_lock (&threads_lock);
  fsmm_lock (store->lock);

  hide_caches (store);
  while ((cache = g_queue_peek_head (&store->caches)) != NULL)
    {
      remove_cache (cache, &late);
      if (cache != &store->common)
        fsmm_system_free_cache_aligned (cache);
    }

  fsmm_unlock (store->lock);
  fsmm_unlock (&threads_lock);

  fsmm_late_double_frees_log (&late);
}

/* Its index, and with that its lock, is for another store from now on: so nothing may be done with
 * the store any more. A thread that has found it by its name before has its lock. */
void
fsmm_thread_remove_store (FsmmStore *store)
{
  fsmm_lock (&threads_lock);
  fsmm_lock (store->lock);

  stores->pdata[store->index] = NULL;
  g_array_append_val (free_indexes, store->index);
  if (store->own_place != FSMM_INLINE_FIRST_PLACE)
    own_places &= ~((guint64) 1 << (store->own_place - FSMM_INLINE_FIRST_PLACE));

  fsmm_unlock (store->lock);
  fsmm_unlock (&threads_lock);
}

/* --- Threads --- */

/* The thread itself is at its end, so nobody is busy with the cache. */
static void
end_cache (FsmmCache *cache)
{
  FsmmStore *store = cache->store;
  FsmmLateDoubleFrees late;

  fsmm_late_double_frees_init (&late);
  clear_places (cache);
  cache->thread->caches[store->index] = NULL;

  fsmm_lock (store->lock);
  remove_cache (cache, &late);
  fsmm_unlock (store->lock);

  fsmm_system_free_cache_aligned (cache);

  /* The store can go when threads_lock is given back: what is reported is known by then. */
  if (late.n_blocks > 0)
    {
      fsmm_unlock (&threads_lock);
      fsmm_late_double_frees_log (&late);
      fsmm_lock (&threads_lock);
    }
}

static void
thread_end (gpointer data)
{
  FsmmThread *self = data;
  FsmmCache *cache;

  self->has_ended = TRUE;

  fsmm_lock (&threads_lock);
  while ((cache = g_queue_peek_head (&self->all)) != NULL)
    end_cache (cache);
  g_queue_unlink (&threads, &self->link);
  fsmm_unlock (&threads_lock);

  self->n_caches = 0;
  g_clear_pointer (&self->caches, g_free);
  if (self->front.places != fsmm_no_places)
    fsmm_system_free_cache_aligned (self->front.places);
  self->front.places = fsmm_no_places;
  fsmm_reader_clear (self);
}

static GPrivate end_of_thread = G_PRIVATE_INIT (thread_end);

/* Without, all caches are found by their index. They go when the thread ends, which is known of by
 * then. */
static void
ensure_places (FsmmThread *self)
{
  FsmmFront **places;

  if (self->front.places != fsmm_no_places)
    return;

  places = fsmm_system_try_new0_cache_aligned (sizeof fsmm_no_places);
  if (places == NULL)
    return;

  memcpy (places, fsmm_no_places, sizeof fsmm_no_places);
  self->front.places = places;
}

static gboolean
ensure_index (FsmmThread *self, guint index)
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

  if (self->n_caches == 0)
    {
      fsmm_process_watch_end ();
      self->link.data = self;
      g_queue_push_tail_link (&threads, &self->link);
    }
  for (guint i = 0; i < self->n_caches; i++)
    caches[i] = self->caches[i];
  g_free (self->caches);
  self->caches = caches;
  self->n_caches = n_caches;

  g_private_set (&end_of_thread, self);

  return TRUE;
}

static FsmmCache *
add_cache (FsmmThread *self, FsmmStore *store)
{
  FsmmCache *cache = fsmm_system_try_new0_cache_aligned (sizeof *cache);

  if (cache == NULL)
    return NULL;

  fsmm_cache_init (cache, store, self);
  g_queue_push_head_link (&self->all, &cache->thread_link);
  fsmm_lock (store->lock);
  g_queue_push_tail_link (&store->caches, &cache->store_link);
  if (G_UNLIKELY (store->diverts))
    fsmm_reader_take_key (cache);
  fsmm_unlock (store->lock);

  self->caches[store->index] = cache;
  if (cache->fast_key != FSMM_INLINE_NO_KEY)
    set_place (cache);

  return cache;
}

/* Not in line: the sanitizer of GCC 12 would take the address of what is the thread's own for NULL. */
static G_GNUC_NO_INLINE FsmmCache *
make_cache (FsmmThread *self, FsmmStore *store)
{
  FsmmCache *cache = NULL;

  fsmm_lock (&threads_lock);
  if (ensure_index (self, store->index))
    {
      ensure_places (self);
      cache = add_cache (self, store);
    }
  fsmm_unlock (&threads_lock);

  return cache;
}

/* The calling thread's cache of a store. NULL if the thread is about to end, there is no memory for
 * one, or the store is being debugged. Keeps errno, which malloc () may change also where it succeeds: a
 * thread may need a cache to give something back. */
FsmmCache *
fsmm_thread_ensure_cache (FsmmStore *store)
{
  FsmmCache *cache = fsmm_thread_get_cache (store->index);
  int kept_errno = errno;

  if (cache != NULL || fsmm_thread.has_ended || store->debug != 0 ||
      store->geometry.block_size > FSMM_REGION_BYTES)
    return cache;

  cache = make_cache (&fsmm_thread, store);
  errno = kept_errno;

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

/* --- All stores --- */

/* Locks a store, unless it is gone: then this returns FALSE. */
gboolean
fsmm_thread_lock_store (const FsmmStoreName *name)
{
  gboolean is_there;

  fsmm_lock (&threads_lock);
  is_there = stores->pdata[name->index] == name->store && name->store->id == name->id;
  if (is_there)
    fsmm_lock (name->store->lock);
  fsmm_unlock (&threads_lock);

  return is_there;
}

void
fsmm_thread_lock_stores (void)
{
  fsmm_lock (&threads_lock);
}

void
fsmm_thread_unlock_stores (void)
{
  fsmm_unlock (&threads_lock);
}

/* Those of stores that are gone are among them. */
void
fsmm_thread_for_each_lock (void (*func) (GMutex *lock))
{
  for (guint i = 0; locks != NULL && i < locks->len * LOCKS_SIZE; i++)
    func (&((Lock *) g_ptr_array_index (locks, i / LOCKS_SIZE))[i % LOCKS_SIZE].lock);
}

/* Returns FALSE if no other thread has caches. */
gboolean
fsmm_thread_for_each_other (void (*func) (FsmmThread *thread))
{
  gboolean any = FALSE;

  for (GList *l = threads.head; l != NULL; l = l->next)
    if (l->data != &fsmm_thread)
      {
        func (l->data);
        any = TRUE;
      }

  return any;
}

/* In a child of fork (). */
void
fsmm_thread_forget_others (void)
{
  g_queue_init (&threads);
  if (fsmm_thread.n_caches > 0)
    {
      fsmm_thread.link = (GList) { .data = &fsmm_thread };
      g_queue_push_tail_link (&threads, &fsmm_thread.link);
    }
}

void
fsmm_thread_for_each_store_locked (void (*func) (FsmmStore *store))
{
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    if (stores->pdata[i] != NULL)
      func (stores->pdata[i]);
}

/* (element-type FsmmStoreName) (transfer full): those that there are at this moment. */
GArray *
fsmm_thread_list_stores (void)
{
  GArray *names = g_array_new (FALSE, FALSE, sizeof (FsmmStoreName));

  fsmm_lock (&threads_lock);
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    if (stores->pdata[i] != NULL)
      {
        FsmmStoreName name = fsmm_store_get_name (stores->pdata[i]);

        g_array_append_val (names, name);
      }
  fsmm_unlock (&threads_lock);

  return names;
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
