/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Many blocks at once, or none of them: through the thread's cache as far as that goes, the rest
 * under one lock. Blocks that lie side by side are one run, for which cells are looked up once. */

/* --- Taking --- */

/* How many bits in a row are set, from bit @first on, which is. */
static inline gsize
count_set (guint64 bits, gsize first)
{
  guint64 rest = ~(bits >> first);

  return rest != 0 ? (gsize) __builtin_ctzll (rest) : FSMM_WORD_CELLS;
}

/* Takes @n blocks that are claimed, from the one with number @first in the word on. */
static inline void
take_run (const FsmmCache *cache, gsize first, gsize n, gpointer *blocks)
{
  guint8 *block = (guint8 *) (cache->front.word_base + first * cache->front.block_size);

  for (gsize i = 0; i < n; i++)
    blocks[i] = block + i * cache->front.block_size;
  fsmm_cells_set (cache->front.word_cells + first, n, FSMM_STATE_LIVE);
}

/* Takes those of one word, as many as there are. Returns how many. */
static gsize
take_claimed (FsmmCache *cache, gsize n_blocks, gpointer *blocks)
{
  guint64 bits = cache->front.bits;
  gsize n_taken = 0;

  while (n_taken < n_blocks && bits != 0)
    {
      gsize first = (gsize) __builtin_ctzll (bits);
      gsize n = MIN (count_set (bits, first), n_blocks - n_taken);

      take_run (cache, first, n, blocks + n_taken);
      n_taken += n;
      bits = first + n < FSMM_WORD_CELLS ? bits >> (first + n) << (first + n) : 0;
    }
  __atomic_store_n (&cache->front.bits, bits, __ATOMIC_RELAXED);

  return n_taken;
}

/* More are taken with the lock held, so that too many are refused before any is taken. */
#define MAX_FAST 1024

static inline gboolean
can_be_fast (const FsmmCache *cache, gsize n_blocks)
{
  if (cache->store->max_blocks != G_MAXSIZE)
    return n_blocks <= fsmm_word_count (cache->front.bits);

  return n_blocks <= MAX_FAST;
}

/* Returns how many were taken. They are counted only if that is all. */
static gsize
alloc_many_fast (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmCache *cache = fsmm_cache_enter (self);
  gsize n_taken = 0;

  if (cache == NULL)
    return 0;

  if (can_be_fast (cache, n_blocks))
    while (n_taken < n_blocks && (cache->front.bits != 0 || fsmm_cache_next_word (cache)))
      n_taken += take_claimed (cache, n_blocks - n_taken, blocks + n_taken);
  if (n_taken == n_blocks)
    fsmm_cache_count_taken (cache, (gssize) n_taken);
  fsmm_reader_leave ();

  return n_taken;
}

/* None are taken if not all can be. */
static void
give_back_many (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmLook look;

  while (n_blocks-- > 0)
    fsmm_heap_free (self, g_steal_pointer (&blocks[n_blocks]), &look);
}

/* Takes those from @n_taken on. Returns in that how many there are then. */
static FsmmAllocResult
alloc_many_locked (
    FsmmCache *cache, gsize *n_taken, gsize n_blocks, gpointer *blocks, FsmmDeferred *deferred)
{
  FsmmAllocResult result = fsmm_heap_make_room (cache->store, n_blocks - *n_taken, deferred);

  while (result == FSMM_ALLOC_OK && *n_taken < n_blocks)
    {
      gpointer block = fsmm_heap_alloc_locked (cache, FSMM_STATE_LIVE, &result, deferred).block;

      if (result == FSMM_ALLOC_OK)
        blocks[(*n_taken)++] = block;
    }

  return result;
}

/* The first @n_fast of them have been taken, but not counted: that is made good before others
 * follow, or they are given back. */
static FsmmAllocResult
alloc_many_slow (FsmmStore *self, gsize n_fast, gsize n_blocks, gpointer *blocks)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  FsmmAllocResult result;
  gsize n_taken = n_fast;
  FsmmCache *cache;

  fsmm_thread_ensure_cache (self);

  fsmm_heap_lock (self);
  fsmm_cache_count_freed (fsmm_heap_get_cache (self), -(gssize) n_fast);
  fsmm_heap_serve_waiters (self, &deferred);
  cache = fsmm_heap_get_cache (self);
  result = alloc_many_locked (cache, &n_taken, n_blocks, blocks, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  if (result != FSMM_ALLOC_OK)
    give_back_many (self, n_taken, blocks);

  return result;
}

/* Takes @n_blocks live blocks, or none. */
FsmmAllocResult
fsmm_heap_alloc_many (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  gsize n_taken = alloc_many_fast (self, n_blocks, blocks);

  return n_taken == n_blocks ? FSMM_ALLOC_OK : alloc_many_slow (self, n_taken, n_blocks, blocks);
}

/* --- Giving --- */

/* All are checked before one is free, and no block looks free meanwhile: each is claimed first. */

/* Also a block of a region that another thread owns. */
static gboolean
claim_elsewhere (FsmmStore *self, gpointer block)
{
  FsmmSlot slot = fsmm_store_find (self, block);

  return slot.block != NULL && fsmm_region_get_owner (slot.region) != NULL &&
         fsmm_state_claim (slot.state, FSMM_STATE_LIVE);
}

/* As fsmm_cache_find_own (), for a thread that has looked at its key, and quicker where the block is near
 * the last one: @near is its region. */
static inline FsmmState *
find_near (FsmmKnownRegion *near, FsmmCache *cache, gconstpointer block)
{
  gsize distance = (guintptr) block - near->base;
  guint64 product;

  if (G_UNLIKELY (distance >= near->n_bytes))
    {
      const FsmmKnownRegion *known = fsmm_reader_get_own_place (block);

      *near = (FsmmKnownRegion) { known->base, known->cells, &cache->front, 0, known->reciprocal };
      if (__atomic_load_n (&known->front, __ATOMIC_RELAXED) == &cache->front)
        near->n_bytes = __atomic_load_n (&known->n_bytes, __ATOMIC_RELAXED);
      distance = (guintptr) block - near->base;
    }

  product = (guint64) (guint32) distance * near->reciprocal;
  return distance < near->n_bytes && (guint32) product < near->reciprocal
           ? near->cells + (product >> 32)
           : NULL;
}

/* How many of the blocks, the first of which is in that region, lie in it one behind the other. */
static inline gsize
count_run (const FsmmKnownRegion *near, gsize block_size, gsize n_blocks, gpointer *blocks)
{
  guintptr next = (guintptr) blocks[0];
  gsize n = 0;

  do
    {
      n++;
      next += block_size;
    }
  while (n < n_blocks && (guintptr) blocks[n] == next && next - near->base < near->n_bytes);

  return n;
}

/* Claims a run of blocks. Returns how many, up to the first that cannot be. */
static gsize
claim_run (FsmmState *states, gsize n)
{
  gsize i = 0;

  while (i < n)
    {
      gboolean is_part = fsmm_cells_are_part (&states[i], n - i);
      gsize n_cells = is_part ? FSMM_PART_CELLS : 1;

      if (G_UNLIKELY (is_part ? !fsmm_cells_part_is (&states[i], FSMM_STATE_LIVE)
                              : fsmm_state_get (&states[i]) != FSMM_STATE_LIVE))
        break;

      FSMM_RACE_WINDOW ();
      fsmm_cells_set (&states[i], n_cells, FSMM_STATE_CLAIMED);
      i += n_cells;
    }

  /* The part has one that is not. */
  for (; i < n && fsmm_state_get (&states[i]) == FSMM_STATE_LIVE; i++)
    fsmm_state_set (&states[i], FSMM_STATE_CLAIMED);

  return i;
}

/* Claims blocks up to the first that cannot be. Returns how many, and in @run the states of all if they
 * are one, or NULL. */
static gsize
claim_many (FsmmCache *cache, gsize n_blocks, gpointer *blocks, FsmmState **run)
{
  FsmmKnownRegion near = { .n_bytes = 0 };
  gsize n, n_claimed;

  *run = NULL;

  for (gsize i = 0; i < n_blocks; i += n)
    {
      FsmmState *states = blocks[i] != NULL ? find_near (&near, cache, blocks[i]) : NULL;

      n = states != NULL ? count_run (&near, cache->front.block_size, n_blocks - i, blocks + i) : 1;
      if (states != NULL)
        n_claimed = claim_run (states, n);
      else
        n_claimed = blocks[i] == NULL || claim_elsewhere (cache->store, blocks[i]) ? 1 : 0;
      if (G_UNLIKELY (n_claimed < n))
        return i + n_claimed;
      if (n == n_blocks)
        *run = states;
    }

  return n_blocks;
}

/* A block that its owner has freed at the same moment stays so. */
static void
unclaim_many (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL)
      fsmm_state_exchange (fsmm_store_find (self, blocks[i]).state, FSMM_STATE_CLAIMED,
                           FSMM_STATE_LIVE);
}

static void
free_claimed (FsmmCache *cache, gsize n_blocks, gpointer *blocks, FsmmLateDoubleFrees *late)
{
  FsmmKnownRegion near = { .n_bytes = 0 };
  gsize n_own = 0;
  gsize n;

  for (gsize i = 0; i < n_blocks; i += n)
    {
      FsmmState *states = blocks[i] != NULL ? find_near (&near, cache, blocks[i]) : NULL;

      n = states != NULL ? count_run (&near, cache->front.block_size, n_blocks - i, blocks + i) : 1;
      if (states != NULL)
        {
          fsmm_cells_set (states, n, FSMM_STATE_FREE);
          n_own += n;
        }
      else if (blocks[i] != NULL)
        fsmm_cache_free_claimed (cache, fsmm_store_find (cache->store, blocks[i]), late);
    }

  fsmm_cache_count_freed (cache, (gssize) n_own);
}

static inline void
free_claimed_run (FsmmCache *cache, gsize n_blocks, FsmmState *states)
{
  fsmm_cells_set (states, n_blocks, FSMM_STATE_FREE);
  fsmm_cache_count_freed (cache, (gssize) n_blocks);
}

/* Returns FALSE, and frees none, if one of them cannot be, for whatever reason. */
static gboolean
free_many_fast (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmLateDoubleFrees late;
  FsmmCache *cache = fsmm_cache_enter (self);
  FsmmState *run;
  gsize n_claimed;

  fsmm_late_double_frees_init (&late);
  if (cache == NULL)
    return FALSE;

  n_claimed = claim_many (cache, n_blocks, blocks, &run);
  if (run != NULL)
    free_claimed_run (cache, n_blocks, run);
  else if (n_claimed == n_blocks)
    free_claimed (cache, n_blocks, blocks, &late);
  else
    unclaim_many (self, n_claimed, blocks);
  fsmm_reader_leave ();
  if (G_UNLIKELY (late.n_blocks > 0))
    fsmm_late_double_frees_log (&late);

  return n_claimed == n_blocks;
}

/* Claims blocks up to the first that cannot be, of which @look tells. Returns how many. */
static gsize
claim_many_locked (FsmmStore *self, gsize n_blocks, gpointer *blocks, FsmmLook *look)
{
  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL)
      {
        FsmmPlace place = fsmm_store_look_up (self, blocks[i]);

        if (place.kind != FSMM_ADDRESS_LIVE ||
            !fsmm_state_claim (place.slot.state, FSMM_STATE_LIVE))
          {
            /* One that is there twice is claimed by now, and will look freed to the caller. */
            if (place.kind == FSMM_ADDRESS_LIVE || place.kind == FSMM_ADDRESS_CLAIMED)
              {
                place.kind = FSMM_ADDRESS_FREE;
                place.found = FSMM_STATE_FREE;
              }
            fsmm_place_describe (&place, look);
            return i;
          }
      }

  return n_blocks;
}

static void
free_claimed_locked (FsmmStore *self, gsize n_blocks, gpointer *blocks, FsmmDeferred *deferred)
{
  FsmmCache *cache = fsmm_heap_get_cache (self);

  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL)
      {
        FsmmSlot slot = fsmm_store_look_up (self, blocks[i]).slot;

        if (!fsmm_cache_free_locked (cache, slot, FSMM_STATE_CLAIMED, deferred))
          fsmm_store_note_double_free (self, slot.block, &deferred->double_frees);
      }
}

static gboolean
free_many_slow (FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given, FsmmLook *look)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);

  fsmm_thread_ensure_cache (self);

  fsmm_heap_lock (self);
  *n_given = claim_many_locked (self, n_blocks, blocks, look);
  if (*n_given == n_blocks)
    free_claimed_locked (self, n_blocks, blocks, &deferred);
  else
    unclaim_many (self, *n_given, blocks);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return *n_given == n_blocks;
}

/* Gives back @n_blocks blocks, leaving out those that are NULL, or none if one of them is not a
 * live block of the store or is there twice: @look says what that one was found to be, and
 * @n_given its place. */
gboolean
fsmm_heap_free_many (
    FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given, FsmmLook *look)
{
  *n_given = n_blocks;

  return free_many_fast (self, n_blocks, blocks) ||
         free_many_slow (self, n_blocks, blocks, n_given, look);
}
