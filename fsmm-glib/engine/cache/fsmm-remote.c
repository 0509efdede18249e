/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/cache/fsmm-cache.h"

/* --- A thread frees blocks of regions that are not its own. Busy, or with the lock held. --- */

static void
note_double_frees (FsmmCache *self,
                   const FsmmRegion *region,
                   gsize word,
                   FsmmBits again,
                   FsmmLateDoubleFrees *late)
{
  for (; again != 0; again &= again - 1)
    {
      gsize index = word * FSMM_BITS_SIZE + (gsize) __builtin_ctzll (again);

      fsmm_store_note_double_free (self->store,
                                   (gpointer) (region->base + index * self->front.block_size), late);
      fsmm_cache_count_freed (self, -1);
    }
}

/* The region has news for its owner. */
static void
push_news (FsmmStore *store, FsmmRegion *region)
{
  FsmmRegion *next = __atomic_load_n (&store->news, __ATOMIC_RELAXED);

  do
    region->next_news = next;
  while (!__atomic_compare_exchange_n (&store->news, &next, region, TRUE, __ATOMIC_RELEASE,
                                       __ATOMIC_RELAXED));
}

/* Sets the bits of blocks that have been freed. Where one is set already, the block has been freed
 * twice: its owner freed it as well, and it was handed out and freed again since. */
void
fsmm_remote_flush (FsmmCache *self, FsmmLateDoubleFrees *late)
{
  FsmmRegion *region = self->remote_region;
  FsmmBits bits = self->remote_bits;
  FsmmBits before;

  if (bits == 0)
    return;

  self->remote_bits = 0;
  before = __atomic_fetch_or (&region->remote[self->remote_word], bits, __ATOMIC_SEQ_CST);
  if (__atomic_load_n (&region->has_news, __ATOMIC_SEQ_CST) == FALSE &&
      __atomic_exchange_n (&region->has_news, TRUE, __ATOMIC_SEQ_CST) == FALSE)
    push_news (self->store, region);

  if (G_UNLIKELY ((before & bits) != 0))
    note_double_frees (self, region, self->remote_word, before & bits, late);
}

/* The first bit of another word, or one that is set already. */
void
fsmm_remote_note_slow (FsmmCache *self, FsmmRegion *region, gsize index, FsmmLateDoubleFrees *late)
{
  gsize word = index / FSMM_BITS_SIZE;
  FsmmBits bit = (FsmmBits) 1 << (index % FSMM_BITS_SIZE);

  if (region != self->remote_region || word != self->remote_word)
    {
      fsmm_remote_flush (self, late);
      self->remote_region = region;
      self->remote_word = word;
    }

  if (G_UNLIKELY ((self->remote_bits & bit) != 0))
    note_double_frees (self, region, word, bit, late);
  self->remote_bits |= bit;
}

/* --- The owner is told. With the lock held. --- */

static gboolean
collect_one (FsmmStore *store, FsmmRegion *region, gsize index, FsmmLateDoubleFrees *late)
{
  FsmmState *state = &region->cells[index];

  if (G_LIKELY (fsmm_state_get (state) == FSMM_STATE_REMOTE))
    {
      fsmm_state_set (state, FSMM_STATE_FREE);
      return TRUE;
    }

  /* The owner freed it at the same moment. */
  fsmm_store_note_double_free (
      store, (gpointer) (region->base + index * store->geometry.block_size), late);
  store->n_live++;
  return FALSE;
}

/* Makes blocks free whose bits are set, of a region of which the calling thread is the owner, or
 * that has none, or whose owner is stopped. Returns how many. */
gsize
fsmm_remote_collect (FsmmStore *store, FsmmRegion *region, FsmmLateDoubleFrees *late)
{
  gsize n_words = fsmm_region_count_bits_words (region);
  gsize n_freed = 0;

  for (gsize i = 0; i < n_words; i++)
    {
      /* Not before it was said that the region has no news: a bit that is set then may not be
       * missed. */
      FsmmBits bits = __atomic_load_n (&region->remote[i], __ATOMIC_SEQ_CST);

      if (bits != 0)
        bits = __atomic_exchange_n (&region->remote[i], 0, __ATOMIC_SEQ_CST);
      for (; bits != 0; bits &= bits - 1)
        n_freed +=
            collect_one (store, region, i * FSMM_BITS_SIZE + (gsize) __builtin_ctzll (bits), late);
    }

  return n_freed;
}

static void
forget_news (FsmmRegion *region)
{
  __atomic_store_n (&region->has_news, FALSE, __ATOMIC_SEQ_CST);
}

/* Puts a region with news into the inbox of its owner. One that has none is collected when it gets
 * one. */
static void
put_into_inbox (FsmmRegion *region)
{
  FsmmCache *owner = fsmm_region_get_owner (region);

  if (owner == NULL)
    forget_news (region);
  else
    {
      region->next_news = owner->inbox;
      __atomic_store_n (&owner->inbox, region, __ATOMIC_RELAXED);
    }
}

void
fsmm_remote_sort_news (FsmmStore *store)
{
  FsmmRegion *region = __atomic_load_n (&store->news, __ATOMIC_RELAXED);
  FsmmRegion *next;

  if (region == NULL)
    return;

  region = __atomic_exchange_n (&store->news, NULL, __ATOMIC_ACQUIRE);
  for (; region != NULL; region = next)
    {
      next = region->next_news;
      put_into_inbox (region);
    }
}

/* Collects what is in the inbox. More may come from now on, and puts the region into the list of
 * news again: so that it has none is said first. It may have another owner by now. */
void
fsmm_remote_take_in (FsmmCache *self, FsmmLateDoubleFrees *late)
{
  FsmmRegion *region = self->inbox;
  FsmmRegion *next;

  __atomic_store_n (&self->inbox, NULL, __ATOMIC_RELAXED);
  for (; region != NULL; region = next)
    {
      next = region->next_news;
      if (fsmm_region_get_owner (region) != self)
        {
          put_into_inbox (region);
          continue;
        }

      forget_news (region);
      if (fsmm_remote_collect (self->store, region, late) > 0)
        fsmm_cache_requeue (self, region);
    }
}

static void
empty_inbox (FsmmCache *self)
{
  FsmmRegion *next;

  for (FsmmRegion *region = self->inbox; region != NULL; region = next)
    {
      next = region->next_news;
      forget_news (region);
    }
  __atomic_store_n (&self->inbox, NULL, __ATOMIC_RELAXED);
}

static void
collect_chunk (FsmmStore *store, FsmmChunk *chunk, FsmmLateDoubleFrees *late)
{
  for (gsize i = 0; i < store->geometry.n_regions; i++)
    {
      FsmmRegion *region = &chunk->regions[i];
      FsmmCache *owner = fsmm_region_get_owner (region);

      if (fsmm_remote_collect (store, region, late) > 0 && owner != NULL)
        fsmm_cache_requeue (owner, region);
    }
}

/* Makes all blocks free that have been freed, whoever did. All readers are stopped. */
void
fsmm_remote_collect_all (FsmmStore *store, FsmmLateDoubleFrees *late)
{
  for (GList *l = store->caches.head; l != NULL; l = l->next)
    fsmm_remote_flush (l->data, late);

  fsmm_remote_sort_news (store);
  for (GList *l = store->caches.head; l != NULL; l = l->next)
    empty_inbox (l->data);

  for (GList *l = store->all.head; l != NULL; l = l->next)
    collect_chunk (store, l->data, late);
}
