/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* --- What is kept --- */

/* The most that is kept where nobody has said how much. */
#define RETAIN_MOST ((gsize) 8 * 1024 * 1024)

static gboolean
was_taken_from (const FsmmStore *self, const FsmmChunk *chunk)
{
  for (gsize i = 0; i < self->geometry.n_regions; i++)
    if (chunk->regions[i].queue != &self->fresh)
      return TRUE;

  return FALSE;
}

static gsize
count_used_chunks (const FsmmStore *self)
{
  gsize n_used = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      const FsmmChunk *chunk = l->data;

      n_used += chunk->drop_id == 0 && was_taken_from (self, chunk);
    }

  return n_used;
}

/* Returns what it was before. */
gint64
fsmm_heap_set_retain_bytes (FsmmStore *self, gint64 retain_bytes)
{
  gint64 before;

  fsmm_heap_lock (self);
  before = self->retain_bytes;
  self->retain_bytes = retain_bytes;
  fsmm_unlock (self->lock);

  return before;
}

gint64
fsmm_heap_get_retain_bytes (FsmmStore *self)
{
  gint64 retain_bytes;

  fsmm_heap_lock (self);
  retain_bytes = self->retain_bytes;
  fsmm_unlock (self->lock);

  return retain_bytes;
}

/* How many bytes of chunks. A store that has been filled again after it was emptied will be so the next
 * time as well, in all likelihood: so as much is kept as it has used each time. */
static guint64
get_retained (const FsmmStore *self, gsize n_used)
{
  if (self->debug != 0)
    return 0;
  if (self->retain_bytes >= 0)
    return (guint64) self->retain_bytes;

  return MIN (MIN (n_used, self->n_used_last) * self->geometry.chunk_bytes, RETAIN_MOST);
}

/* --- At once --- */

/* Marks a chunk: nothing is taken from it any more, and its handles are of no use. Blocks that are
 * CLAIMED pin it from now on. Returns how many blocks are in it. */
static gsize
mark_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id, FsmmDeferred *deferred)
{
  fsmm_heap_close_chunk (self, chunk, drop_id, deferred);
  chunk->n_pins += fsmm_chunk_count_claimed (chunk);

  return chunk->n_left;
}

/* Goes on with a chunk whose drop was left by a user function that did not return, or by a thread
 * that does not exist in a child of fork (). Returns how many blocks are left in it. */
static gsize
take_over_chunk (FsmmChunk *chunk, gsize drop_id)
{
  chunk->drop_id = drop_id;
  chunk->dropper = fsmm_thread_self ();

  return fsmm_chunk_count_whole (chunk);
}

/* Threads are stopped, and nothing is claimed. */
static gsize
mark_chunks (FsmmStore *self, guint64 *retained, FsmmDeferred *deferred)
{
  gsize drop_id = __atomic_add_fetch (&self->epoch, 1, __ATOMIC_RELEASE);
  gsize n_used = count_used_chunks (self);
  gsize n_blocks = 0;

  *retained = get_retained (self, n_used);
  self->n_used_last = n_used;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      if (chunk->drop_id == 0)
        n_blocks += mark_chunk (self, chunk, drop_id, deferred);
      else if (chunk->dropper == NULL && !chunk->detached)
        n_blocks += take_over_chunk (chunk, drop_id);
    }

  return n_blocks;
}

/* Keeps the first ones, so many bytes of them, but none that is needed as it is. */
static void
remove_marked_chunks (FsmmStore *self, gsize drop_id, guint64 retained, FsmmDeferred *deferred)
{
  GList *next;

  for (GList *l = self->all.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      if (chunk->drop_id != drop_id || chunk->detached)
        continue;
      if (retained >= self->geometry.chunk_bytes && chunk->n_pins == 0)
        {
          fsmm_store_reopen_chunk (self, chunk);
          retained -= self->geometry.chunk_bytes;
        }
      else
        fsmm_store_remove_chunk (self, chunk, deferred);
    }
}

static gsize
drop_all (FsmmStore *self, gboolean is_silent)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  guint64 retained;
  gsize n_dropped;

  deferred.is_silent = is_silent;
  fsmm_heap_lock (self);
  fsmm_heap_quiesce (self, &deferred);
  n_dropped = mark_chunks (self, &retained, &deferred);
  remove_marked_chunks (self, self->epoch, retained, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return n_dropped;
}

/* Drops every block, as it is, and every chunk but some. Returns how many blocks there were. */
gsize
fsmm_heap_drop_all (FsmmStore *self)
{
  return drop_all (self, FALSE);
}

static gboolean
has_open_chunk (FsmmStore *self)
{
  gboolean is_open = FALSE;

  fsmm_heap_lock (self);
  for (GList *l = self->all.head; l != NULL && !is_open; l = l->next)
    is_open = ((FsmmChunk *) l->data)->drop_id == 0;
  fsmm_unlock (self->lock);

  return is_open;
}

/* For a store that is about to be cleared. A handler of what this reports may take blocks. They are
 * dropped as well, and what has become of them is not reported: this could go on forever. */
void
fsmm_heap_drop_for_good (FsmmStore *self)
{
  fsmm_heap_set_retain_bytes (self, 0);
  drop_all (self, FALSE);
  while (has_open_chunk (self))
    drop_all (self, TRUE);
}

/* --- In steps --- */

/* Blocks that are taken meanwhile come from new chunks. Returns how many blocks there were. */
gsize
fsmm_heap_drop_begin (FsmmHeapDrop *drop, FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gsize n_dropped;

  fsmm_heap_lock (self);
  fsmm_heap_quiesce (self, &deferred);
  *drop = (FsmmHeapDrop) { .store = self };
  n_dropped = mark_chunks (self, &drop->retained, &deferred);
  drop->id = self->epoch;
  self->n_drops++;
  fsmm_heap_unlock_and_finish (self, &deferred);

  return n_dropped;
}

/* Sets those blocks free that have been cleared. Called with the lock held. */
static void
put_back_cleared (FsmmHeapDrop *drop)
{
  if (drop->n_cleared > 0)
    fsmm_cache_note_peak (drop->store);
  for (guint i = 0; i < drop->n_cleared; i++)
    {
      if (G_UNLIKELY (drop->store->debug != 0))
        fsmm_store_debug_finish (drop->store, drop->chunk, drop->cleared[i]);
      fsmm_store_free_in_closed_chunk (drop->store,
                                       fsmm_chunk_get_slot (drop->chunk, drop->cleared[i]));
    }

  drop->n_cleared = 0;
}

/* The first chunk of this drop, from that one on. Called with the lock held. */
static FsmmChunk *
find_chunk_to_clear (FsmmHeapDrop *drop, GList *link)
{
  for (; link != NULL; link = link->next)
    {
      FsmmChunk *chunk = link->data;

      if (chunk->drop_id == drop->id && !chunk->detached && chunk->n_left > 0)
        return fsmm_store_pin_chunk (chunk);
    }

  return NULL;
}

/* A chunk that is pinned stays in the list even when it is detached, and so leads on to the next
 * one. */
static void
move_on (FsmmHeapDrop *drop, gboolean is_at_end)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  FsmmChunk *chunk = drop->chunk;

  fsmm_heap_lock (drop->store);
  put_back_cleared (drop);
  if (is_at_end || chunk->drop_id != drop->id || chunk->detached)
    {
      drop->chunk =
          find_chunk_to_clear (drop, chunk != NULL ? chunk->all_link.next : drop->store->all.head);
      drop->next_index = 0;
      if (chunk != NULL)
        fsmm_store_unpin_chunk (drop->store, chunk, &deferred);
    }
  fsmm_heap_unlock_and_finish (drop->store, &deferred);
}

/* Claims the next block of the chunk: only when its turn comes, so that nothing else is lost if the
 * function that clears it does not return. NULL at the end. */
static gpointer
claim_next (FsmmHeapDrop *drop)
{
  FsmmChunk *chunk = drop->chunk;

  while (drop->next_index < drop->store->geometry.n_blocks)
    {
      gsize block = drop->next_index++;

      if (fsmm_state_claim_whole (fsmm_chunk_get_state (chunk, block)))
        {
          drop->cleared[drop->n_cleared++] = block;
          return fsmm_chunk_address (chunk, block);
        }
    }

  return NULL;
}

/* The next block for the caller to clear, or NULL at the end. The lock is taken once for many. */
gpointer
fsmm_heap_drop_next (FsmmHeapDrop *drop)
{
  gpointer block = NULL;

  if (drop->chunk == NULL)
    move_on (drop, TRUE);
  else if (drop->n_cleared == G_N_ELEMENTS (drop->cleared))
    move_on (drop, FALSE);

  while (drop->chunk != NULL && (block = claim_next (drop)) == NULL)
    move_on (drop, TRUE);

  return block;
}

void
fsmm_heap_drop_end (FsmmHeapDrop *drop)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  fsmm_heap_lock (drop->store);
  fsmm_heap_quiesce (drop->store, &deferred);
  remove_marked_chunks (drop->store, drop->id, drop->retained, &deferred);
  drop->store->n_drops--;
  fsmm_heap_unlock_and_finish (drop->store, &deferred);
}

/* --- Drops that were left in the middle --- */

/* The next call that drops everything goes on with the chunks that no thread clears. */

/* For a thread that has left one. */
void
fsmm_heap_abandon_drop (const FsmmDropName *name)
{
  FsmmStore *self = name->store.store;

  if (!fsmm_thread_lock_store (&name->store))
    return;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      if (chunk->dropper == fsmm_thread_self () && (name->id == 0 || name->id == chunk->drop_id))
        chunk->dropper = NULL;
    }
  fsmm_unlock (self->lock);
}

/* For the thread that drops the last reference. */
void
fsmm_heap_abandon_all_drops (FsmmStore *self)
{
  fsmm_heap_abandon_drop (&(FsmmDropName) { fsmm_store_get_name (self), 0 });
  fsmm_heap_lock (self);
  fsmm_store_abandon_drops_of_others (self);
  fsmm_unlock (self->lock);
}
