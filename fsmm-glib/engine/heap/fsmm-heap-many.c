/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* Many blocks at once, or none of them: through the thread's cache as far as that goes, the rest
 * under one lock. */

/* --- Taking --- */

/* Returns how many there were in the cache. */
static gsize
take_from_cache (FsmmCache *cache, gsize n_blocks, gpointer *blocks)
{
  gsize n_taken;

  for (n_taken = 0; n_taken < n_blocks; n_taken++)
    {
      FsmmSlot taken = fsmm_cache_pop (cache, FSMM_STATE_LIVE);

      if (taken.block == NULL)
        break;
      blocks[n_taken] = taken.block;
    }

  return n_taken;
}

/* The first of those that are counted, if any, is there to be taken. */
static gsize
count_own (FsmmStore *self, gsize at_most, FsmmDeferred *deferred)
{
  FsmmCache *cache = fsmm_thread_get_cache (self->index);

  if (cache == NULL)
    return 0;

  fsmm_cache_drop_double_frees (cache, deferred);
  return MIN (cache->n_blocks, at_most);
}

/* None are taken if not all can be. */
static void
give_back_many (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmLook look;

  while (n_blocks-- > 0)
    fsmm_heap_free (self, blocks[n_blocks], &look);
}

/* Sees to it that so many blocks are free, in the thread's own cache or in the store. */
static FsmmAllocResult
ensure_free (FsmmStore *self, gsize n_blocks, FsmmDeferred *deferred)
{
  FsmmAllocResult result;
  gsize n_own;

  do
    {
      n_own = count_own (self, n_blocks, deferred);
      /* That may be among what has to be brought back: then it must not be counted on, or chunks
       * are added for a call that fails. */
      if (!fsmm_heap_is_within_limit (self, n_blocks - n_own))
        {
          fsmm_store_quiesce (self, deferred);
          n_own = 0;
        }
      result = fsmm_heap_ensure_free (self, n_blocks - n_own, deferred);
    }
  /* For want of memory, caches may have been emptied for that. */
  while (result == FSMM_ALLOC_OK && count_own (self, n_blocks, deferred) < n_own);

  return result;
}

/* Returns how many were taken: all if there are as many, but for those that turn out to be lost.
 * Nothing is taken from the store while the cache has some: there may be no more than that below
 * the limit. */
static gsize
take_locked (FsmmStore *self, gsize n_blocks, gpointer *blocks, FsmmDeferred *deferred)
{
  FsmmCache *cache = fsmm_thread_get_cache (self->index);
  gsize n_taken = cache != NULL ? take_from_cache (cache, n_blocks, blocks) : 0;

  if (cache != NULL && cache->n_blocks > 0)
    return n_taken;

  while (n_taken < n_blocks && self->open.length > 0)
    {
      FsmmChunk *chunk;
      FsmmChunkBlocks taken = fsmm_store_take_word (self, n_blocks - n_taken, &chunk);

      while (taken.bits != 0)
        {
          gsize block = fsmm_chunk_blocks_next (&taken);

          if (fsmm_store_is_double_free (self, chunk, block, deferred))
            continue;
          if (G_UNLIKELY (self->debug != 0))
            fsmm_store_debug_take (self, chunk, block, deferred);
          fsmm_state_set (&chunk->states[block], FSMM_STATE_LIVE);
          blocks[n_taken++] = fsmm_chunk_address (chunk, block);
        }
    }

  return n_taken;
}

static FsmmAllocResult
take_many_slowly (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  FsmmAllocResult result;
  gsize n_taken = 0;

  fsmm_thread_ensure_cache (self);

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);

  do
    {
      result = ensure_free (self, n_blocks - n_taken, &deferred);
      if (result == FSMM_ALLOC_OK)
        n_taken += take_locked (self, n_blocks - n_taken, blocks + n_taken, &deferred);
    }
  while (result == FSMM_ALLOC_OK && n_taken < n_blocks);

  fsmm_store_note_peak (self);
  fsmm_store_unlock_and_finish (self, &deferred);

  if (result != FSMM_ALLOC_OK)
    give_back_many (self, n_taken, blocks);

  return result;
}

/* Takes @n_blocks live blocks, or none. */
FsmmAllocResult
fsmm_heap_alloc_many (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmCache *cache = fsmm_cache_enter (self);
  gsize n_taken = 0;
  FsmmAllocResult result;

  if (cache != NULL)
    {
      if (cache->n_blocks >= n_blocks)
        n_taken = take_from_cache (cache, n_blocks, blocks);
      fsmm_cache_leave (cache);
    }
  if (n_taken == n_blocks)
    return FSMM_ALLOC_OK;

  result = take_many_slowly (self, n_blocks - n_taken, blocks + n_taken);
  if (result != FSMM_ALLOC_OK)
    give_back_many (self, n_taken, blocks);

  return result;
}

/* --- Giving --- */

/* Takes what was given since there were @n_before blocks in the cache out of it again. */
static void
take_out_again (FsmmCache *self, guint n_before)
{
  while (self->n_blocks > n_before)
    {
      FsmmState *state = self->slots[self->n_blocks - 1].state;

      /* What another thread has freed at the same time is not put right here: that is found
       * next. */
      if (fsmm_state_has_mark (fsmm_state_get (state), self->mark))
        fsmm_state_set (state, FSMM_STATE_LIVE);
      fsmm_cache_set_n_blocks (self, self->n_blocks - 1);
    }
}

/* Returns FALSE, and gives none, if one of them cannot be, for whatever reason. */
static gboolean
give_to_cache (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmCache *cache = fsmm_cache_enter (self);
  gboolean given = FALSE;
  guint n_before;

  if (cache == NULL)
    return FALSE;

  n_before = cache->n_blocks;
  given = n_blocks <= cache->capacity - n_before;
  for (gsize i = 0; given && i < n_blocks; i++)
    {
      FsmmState *state = fsmm_cache_find_or_meet (cache, &self->geometry, blocks[i]);

      given = state != NULL && fsmm_state_get (state) == FSMM_STATE_LIVE;
      if (given)
        fsmm_cache_push (cache, blocks[i], state);
    }
  if (!given)
    take_out_again (cache, n_before);

  fsmm_cache_leave (cache);

  return given;
}

/* Looks an address up in @chunk first, where the last one was. */
static FsmmPlace
look_up_near (FsmmStore *self, gconstpointer address, FsmmChunk **chunk)
{
  gpointer base = fsmm_geometry_chunk_base (&self->geometry, address);

  if (*chunk == NULL || (*chunk)->base != base)
    *chunk = fsmm_store_find_chunk (self, address);

  return fsmm_place_in_chunk (*chunk, address);
}

/* Sets blocks free, up to the first that is not live: returns TRUE if there is none, or what that
 * one is in @refused, and its place in @n_given. */
static gboolean
set_free (FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given, FsmmPlace *refused)
{
  FsmmChunk *chunk = NULL;

  for (*n_given = 0; *n_given < n_blocks; (*n_given)++)
    if (blocks[*n_given] != NULL)
      {
        FsmmPlace place = look_up_near (self, blocks[*n_given], &chunk);

        if (place.kind != FSMM_ADDRESS_LIVE)
          {
            *refused = place;
            return FALSE;
          }
        fsmm_state_set (place.state, FSMM_STATE_FREE);
      }

  return TRUE;
}

/* Undoes that, but for a block that another thread has freed at the same time. */
static void
set_live_again (FsmmStore *self, gsize n_blocks, gpointer *blocks)
{
  FsmmChunk *chunk = NULL;

  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL)
      {
        FsmmPlace place = look_up_near (self, blocks[i], &chunk);

        if (place.found == FSMM_STATE_FREE)
          fsmm_state_set (place.state, FSMM_STATE_LIVE);
      }
}

static void
put_back_for_debugging (FsmmStore *self, gsize n_blocks, gpointer *blocks, FsmmDeferred *deferred)
{
  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL)
      {
        FsmmPlace place = fsmm_store_look_up (self, blocks[i]);

        fsmm_store_give (self, &place, deferred);
      }
}

static void
put_back_locked (FsmmStore *self, gsize n_blocks, gpointer *blocks, FsmmDeferred *deferred)
{
  FsmmReturn on_the_way = { .store = self, .deferred = deferred };
  FsmmChunk *chunk = NULL;

  for (gsize i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL)
      fsmm_return_add (&on_the_way,
                       (FsmmSlot) { blocks[i], look_up_near (self, blocks[i], &chunk).state });
  fsmm_return_finish (&on_the_way);
}

/* Goes through the blocks twice: none is put back before all are known to be live. */
static gboolean
give_locked (FsmmStore *self,
             gsize n_blocks,
             gpointer *blocks,
             gsize *n_given,
             FsmmLook *look,
             FsmmDeferred *deferred)
{
  FsmmPlace refused;

  if (!set_free (self, n_blocks, blocks, n_given, &refused))
    {
      fsmm_place_describe (&refused, look);
      set_live_again (self, *n_given, blocks);
      return FALSE;
    }

  if (G_UNLIKELY (self->debug != 0))
    put_back_for_debugging (self, n_blocks, blocks, deferred);
  else
    put_back_locked (self, n_blocks, blocks, deferred);

  return TRUE;
}

static gboolean
give_many_slowly (FsmmStore *self,
                  gsize n_blocks,
                  gpointer *blocks,
                  gsize *n_given,
                  FsmmLook *look)
{
  FsmmDeferred deferred = fsmm_deferred_at_this_site (self);
  gboolean given;

  fsmm_lock (&self->lock);
  fsmm_store_note_peak (self);
  given = give_locked (self, n_blocks, blocks, n_given, look, &deferred);
  fsmm_store_unlock_and_finish (self, &deferred);

  return given;
}

/* Gives back @n_blocks blocks, leaving out those that are NULL, or none if one of them is not a
 * live block of the store or is there twice: then @look says what that one is, and @n_given is its
 * place. */
gboolean
fsmm_heap_free_many (FsmmStore *self,
                     gsize n_blocks,
                     gpointer *blocks,
                     gsize *n_given,
                     FsmmLook *look)
{
  return give_to_cache (self, n_blocks, blocks) ||
         give_many_slowly (self, n_blocks, blocks, n_given, look);
}
