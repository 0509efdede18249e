/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-locked-private.h"

#include "fsmm-system-private.h"

#include <string.h>

/* The lower bits of a chunk's base are 0, and those that tell large chunks apart are the upper ones. */
static guint
hash_base (gconstpointer base)
{
  return (guint) (((guint64) (guintptr) base * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> 32);
}

/* @max_blocks is G_MAXSIZE for no limit. @owner is what the registry names for addresses in the
 * store's chunks. */
void
fsmm_store_init (FsmmStore *self,
                 const FsmmGeometry *geometry,
                 gsize max_blocks,
                 gpointer owner)
{
  *self = (FsmmStore) { .geometry = *geometry, .max_blocks = max_blocks, .epoch = 1 };

  g_mutex_init (&self->lock);
  self->chunks = g_hash_table_new (hash_base, NULL);
  g_queue_init (&self->all);
  g_queue_init (&self->open);
  fsmm_segments_init (&self->segments, geometry->span, owner);

  fsmm_fork_guard_add (&self->fork_guard, &self->lock);
}

/* --- Chunks come and go --- */

FsmmChunk *
fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address)
{
  return g_hash_table_lookup (self->chunks,
                              fsmm_geometry_chunk_base (&self->geometry, address));
}

/* A GHashTable aborts when there is no memory for it to grow. Asking for what it could need right
 * before, and giving that back, turns nearly all such cases into an error. It grows by doubling. */
static gboolean
have_memory_for_table (FsmmStore *self)
{
  gsize bytes_per_entry = 2 * (2 * sizeof (gpointer) + sizeof (guint));
  gsize wanted = MAX (16, 2 * self->table_capacity);
  gpointer probe;

  if (g_hash_table_size (self->chunks) < self->table_capacity)
    return TRUE;

  probe = fsmm_system_try_new0 (2 * wanted * bytes_per_entry);
  if (probe == NULL)
    return FALSE;

  g_free (probe);
  self->table_capacity = wanted;
  return TRUE;
}

static FsmmChunk *
add_chunk (FsmmStore *self, GQueue *unused)
{
  FsmmSegment *segment;
  FsmmChunk *chunk;
  gpointer base;

  if (!have_memory_for_table (self))
    return NULL;

  base = fsmm_segments_take (&self->segments, &segment);
  if (base == NULL)
    return NULL;

  chunk = fsmm_chunk_new (&self->geometry, base, segment);
  if (chunk == NULL)
    {
      fsmm_segments_give (&self->segments, segment, base, unused);
      return NULL;
    }

  chunk->serial = self->next_serial++;
  g_hash_table_insert (self->chunks, base, chunk);
  g_queue_push_tail_link (&self->all, &chunk->all_link);
  g_queue_push_tail_link (&self->open, &chunk->open_link);
  self->n_free += self->geometry.n_blocks;

  return chunk;
}

static void
dispose_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused)
{
  g_queue_unlink (&self->all, &chunk->all_link);
  fsmm_segments_give (&self->segments, chunk->segment, chunk->base, unused);
  fsmm_chunk_free (chunk);
}

/* Every pin must be gone, but for those of threads that are on the other side of a fork (). */
void
fsmm_store_clear (FsmmStore *self)
{
  GQueue unused = G_QUEUE_INIT;

  fsmm_store_drop_all (self);
  g_assert (self->all.length == 0 || fsmm_fork_is_child ());
  while (self->all.length > 0)
    dispose_chunk (self, g_queue_peek_head (&self->all), &unused);
  fsmm_segments_release (&self->segments, &unused);

  fsmm_fork_guard_remove (&self->fork_guard);
  g_hash_table_unref (self->chunks);
  g_mutex_clear (&self->lock);
}

/* Nothing is taken from the chunk from now on. */
void
fsmm_store_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id)
{
  if (fsmm_store_chunk_is_open (chunk))
    g_queue_unlink (&self->open, &chunk->open_link);

  self->n_free -= self->geometry.n_blocks - chunk->n_live;
  chunk->drop_id = drop_id;
  chunk->dropper = g_thread_self ();
}

/* Makes the chunk's addresses unknown, and gives its memory back as soon as nobody pins it. */
void
fsmm_store_remove_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused)
{
  if (chunk->drop_id == 0)
    fsmm_store_close_chunk (self, chunk, self->epoch);

  g_hash_table_remove (self->chunks, chunk->base);
  self->n_live -= chunk->n_live;

  chunk->detached = TRUE;
  if (chunk->n_pins == 0)
    dispose_chunk (self, chunk, unused);
}

FsmmChunk *
fsmm_store_pin_chunk (FsmmChunk *chunk)
{
  chunk->n_pins++;

  return chunk;
}

void
fsmm_store_unpin_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused)
{
  chunk->n_pins--;
  if (chunk->n_pins == 0 && chunk->detached)
    dispose_chunk (self, chunk, unused);
}

/* Asks the system for all the memory that more chunks would need, and lets go of it: an impossible
 * number is so refused at once, and not after memory has been filled with what leads there. */
static gboolean
system_could_hold (FsmmStore *self, gsize n_chunks)
{
  gsize size;
  gpointer probe;

  if (!g_size_checked_mul (&size, n_chunks, self->geometry.span) ||
      size > G_MAXSIZE - FSMM_SYSTEM_GRANULE)
    return FALSE;

  size = (size + FSMM_SYSTEM_GRANULE - 1) & ~(FSMM_SYSTEM_GRANULE - 1);
  probe = fsmm_system_map (size, FSMM_SYSTEM_GRANULE);
  if (probe != NULL)
    fsmm_system_unmap (probe, size);

  return probe != NULL;
}

/* Adds chunks until @n_blocks are free. All or nothing. */
FsmmTakeResult
fsmm_store_ensure_free (FsmmStore *self, gsize n_blocks, GQueue *unused)
{
  gsize n_chunks, n_added;

  if (n_blocks > self->max_blocks || self->n_live > self->max_blocks - n_blocks)
    return self->max_blocks == G_MAXSIZE ? FSMM_TAKE_NO_MEMORY : FSMM_TAKE_EXHAUSTED;

  if (n_blocks <= self->n_free)
    return FSMM_TAKE_OK;

  n_chunks = (n_blocks - self->n_free - 1) / self->geometry.n_blocks + 1;
  if (n_chunks > 1 && !system_could_hold (self, n_chunks))
    return FSMM_TAKE_NO_MEMORY;

  for (n_added = 0; n_added < n_chunks; n_added++)
    if (add_chunk (self, unused) == NULL)
      break;

  if (n_added == n_chunks)
    return FSMM_TAKE_OK;

  while (n_added-- > 0)
    fsmm_store_remove_chunk (self, g_queue_peek_tail (&self->all), unused);

  return FSMM_TAKE_NO_MEMORY;
}

/* Unlocks, and returns memory to the system that is not used any more: others need not wait for
 * that. */
void
fsmm_store_unlock_and_release (FsmmStore *self, GQueue *unused)
{
  fsmm_unlock (&self->lock);
  fsmm_segments_release (&self->segments, unused);
}

/* --- Blocks change their state --- */

/* There must be a free block. */
gpointer
fsmm_store_take_one (FsmmStore *self, FsmmBlockState to, FsmmFill fill, FsmmChunk **chunk)
{
  FsmmChunk *first = g_queue_peek_head (&self->open);
  gpointer block = fsmm_chunk_take (first, to);

  if (fsmm_chunk_is_full (first))
    g_queue_unlink (&self->open, &first->open_link);

  self->n_free--;
  self->n_live++;
  self->peak_live = MAX (self->peak_live, self->n_live);

  /* With the lock held: once it is not, another thread may drop the chunk. */
  if (fill.source != NULL)
    memcpy (block, fill.source, fill.n_bytes);
  else
    memset (block, 0, fill.n_bytes);

  if (chunk != NULL)
    *chunk = first;
  return block;
}

/* A chunk that was full goes to the end of the queue, so that more of its blocks have come back by
 * the time it is used again: taking many blocks from one chunk is cheaper than one from each. */
FsmmAddressKind
fsmm_store_move_one (FsmmStore *self,
                     FsmmChunk *chunk,
                     gconstpointer address,
                     FsmmBlockState from,
                     FsmmBlockState to)
{
  gboolean was_open = fsmm_store_chunk_is_open (chunk);
  gsize n_live_before = chunk->n_live;
  FsmmAddressKind kind = fsmm_chunk_move (chunk, address, from, to);
  gboolean is_open = fsmm_store_chunk_is_open (chunk);
  gsize n_taken = chunk->n_live - n_live_before; /* or given, modulo G_MAXSIZE + 1 */

  if (is_open && !was_open)
    g_queue_push_tail_link (&self->open, &chunk->open_link);
  else if (was_open && !is_open)
    g_queue_unlink (&self->open, &chunk->open_link);

  /* What is in a chunk counts until that is detached, what is free in it until it is closed. */
  if (!chunk->detached)
    self->n_live += n_taken;
  if (chunk->drop_id == 0)
    self->n_free -= n_taken;

  return kind;
}

static FsmmAddressKind
give_one (FsmmStore *self, gconstpointer address)
{
  FsmmChunk *chunk = fsmm_store_lookup_chunk (self, address);

  if (chunk == NULL)
    return FSMM_ADDRESS_FOREIGN;

  return fsmm_store_move_one (self, chunk, address, FSMM_BLOCK_LIVE, FSMM_BLOCK_FREE);
}

/* Undoes give_one (). */
static void
take_again (FsmmStore *self, gconstpointer block)
{
  FsmmChunk *chunk = fsmm_store_lookup_chunk (self, block);

  fsmm_store_move_one (self, chunk, block, FSMM_BLOCK_FREE, FSMM_BLOCK_LIVE);
}

/* --- Calls --- */

/* Takes @n_blocks blocks, or none. */
FsmmTakeResult
fsmm_store_take (FsmmStore *self, gsize n_blocks, gpointer *blocks, FsmmFill fill)
{
  GQueue unused = G_QUEUE_INIT;
  FsmmTakeResult result;

  fsmm_lock (&self->lock);

  result = fsmm_store_ensure_free (self, n_blocks, &unused);
  if (result == FSMM_TAKE_OK)
    for (gsize i = 0; i < n_blocks; i++)
      blocks[i] = fsmm_store_take_one (self, FSMM_BLOCK_LIVE, fill, NULL);

  fsmm_store_unlock_and_release (self, &unused);

  return result;
}

/* Gives back @n_blocks blocks, leaving out those that are NULL, or none if one of them is not a live
 * block of the store or is there twice: returns what that one is, and its place in @n_given. */
FsmmAddressKind
fsmm_store_give (FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given)
{
  FsmmAddressKind kind = FSMM_ADDRESS_LIVE;
  gsize i;

  fsmm_lock (&self->lock);

  for (i = 0; i < n_blocks; i++)
    if (blocks[i] != NULL && (kind = give_one (self, blocks[i])) != FSMM_ADDRESS_LIVE)
      break;

  *n_given = i;
  if (kind != FSMM_ADDRESS_LIVE)
    while (i-- > 0)
      if (blocks[i] != NULL)
        take_again (self, blocks[i]);

  fsmm_unlock (&self->lock);

  return kind;
}

FsmmAddressKind
fsmm_store_inspect (FsmmStore *self, gconstpointer address)
{
  FsmmAddressKind kind = FSMM_ADDRESS_FOREIGN;
  FsmmChunk *chunk;

  fsmm_lock (&self->lock);

  chunk = fsmm_store_lookup_chunk (self, address);
  if (chunk != NULL)
    kind = fsmm_chunk_inspect (chunk, address);

  fsmm_unlock (&self->lock);

  return kind;
}

/* Sees to it that @n_blocks blocks are free. */
FsmmTakeResult
fsmm_store_reserve (FsmmStore *self, gsize n_blocks)
{
  GQueue unused = G_QUEUE_INIT;
  FsmmTakeResult result;

  fsmm_lock (&self->lock);
  result = fsmm_store_ensure_free (self, n_blocks, &unused);
  fsmm_store_unlock_and_release (self, &unused);

  return result;
}

/* Gives back chunks in which no block is taken. Returns how many. */
gsize
fsmm_store_trim (FsmmStore *self)
{
  GQueue unused = G_QUEUE_INIT;
  gsize n_removed = 0;
  GList *next;

  fsmm_lock (&self->lock);

  for (GList *l = self->open.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      if (chunk->n_live == 0)
        {
          fsmm_store_remove_chunk (self, chunk, &unused);
          n_removed++;
        }
    }

  fsmm_store_unlock_and_release (self, &unused);

  return n_removed;
}
