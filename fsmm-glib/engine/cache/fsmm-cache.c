/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-cache.h"

/* A quarter of a region makes it worth to stay with it. */
#define GOOD_PART 4
#define NO_THRESHOLD G_MAXUINT

/* @thread is NULL for the one that is common to threads without. */
void
fsmm_cache_init (FsmmCache *self, FsmmStore *store, FsmmThread *thread)
{
  *self = (FsmmCache) {
    .front.block_size = store->geometry.block_size,
    .store = store,
    .threshold = NO_THRESHOLD,
    .fast_key = fsmm_barrier_is_symmetric || thread == NULL ? FSMM_INLINE_NO_KEY : store->key,
    .thread = thread,
  };

  self->front.key = self->fast_key;
  self->store_link.data = self;
  self->thread_link.data = self;
}

/* --- The queue of own regions --- */

static void
queue_at_head (FsmmCache *self, FsmmRegion *region)
{
  g_queue_push_head_link (&self->queue, &region->queued_link);
  region->is_queued = TRUE;
}

static void
queue_at_tail (FsmmCache *self, FsmmRegion *region)
{
  g_queue_push_tail_link (&self->queue, &region->queued_link);
  region->is_queued = TRUE;
}

static void
unqueue (FsmmCache *self, FsmmRegion *region)
{
  g_queue_unlink (&self->queue, &region->queued_link);
  region->is_queued = FALSE;
}

static FsmmRegion *
pop_queue (FsmmCache *self)
{
  FsmmRegion *region = g_queue_peek_head (&self->queue);

  if (region != NULL)
    unqueue (self, region);

  return region;
}

/* While a region is known, blocks that are freed in it do not bring it back into the queue. So it
 * is known just while it is in there, or at work. */
static void
know (FsmmCache *self, FsmmRegion *region)
{
  if (self->thread == &fsmm_thread)
    fsmm_reader_know (self->thread, region, self);
}

/* Something was freed in an own region. If that is collected by another thread, the region is not
 * known, which the next free in it makes good. */
void
fsmm_cache_requeue (FsmmCache *self, FsmmRegion *region)
{
  know (self, region);
  if (!region->is_queued && region != self->current)
    queue_at_head (self, region);
}

/* --- Owning, with the lock held --- */

/* Returns how many regions the thread owns then. Small ones do not count: of those that lie in the
 * same page, one is known at a time. */
static gsize
count_region (FsmmThread *thread, const FsmmRegion *region, gsize n)
{
  gboolean is_small = region->chunk->geometry->chunk_alignment < FSMM_REGION_BYTES;

  return __atomic_add_fetch (&thread->n_regions, is_small ? 0 : n, __ATOMIC_RELAXED);
}

void
fsmm_cache_own (FsmmCache *self, FsmmRegion *region)
{
  FsmmThread *thread = self->thread;

  fsmm_store_take_region (region);
  g_queue_push_head_link (&self->owned, &region->owned_link);
  __atomic_store_n (&region->owner, self, __ATOMIC_RELEASE);
  if (thread != NULL)
    fsmm_reader_make_room (thread, count_region (thread, region, 1));
  fsmm_cache_requeue (self, region);
}

/* The thread is stopped, or the calling one. The region is in no queue then. */
void
fsmm_cache_disown (FsmmCache *self, FsmmRegion *region)
{
  FsmmThread *thread = self->thread;

  if (region->is_queued)
    unqueue (self, region);
  if (region == self->current)
    {
      fsmm_cache_set_claims (self, 0);
      self->current = NULL;
    }
  if (thread != NULL)
    {
      fsmm_reader_forget (thread, region);
      count_region (thread, region, (gsize) -1);
    }

  g_queue_unlink (&self->owned, &region->owned_link);
  __atomic_store_n (&region->owner, NULL, __ATOMIC_RELEASE);
}

static gboolean
is_mostly_idle (const FsmmRegion *region)
{
  return fsmm_region_count_idle (region) >= region->n_blocks - region->n_blocks / GOOD_PART;
}

/* Makes it the first to be found. */
static void
prefer_orphan (FsmmStore *store, FsmmRegion *region)
{
  g_queue_unlink (&store->orphans, &region->owned_link);
  g_queue_push_head_link (&store->orphans, &region->owned_link);
}

void
fsmm_cache_disown_all (FsmmCache *self)
{
  FsmmRegion *region;

  while ((region = g_queue_peek_tail (&self->owned)) != NULL)
    {
      fsmm_cache_disown (self, region);
      fsmm_store_keep_region (&self->store->orphans, region);
      if (is_mostly_idle (region))
        prefer_orphan (self->store, region);
    }
}

/* Blocks that were claimed are idle for any other purpose. */
void
fsmm_cache_drop_claims (FsmmCache *self)
{
  if (self->front.bits == 0)
    return;

  fsmm_cache_set_claims (self, 0);
  self->next_word = (self->front.word_cells - self->current->cells) / FSMM_WORD_CELLS;
}

/* No block is claimed. The region at work is one among the others for now. */
void
fsmm_cache_rest (FsmmCache *self)
{
  FsmmRegion *region = self->current;

  if (region == NULL)
    return;

  self->current = NULL;
  queue_at_head (self, region);
}

/* --- The next word to take blocks from --- */

/* Claims the idle blocks of the next word of the region at work that has any. */
static gboolean
claim_next_word (FsmmCache *self)
{
  const FsmmRegion *region = self->current;
  gsize n_words = fsmm_region_count_words (region);

  for (gsize i = self->next_word; i < n_words; i++)
    {
      FsmmState *cells = region->cells + i * FSMM_WORD_CELLS;
      guint64 idle = fsmm_cells_find_idle (cells);

      if (idle != 0)
        {
          self->next_word = i + 1;
          fsmm_cache_set_claims (self, idle);
          self->front.word_cells = cells;
          self->front.word_base = region->base + i * FSMM_WORD_CELLS * self->front.block_size;
          return TRUE;
        }
    }

  self->next_word = n_words;
  return FALSE;
}

static guint
get_good_yield (const FsmmRegion *region)
{
  return MAX (region->n_blocks / GOOD_PART, 1);
}

/* Makes @region the one at work. Returns FALSE, and puts it aside, if too few blocks are idle in
 * it. */
static gboolean
try_region (FsmmCache *self, FsmmRegion *region, gboolean is_tight)
{
  guint n_idle = (guint) fsmm_region_count_idle (region);
  guint good = get_good_yield (region);

  if (n_idle > 0 && n_idle >= (is_tight ? MIN (self->threshold, good) : good))
    {
      fsmm_store_take_back (self->store, region);
      self->current = region;
      self->next_word = 0;
      self->threshold = n_idle >= good ? NO_THRESHOLD : n_idle / 2;
      return claim_next_word (self);
    }

  self->current = NULL;
  if (n_idle > 0)
    queue_at_tail (self, region);
  else if (self->thread != NULL)
    fsmm_reader_forget (self->thread, region);

  return FALSE;
}

/* How many regions are tried before another is got: looking at cells takes time. */
#define MAX_TRIES 8

/* Claims the blocks of another word of an own region, where that is worth it, or, if the pool is
 * tight, wherever there is one. Busy, or with the lock held. */
static gboolean
next_word (FsmmCache *self, gboolean is_tight)
{
  FsmmRegion *region = self->current;

  if (region != NULL && (claim_next_word (self) || try_region (self, region, is_tight)))
    return TRUE;

  for (guint n_tries = 0; is_tight || n_tries < MAX_TRIES; n_tries++)
    {
      region = pop_queue (self);
      if (region == NULL)
        return FALSE;
      if (try_region (self, region, is_tight))
        return TRUE;
      if (is_tight)
        self->threshold = MIN (self->threshold, get_good_yield (region)) / 2;
    }

  return FALSE;
}

/* A thread gets one more region, rather than looking for single blocks in those that it has, up to so
 * many, and while less than such a part of its blocks is idle: among very many live blocks, looking at a
 * region for one or two takes longer than all the rest. Not where regions are small: memory matters more
 * there. */
#define N_SLACK 8
#define SLACK_PART 16

/* What is idle is a guess where threads free each other's blocks. If it is too low, no more regions are
 * got than there are with less than a good part idle. */
static gboolean
has_idle_part (const FsmmCache *self)
{
  gsize per_region = FSMM_REGION_BYTES / self->front.block_size;
  gssize n_idle = (gssize) (self->owned.length * per_region) - fsmm_cache_get_live (self);

  return n_idle >= (gssize) (self->owned.length / SLACK_PART * per_region);
}

gboolean
fsmm_cache_has_slack (FsmmCache *self)
{
  const FsmmGeometry *geometry = &self->store->geometry;

  if (geometry->chunk_bytes < FSMM_REGION_BYTES || geometry->region_shift != FSMM_REGION_SHIFT)
    return FALSE;

  return self->owned.length < N_SLACK || !has_idle_part (self);
}

/* For a thread that is busy with its cache. What others have freed is looked at first when a region
 * is used up: it is in the processor's cache. That needs the lock, as does all where there is a
 * limit. */
gboolean
fsmm_cache_next_word (FsmmCache *self)
{
  if (self->store->max_blocks != G_MAXSIZE)
    return FALSE;
  if (self->current != NULL && claim_next_word (self))
    return TRUE;
  if (fsmm_remote_has_news (self))
    return FALSE;

  return next_word (self, self->threshold != NO_THRESHOLD && !fsmm_cache_has_slack (self));
}

/* --- Getting more, with the lock held --- */

/* How many orphans are looked at. */
#define MAX_ORPHANS 8

/* An orphan that is idle for the most part, or NULL. The others wait for a block to be freed in
 * them, whose thread becomes the owner then; they are looked at again when it is their turn. */
static FsmmRegion *
find_idle_orphan (FsmmStore *store, FsmmLateDoubleFrees *late)
{
  guint n_orphans = MIN (store->orphans.length, MAX_ORPHANS);

  for (guint i = 0; i < n_orphans; i++)
    {
      FsmmRegion *region = g_queue_peek_head (&store->orphans);

      fsmm_remote_collect (store, region, late);
      if (is_mostly_idle (region))
        return region;
      fsmm_store_take_region (region);
      fsmm_store_keep_region (&store->orphans, region);
    }

  return NULL;
}

/* A region that no thread owns and that is worth it, or, if the pool is tight, any. What has been
 * freed in it is collected: in a fresh one, nothing can have been. */
static FsmmRegion *
find_region (FsmmCache *self, gboolean is_tight, FsmmLateDoubleFrees *late)
{
  FsmmStore *store = self->store;
  FsmmRegion *region = find_idle_orphan (store, late);

  if (region == NULL)
    region = g_queue_peek_head (&store->fresh);
  if (region == NULL && is_tight && store->orphans.length > 0)
    {
      region = g_queue_peek_head (&store->orphans);
      fsmm_remote_collect (store, region, late);
    }

  return region;
}

/* Where there is a limit: of what has been claimed, keeps so much that all that are live or can be
 * handed out stay below it. Threads share what is left. */
static gboolean
keep_within_limit (FsmmCache *self)
{
  FsmmStore *store = self->store;
  FsmmRegion *region = self->current;
  guint32 n_busy = region->n_blocks - (guint32) fsmm_region_count_idle (region);
  gsize room;

  fsmm_store_set_counted (store, region, n_busy);
  room = store->max_blocks - MIN (store->n_counted, store->max_blocks);

  room = MIN (room, MAX (1, room / store->caches.length));
  fsmm_cache_set_claims (self, fsmm_word_lowest (self->front.bits, room));
  self->next_word--;
  fsmm_store_set_counted (store, region, n_busy + fsmm_word_count (self->front.bits));

  return self->front.bits != 0;
}

/* Claims the blocks of a word, of own regions or, where these have too few, of others that no
 * thread owns. */
static gboolean
claim_any (FsmmCache *self, gboolean is_tight, FsmmLateDoubleFrees *late)
{
  while (!next_word (self, FALSE))
    {
      FsmmRegion *region = find_region (self, is_tight, late);

      if (region == NULL)
        return is_tight && next_word (self, TRUE);
      fsmm_cache_own (self, region);
    }

  return TRUE;
}

/* Claims some blocks, for a cache that has none. Returns FALSE if the store must have another chunk
 * for that, or that would exceed its limit. If @is_tight, all that is idle counts, but for what
 * other threads own. */
gboolean
fsmm_cache_refill (FsmmCache *self, gboolean is_tight, FsmmLateDoubleFrees *late)
{
  fsmm_remote_flush (self, late);
  fsmm_remote_sort_news (self->store);
  fsmm_remote_take_in (self, late);

  return claim_any (self, is_tight, late) &&
         (!fsmm_store_counts_claims (self->store) || keep_within_limit (self));
}

/* --- The end of a cache, with the lock held --- */

/* No thread uses it any more. */
void
fsmm_cache_retire (FsmmCache *self, FsmmLateDoubleFrees *late)
{
  FsmmStore *store = self->store;

  fsmm_cache_note_peak (store);
  fsmm_remote_flush (self, late);
  fsmm_remote_sort_news (store);
  fsmm_remote_take_in (self, late);
  fsmm_cache_disown_all (self);
  store->n_live += fsmm_cache_get_live (self);
  store->common.n_claimed += self != &store->common ? self->n_claimed : 0;
  if (store->diverts && self != &store->common)
    store->waiting->other_live -= fsmm_cache_get_live (self);
  g_queue_unlink (&store->caches, &self->store_link);
}

/* --- Counts, with the lock held --- */

/* How many blocks are live: exact if no other thread takes any, or frees them. */
gsize
fsmm_cache_count_live (FsmmStore *store)
{
  gssize n_live = store->n_live;

  for (GList *l = store->caches.head; l != NULL; l = l->next)
    n_live += fsmm_cache_get_live (l->data);

  return (gsize) MAX (n_live, 0);
}

/* How many blocks were ever taken. While threads take some, this can be wrong by a word for each. */
gsize
fsmm_cache_count_taken_ever (FsmmStore *store)
{
  gsize n_taken = 0;

  for (GList *l = store->caches.head; l != NULL; l = l->next)
    n_taken += fsmm_cache_count_all_taken (l->data);

  return n_taken;
}

/* How many blocks are idle, in chunks that are not closed. */
gsize
fsmm_cache_count_idle (FsmmStore *store)
{
  gsize n_live = fsmm_cache_count_live (store);

  n_live -= MIN (n_live, store->n_closed);
  return store->n_blocks - MIN (n_live, store->n_blocks);
}

/* How many blocks of others' regions its thread has freed since the last time. */
static gsize
count_remote (const FsmmCache *cache)
{
  return __atomic_load_n (&cache->n_remote, __ATOMIC_RELAXED) - cache->noted_remote;
}

static gsize
count_all_remote (const FsmmStore *store)
{
  gsize n_remote = 0;

  for (GList *l = store->caches.head; l != NULL; l = l->next)
    n_remote += count_remote (l->data);

  return n_remote;
}

/* More than that have never been live, whatever the counts of threads at work add up to. */
static void
raise_peak (FsmmStore *store, gsize n_live)
{
  n_live = MIN (n_live, store->max_blocks);
  store->peak_live = MAX (store->peak_live, n_live);
  store->decay.recent_peak = MAX (store->decay.recent_peak, n_live);
}

/* For the thread itself. */
static void
forget_max (FsmmCache *cache)
{
  gssize below = cache->front.below_max;

  fsmm_cache_add (&cache->front.below_max, -below);
  fsmm_cache_add (&cache->front.max_live, -below);
}

/* Works out how many blocks were live at most since the last time. Each cache knows the most that
 * its own count has been. That the others were as they are now at that moment, but for what they
 * have freed of each other since, is certain only where one thread alone was at work. The counts of
 * other threads are left to them: what these write at this moment would be written over. */
void
fsmm_cache_note_peak (FsmmStore *store)
{
  gsize n_live = fsmm_cache_count_live (store);
  gsize n_all_remote = count_all_remote (store);

  raise_peak (store, n_live);
  for (GList *l = store->caches.head; l != NULL; l = l->next)
    {
      FsmmCache *cache = l->data;
      gsize n_remote = count_remote (cache);
      gssize max_live = __atomic_load_n (&cache->front.max_live, __ATOMIC_RELAXED);
      gssize n_own = fsmm_cache_get_live (cache);
      gboolean is_own = cache->thread == &fsmm_thread || cache->thread == NULL;

      if (max_live > cache->noted_max)
        raise_peak (store, n_live + n_all_remote - MIN (n_remote, n_all_remote) +
                               (gsize) MAX (max_live - n_own, 0));
      cache->noted_max = is_own ? n_own : max_live;
      cache->noted_remote += n_remote;
      if (is_own)
        forget_max (cache);
    }
}
