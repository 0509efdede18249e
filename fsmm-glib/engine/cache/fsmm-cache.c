/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-cache.h"

#include "engine/store/fsmm-store-debug.h"
#include "base/fsmm-system.h"

/* A cache starts small, since a thread may look into thousands of pools, and grows when it turns
 * out to be emptied or filled up: to no more than this, and no more than so many bytes in idle
 * blocks. */
#define FIRST_CAPACITY (2 * FSMM_WORD_BITS)
#define MAX_CAPACITY 700
/* How many chunks it may come to know: those of 64 MiB, with chunks of the default size. */
#define FIRST_KNOWN 16
#define MAX_KNOWN 256
#define MAX_IDLE_BYTES ((gsize) 512 * 1024)
/* With fewer blocks, a cache is not worth it. Large blocks have other costs. */
#define LEAST_CAPACITY 4

/* What a thread that looks into a pool costs. */
G_STATIC_ASSERT (sizeof (FsmmCache) + MAX_CAPACITY * sizeof (FsmmSlot) +
                   MAX_KNOWN * sizeof (FsmmKnownChunk) <=
                 16 * 1024 - 128);

/* How many blocks a cache may come to hold: 0 where none should. */
guint
fsmm_cache_max_blocks (const FsmmGeometry *geometry)
{
  gsize wanted = geometry->block_size > 0 ? MAX_IDLE_BYTES / geometry->block_size : 0;

  return wanted >= LEAST_CAPACITY ? (guint) MIN (wanted, (gsize) MAX_CAPACITY) : 0;
}

/* --- Caches come and go --- */

static gboolean
take_mark (FsmmStore *self, FsmmState *mark)
{
  guint index = 0;

  if (self->n_marks == FSMM_MAX_MARKS)
    return FALSE;

  while (self->marks[index / 64] & ((guint64) 1 << (index % 64)))
    index++;
  self->marks[index / 64] |= (guint64) 1 << (index % 64);
  __atomic_store_n (&self->n_marks, self->n_marks + 1, __ATOMIC_RELAXED);

  *mark = FSMM_STATE_FIRST_MARK + 2 * index;
  return TRUE;
}

static void
give_mark (FsmmStore *self, FsmmState mark)
{
  guint index = (mark - FSMM_STATE_FIRST_MARK) / 2;

  self->marks[index / 64] &= ~((guint64) 1 << (index % 64));
  __atomic_store_n (&self->n_marks, self->n_marks - 1, __ATOMIC_RELAXED);
}

static FsmmCache *
cache_new (FsmmStore *store, FsmmThread *thread, guint capacity, guint n_known)
{
  gsize slots_size = capacity * sizeof (FsmmSlot);
  FsmmCache *self = fsmm_system_try_new0_cache_aligned (sizeof *self + slots_size +
                                                   n_known * sizeof (FsmmKnownChunk));

  if (self == NULL)
    return NULL;

  self->reader.known = (FsmmKnownChunk *) (gpointer) ((guint8 *) self->slots + slots_size);
  self->reader.known_mask = n_known - 1;
  for (guint i = 0; i < n_known; i++)
    self->reader.known[i].base = FSMM_NO_BASE;

  self->store = store;
  self->thread = thread;
  self->reader.thread = fsmm_thread_self ();
  self->capacity = capacity;
  self->reader.stop = fsmm_barrier_is_symmetric ? FSMM_READER_FENCED : 0;
  self->link.data = self;

  return self;
}

void
fsmm_cache_free (FsmmCache *self)
{
  fsmm_system_free_cache_aligned (self);
}

/* Takes the lock itself. NULL if there is no memory, or no mark, for one more. */
FsmmCache *
fsmm_store_add_cache (FsmmStore *self, FsmmThread *thread)
{
  FsmmCache *cache = cache_new (self, thread, MIN (FIRST_CAPACITY, self->max_cached), FIRST_KNOWN);
  gboolean has_mark;

  if (cache == NULL)
    return NULL;

  fsmm_lock (&self->lock);
  has_mark = take_mark (self, &cache->mark);
  if (has_mark)
    g_queue_push_tail_link (&self->readers, &cache->link);
  fsmm_unlock (&self->lock);

  if (!has_mark)
    g_clear_pointer (&cache, fsmm_cache_free);

  return cache;
}

/* Gives the @n blocks back that came first into the cache, and will so be the last that it
 * needs. */
static void
flush (FsmmCache *self, guint n, FsmmDeferred *deferred)
{
  guint n_left = self->n_blocks - n;
  FsmmReturn on_the_way = { .store = self->store, .deferred = deferred, .mark = self->mark };

  for (guint i = 0; i < n; i++)
    fsmm_return_add (&on_the_way, self->slots[i]);
  fsmm_return_finish (&on_the_way);

  memmove (self->slots, self->slots + n, n_left * sizeof (FsmmSlot));
  fsmm_cache_set_n_blocks (self, n_left);
  __atomic_store_n (&self->low, n_left, __ATOMIC_RELAXED);
}

/* Its thread does not use it any more. The memory remains for fsmm_cache_free (). */
void
fsmm_store_remove_cache (FsmmStore *self, FsmmCache *cache, FsmmDeferred *deferred)
{
  fsmm_store_note_peak (self);
  flush (cache, cache->n_blocks, deferred);
  g_queue_unlink (&self->readers, &cache->link);
  give_mark (self, cache->mark);
}

/* --- The thread's own cache is empty or full --- */

/* Returns what takes the place of @self: another one, unless it is large enough, or there is no
 * memory. */
static FsmmCache *
grow (FsmmCache *self)
{
  FsmmStore *store = self->store;
  guint capacity = MIN (4 * self->capacity, store->max_cached);
  FsmmCache *larger;

  if (capacity == self->capacity)
    return self;
  larger = cache_new (store, self->thread, capacity, MAX_KNOWN);
  if (larger == NULL)
    return self;

  larger->mark = self->mark;
  larger->was_filled = self->was_filled;
  larger->low = self->low;
  larger->n_blocks = self->n_blocks;
  memcpy (larger->slots, self->slots, self->n_blocks * sizeof (FsmmSlot));

  g_queue_unlink (&store->readers, &self->link);
  g_queue_push_tail_link (&store->readers, &larger->link);
  fsmm_thread_set_cache (store, larger);
  fsmm_cache_free (self);

  return larger;
}

/* Puts blocks into an empty cache so that the one with the lowest address is the first to come
 * out. */
static void
refill (FsmmCache *self, guint n, FsmmDeferred *deferred)
{
  guint next = n;

  while (next > 0)
    {
      FsmmChunk *chunk;
      FsmmChunkBlocks blocks = fsmm_store_take_word (self->store, next, &chunk);
      FsmmChunkBlocks lost;

      if (chunk == NULL)
        break;

      lost.word = blocks.word;
      lost.bits = fsmm_chunk_mark (chunk, blocks, self->mark, fsmm_store_is_alone (self->store));
      blocks.bits &= ~lost.bits;
      fsmm_store_note_double_frees (self->store, chunk, lost, deferred);

      while (blocks.bits != 0)
        {
          gsize block = fsmm_chunk_blocks_next (&blocks);

          next--;
          self->slots[next].block = fsmm_chunk_address (chunk, block);
          self->slots[next].state = &chunk->states[block];
        }
    }

  memmove (self->slots, self->slots + next, (n - next) * sizeof (FsmmSlot));
  fsmm_cache_set_n_blocks (self, n - next);
  __atomic_store_n (&self->low, n - next, __ATOMIC_RELAXED);
}

/* A part of what fits in: so much that the lock is taken seldom, and so little that most of what
 * a thread frees it can take again itself. Where it can be, that is as many as some words of a
 * chunk have: to take a part of one would be to share a line of states with another thread. */
static guint
batch_size (guint capacity)
{
  if (capacity < 2 * FSMM_WORD_BITS)
    return (capacity + 1) / 2;

  return MAX (FSMM_WORD_BITS, capacity / 4 / FSMM_WORD_BITS * FSMM_WORD_BITS);
}

/* Where there is a limit, threads share what is left below it. */
static guint
refill_size (FsmmCache *self)
{
  FsmmStore *store = self->store;
  gsize n = MIN (batch_size (self->capacity), store->n_free);

  if (store->max_blocks != G_MAXSIZE)
    n = MIN (n, (store->max_blocks - store->n_out) / store->readers.length);

  return (guint) n;
}

/* Drops what lies at the top and is somebody else's. */
void
fsmm_cache_drop_double_frees (FsmmCache *self, FsmmDeferred *deferred)
{
  while (self->n_blocks > 0)
    {
      FsmmSlot top = self->slots[self->n_blocks - 1];

      if (fsmm_state_has_mark (fsmm_state_get (top.state), self->mark))
        break;
      fsmm_store_note_double_free (self->store, top.block, deferred);
      fsmm_cache_set_n_blocks (self, self->n_blocks - 1);
    }

  __atomic_store_n (&self->low, MIN (self->low, self->n_blocks), __ATOMIC_RELAXED);
}

/* For a thread that has nothing to take, while some blocks are free in the store. Returns what
 * takes the place of @self. */
FsmmCache *
fsmm_cache_fill_up (FsmmCache *self, FsmmDeferred *deferred)
{
  if (self->was_filled)
    self = grow (self);
  self->was_filled = TRUE;
  refill (self, refill_size (self), deferred);

  return self;
}

/* For a thread that found no place to put a block. Returns what takes the place of @self. */
FsmmCache *
fsmm_cache_make_room (FsmmCache *self, FsmmDeferred *deferred)
{
  if (!fsmm_cache_is_full (self))
    return self;

  self = grow (self);
  if (fsmm_cache_is_full (self))
    flush (self, batch_size (self->n_blocks), deferred);

  return self;
}

/* --- All caches of a store --- */

/* Idle blocks that are out of the store: those in quarantine are such, too. */
gsize
fsmm_store_count_cached (FsmmStore *self)
{
  gsize n_cached = self->quarantine.n_blocks;

  for (GList *l = self->readers.head; l != NULL; l = l->next)
    n_cached += __atomic_load_n (&((FsmmCache *) l->data)->n_blocks, __ATOMIC_RELAXED);

  return n_cached;
}

static inline gboolean
is_of_another_thread (const FsmmCache *cache)
{
  return cache->thread != &fsmm_thread;
}

/* Works out how many blocks were live at most since the last time. Called before any block
 * leaves the store or comes back, so that there were as many out all the time: the fewer in
 * caches, the more were live. Each cache knows the least that it has had. That all had so few at
 * the same moment is certain only where one thread alone was at work. Those of other threads are
 * left to them: what these write at this moment would be written over. */
void
fsmm_store_note_peak (FsmmStore *self)
{
  gsize n_cached = self->quarantine.n_blocks;
  gsize n_live;

  for (GList *l = self->readers.head; l != NULL; l = l->next)
    {
      FsmmCache *cache = l->data;
      guint low = __atomic_load_n (&cache->low, __ATOMIC_RELAXED);
      guint n_blocks = __atomic_load_n (&cache->n_blocks, __ATOMIC_RELAXED);

      n_cached += low;
      if (low != n_blocks && !is_of_another_thread (cache))
        __atomic_store_n (&cache->low, n_blocks, __ATOMIC_RELAXED);
    }

  n_live = self->n_out - MIN (n_cached, self->n_out);
  self->peak_live = MAX (self->peak_live, n_live);
}

/* Stops all caches, and brings back what is in them: what is out of the store now is live. */
void
fsmm_store_quiesce (FsmmStore *self, FsmmDeferred *deferred)
{
  fsmm_store_stop_for (self, deferred);
  fsmm_store_note_peak (self);
  for (GList *l = self->readers.head; l != NULL; l = l->next)
    flush (l->data, ((FsmmCache *) l->data)->n_blocks, deferred);
  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_empty_quarantine (self, deferred);
}
