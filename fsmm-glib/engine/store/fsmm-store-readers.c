/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-locked.h"

#include "base/fsmm-pause.h"
#include "base/fsmm-thread-local.h"

/* --- What a thread knows --- */

/* A thread writes to its own table while it is busy or has a store's lock; another, which has
 * stopped it with that store, only strikes a region out, for which the table must stay where it is.
 * That is what this lock is for. No other lock is taken with it held. */
static GMutex tables_lock;

FsmmCache fsmm_no_cache = { .front.key = FSMM_INLINE_NO_KEY };

FsmmFront *fsmm_no_places[FSMM_INLINE_N_PLACES] = {
  [0 ... FSMM_INLINE_N_PLACES - 1] = &fsmm_no_cache.front,
};

#define NO_REGION                                                                                  \
  {                                                                                                \
    .front = &fsmm_no_cache.front                                                                    \
  }

FsmmKnownRegion fsmm_no_regions[FSMM_FIRST_KNOWN] = { [0 ... FSMM_FIRST_KNOWN - 1] = NO_REGION };

#define NO_FRONT                                                                                   \
  {                                                                                                \
    .known = fsmm_no_regions,                                                                      \
    .known_mask = sizeof fsmm_no_regions - sizeof fsmm_no_regions[0],                              \
    .places = fsmm_no_places                                                                       \
  }

FSMM_THREAD_LOCAL FsmmThread fsmm_thread = { .front = NO_FRONT };

/* What programs read that were compiled with this layout. With any other, nothing is in it. Nor is
 * there without the kernel's help: they have no barrier of their own. */
#ifdef FSMM_HAS_INLINE_POOLS
#if FSMM_INLINE_LAYOUT == 1 && defined(FSMM_BARRIER_IS_ASYMMETRIC)
extern FSMM_THREAD_LOCAL FsmmThreadFront fsmm_thread_front_1
    __attribute__ ((alias ("fsmm_thread"), visibility ("default")));
#else
extern FSMM_THREAD_LOCAL FsmmThreadFront fsmm_thread_front_1
    __attribute__ ((visibility ("default")));
FSMM_THREAD_LOCAL FsmmThreadFront fsmm_thread_front_1 = NO_FRONT;
#endif
#endif

#define MAX_KNOWN ((gsize) 1 << 16)

static inline gsize
count_places (const FsmmThread *self)
{
  return self->front.known_mask / sizeof (FsmmKnownRegion) + 1;
}

static inline gboolean
can_be_known (const FsmmRegion *region)
{
  return region->chunk->geometry->block_size <= FSMM_REGION_BYTES;
}

/* For the thread itself. A region that it knew in the same place is found less quickly then. */
void
fsmm_reader_know (FsmmThread *self, FsmmRegion *region, FsmmCache *cache)
{
  const FsmmGeometry *geometry = region->chunk->geometry;
  FsmmKnownRegion *known = fsmm_reader_get_place (self->front.known, self->front.known_mask, (gconstpointer) region->base);

  if (self->front.known == fsmm_no_regions || !can_be_known (region))
    return;

  __atomic_store_n (&known->n_bytes, 0, __ATOMIC_RELAXED);
  __atomic_store_n (&known->base, region->base, __ATOMIC_RELAXED);
  known->cells = region->cells;
  __atomic_store_n (&known->front, &cache->front, __ATOMIC_RELAXED);
  known->reciprocal = G_MAXUINT32 / (guint32) geometry->block_size + 1;
  __atomic_store_n (&known->n_bytes, (region->n_blocks - 1) * (guint32) geometry->block_size + 1,
                    __ATOMIC_RELAXED);
}

/* For any thread. */
void
fsmm_reader_forget (FsmmThread *self, const FsmmRegion *region)
{
  FsmmKnownRegion *known;

  fsmm_lock (&tables_lock);
  known = fsmm_reader_get_place (self->front.known, self->front.known_mask, (gconstpointer) region->base);
  if (__atomic_load_n (&known->n_bytes, __ATOMIC_RELAXED) != 0 &&
      __atomic_load_n (&known->base, __ATOMIC_RELAXED) == region->base)
    {
      __atomic_store_n (&known->n_bytes, 0, __ATOMIC_RELAXED);
      __atomic_store_n (&known->front, &fsmm_no_cache.front, __ATOMIC_RELAXED);
    }
  fsmm_unlock (&tables_lock);
}

/* For the thread itself, which owns so many regions, of all stores together, and is not busy. Most
 * of a table stays empty, so that few regions share a place. */
void
fsmm_reader_make_room (FsmmThread *self, gsize n_regions)
{
  gsize n_places = self->front.known == fsmm_no_regions ? 0 : count_places (self);
  FsmmKnownRegion *old = self->front.known;
  FsmmKnownRegion *known;

  if (n_places >= MIN (2 * n_regions, MAX_KNOWN) && n_places > 0)
    return;

  n_places = MAX (FSMM_FIRST_KNOWN, 4 * n_places);
  known = fsmm_system_try_new0_cache_aligned (n_places * sizeof *known);
  if (known == NULL)
    return;

  for (gsize i = 0; i < n_places; i++)
    known[i] = (FsmmKnownRegion) NO_REGION;

  fsmm_lock (&tables_lock);
  if (old != fsmm_no_regions)
    for (gsize i = 0, n = count_places (self); i < n; i++)
      if (old[i].n_bytes != 0)
        known[(old[i].base >> FSMM_REGION_SHIFT) & (n_places - 1)] = old[i];
  self->front.known = known;
  self->front.known_mask = (n_places - 1) * sizeof *known;
  fsmm_unlock (&tables_lock);

  if (old != fsmm_no_regions)
    fsmm_system_free_cache_aligned (old);
}

/* For the thread itself, when it ends. */
void
fsmm_reader_clear (FsmmThread *self)
{
  FsmmKnownRegion *old = self->front.known;

  fsmm_lock (&tables_lock);
  self->front.known = fsmm_no_regions;
  self->front.known_mask = sizeof fsmm_no_regions - sizeof *fsmm_no_regions;
  fsmm_unlock (&tables_lock);

  if (old != fsmm_no_regions)
    fsmm_system_free_cache_aligned (old);
}

void
fsmm_reader_lock_all (void)
{
  fsmm_lock (&tables_lock);
}

void
fsmm_reader_unlock_all (void)
{
  fsmm_unlock (&tables_lock);
}

/* --- Stopping threads. Called with the store's lock held. --- */

static inline gboolean
is_another_thread (const FsmmCache *cache)
{
  return cache->thread != NULL && cache->thread != &fsmm_thread;
}

/* A thread is busy for as long as it takes to fill one block, or to free many: it may have been put
 * aside meanwhile. */
void
fsmm_reader_wait_until_idle (FsmmThread *thread)
{
  guint n_pauses = 0;

  while (__atomic_load_n (&thread->front.busy, __ATOMIC_SEQ_CST))
    fsmm_pause (&n_pauses);
}

/* From a cache that may be without one since the process has forked. */
void
fsmm_reader_take_key (FsmmCache *cache)
{
  if (cache->is_stopped)
    return;

  __atomic_store_n (&cache->is_stopped, TRUE, __ATOMIC_SEQ_CST);
  __atomic_store_n (&cache->front.key, FSMM_INLINE_NO_KEY, __ATOMIC_SEQ_CST);
}

/* Returns FALSE if there is no other thread. */
static gboolean
take_keys (FsmmStore *self)
{
  gboolean there_are_others = FALSE;

  for (GList *l = self->caches.head; l != NULL; l = l->next)
    if (is_another_thread (l->data))
      {
        fsmm_reader_take_key (l->data);
        there_are_others = TRUE;
      }

  return there_are_others;
}

/* From now on, no other thread is busy with this store until fsmm_store_resume (). */
void
fsmm_store_stop (FsmmStore *self)
{
  if (!take_keys (self))
    return;

  fsmm_barrier_heavy ();
  for (GList *l = self->caches.head; l != NULL; l = l->next)
    if (is_another_thread (l->data))
      fsmm_reader_wait_until_idle (((FsmmCache *) l->data)->thread);
}

void
fsmm_store_give_key (FsmmCache *cache)
{
  __atomic_store_n (&cache->front.key, cache->fast_key, __ATOMIC_SEQ_CST);
  __atomic_store_n (&cache->is_stopped, FALSE, __ATOMIC_SEQ_CST);
}

/* Unless all go through the lock. */
void
fsmm_store_resume (FsmmStore *self)
{
  if (self->diverts)
    return;

  for (GList *l = self->caches.head; l != NULL; l = l->next)
    {
      FsmmCache *cache = l->data;

      if (cache->is_stopped)
        fsmm_store_give_key (cache);
    }
}

/* Stops all readers until the lock is given back. To be called before anything is freed that a
 * thread may come by without the lock. */
void
fsmm_store_stop_for (FsmmStore *self, FsmmDeferred *deferred)
{
  if (!deferred->is_stopped)
    fsmm_store_stop (self);
  deferred->is_stopped = TRUE;
}
