/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"
#include "engine/cache/fsmm-cache.h"
#include "engine/cache/fsmm-thread.h"

/* A process forks with all stores locked, and with no other thread busy. There may be thousands of
 * stores: so little is written to each, since what is written after that has to be copied, a page
 * at a time. That is why nobody gives the keys back: a thread takes those of its caches that it still
 * uses, as soon as it has the lock. See fsmm_heap_lock (). */

static void
take_keys_of (FsmmThread *thread)
{
  for (GList *l = thread->all.head; l != NULL; l = l->next)
    fsmm_reader_take_key (l->data);
}

static void
lock_all (void)
{
  fsmm_thread_lock_stores ();
  fsmm_thread_for_each_lock (fsmm_lock);
  if (fsmm_thread_for_each_other (take_keys_of))
    fsmm_barrier_heavy ();
  fsmm_thread_for_each_other (fsmm_reader_wait_until_idle);
  fsmm_reader_lock_all ();
}

static void
unlock_all (void)
{
  fsmm_reader_unlock_all ();
  fsmm_thread_for_each_lock (fsmm_unlock);
  fsmm_thread_unlock_stores ();
}

/* Nobody will use the caches of threads that do not exist here. Their regions are given to others
 * when somebody needs them: see fsmm_cache_bury_dead (). */
static void
mark_dead (FsmmStore *store)
{
  for (GList *l = store->caches.head; l != NULL; l = l->next)
    {
      FsmmCache *cache = l->data;

      if (cache->thread == &fsmm_thread)
        {
          if (fsmm_barrier_is_symmetric)
            cache->front.key = cache->fast_key = FSMM_INLINE_NO_KEY;
        }
      else if (cache->thread != NULL)
        {
          cache->thread = NULL;
          cache->is_stopped = FALSE;
          store->has_dead = TRUE;
        }
    }
}

static void
forget_waiters (FsmmStore *store)
{
  if (store->waiting != NULL)
    fsmm_waiters_forget_sleepers (&store->waiting->waiters);
}

static void
forget_others (void)
{
  fsmm_thread_for_each_store_locked (forget_waiters);
  fsmm_thread_for_each_store_locked (mark_dead);
  fsmm_thread_forget_others ();
  fsmm_thread_for_each_store_locked (fsmm_store_abandon_drops_of_others);
}

FSMM_FORK_HANDLERS (FSMM_FORK_THREADS, lock_all, unlock_all, forget_others)

/* In a child of fork (), with the lock held. What is found out about blocks that were freed twice
 * is for the other process to report. The memory of the caches stays, as the stacks of their
 * threads do. */
void
fsmm_cache_bury_dead (FsmmStore *store)
{
  FsmmLateDoubleFrees late;
  GList *next;

  fsmm_late_double_frees_init (&late);
  store->has_dead = FALSE;
  for (GList *l = store->caches.head; l != NULL; l = next)
    {
      FsmmCache *cache = l->data;

      next = l->next;
      if (cache->thread == NULL && cache != &store->common)
        fsmm_cache_retire (cache, &late);
    }
  fsmm_late_double_frees_clear (&late);
}
