/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-store-private.h"

#include "fsmm-lock-private.h"
#include "fsmm-registry-private.h"
#include "fsmm-system-private.h"

#include <string.h>

/* @max_blocks is G_MAXSIZE for no limit. @owner is what the registry names for addresses in the
 * store's chunks. */
void
fsmm_store_init (FsmmStore *self,
                 const FsmmGeometry *geometry,
                 gsize max_blocks,
                 gpointer owner)
{
  *self = (FsmmStore) { .geometry = *geometry, .max_blocks = max_blocks };

  g_mutex_init (&self->lock);
  self->chunks = g_hash_table_new (NULL, NULL);
  g_queue_init (&self->all);
  g_queue_init (&self->open);
  fsmm_segments_init (&self->segments, geometry->span, owner);

  fsmm_fork_guard_add (&self->fork_guard, &self->lock);
}

/* Every pin must be gone. */
void
fsmm_store_clear (FsmmStore *self)
{
  fsmm_store_drop_all (self);
  g_assert (self->all.length == 0);

  fsmm_fork_guard_remove (&self->fork_guard);
  g_hash_table_unref (self->chunks);
  g_mutex_clear (&self->lock);
}

/* --- Chunks come and go (the lock is held) --- */

static gsize
count_free (const FsmmStore *self)
{
  return g_hash_table_size (self->chunks) * self->geometry.n_blocks - self->n_live;
}

/* A GHashTable aborts when there is no memory for it to grow. Asking for what it could need right
 * before, and giving that back, turns nearly all such cases into an error. */
static gboolean
have_memory_for_table (const FsmmStore *self)
{
  gsize bytes_per_entry = 2 * (2 * sizeof (gpointer) + sizeof (guint));
  gpointer probe = fsmm_system_try_new0 ((g_hash_table_size (self->chunks) + 16) * bytes_per_entry);

  g_free (probe);

  return probe != NULL;
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

  return chunk;
}

static void
dispose_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused)
{
  g_queue_unlink (&self->all, &chunk->all_link);
  fsmm_segments_give (&self->segments, chunk->segment, chunk->base, unused);
  fsmm_chunk_free (chunk);
}

/* Makes the chunk's addresses unknown, and gives its memory back as soon as nobody reads it. */
static void
remove_chunk (FsmmStore *self, FsmmChunk *chunk, GQueue *unused)
{
  g_hash_table_remove (self->chunks, chunk->base);
  if (!fsmm_chunk_is_full (chunk))
    g_queue_unlink (&self->open, &chunk->open_link);
  self->n_live -= chunk->n_live;

  if (chunk->n_pins > 0)
    chunk->detached = TRUE;
  else
    dispose_chunk (self, chunk, unused);
}

static FsmmChunk *
lookup_chunk (FsmmStore *self, gconstpointer address)
{
  return g_hash_table_lookup (self->chunks,
                              fsmm_geometry_chunk_base (&self->geometry, address));
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
static FsmmTakeResult
ensure_free (FsmmStore *self, gsize n_blocks, GQueue *unused)
{
  gsize n_free = count_free (self);
  gsize n_chunks, n_added;

  if (n_blocks > self->max_blocks || self->n_live > self->max_blocks - n_blocks)
    return FSMM_TAKE_EXHAUSTED;
  if (n_blocks <= n_free)
    return FSMM_TAKE_OK;

  n_chunks = (n_blocks - n_free - 1) / self->geometry.n_blocks + 1;
  if (n_chunks > 1 && !system_could_hold (self, n_chunks))
    return FSMM_TAKE_NO_MEMORY;

  for (n_added = 0; n_added < n_chunks; n_added++)
    if (add_chunk (self, unused) == NULL)
      break;

  if (n_added == n_chunks)
    return FSMM_TAKE_OK;

  while (n_added-- > 0)
    remove_chunk (self, g_queue_peek_tail (&self->all), unused);

  return FSMM_TAKE_NO_MEMORY;
}

/* Unlocks, and returns memory to the system that is not used any more: others need not wait for
 * that. */
static void
unlock_and_release (FsmmStore *self, GQueue *unused)
{
  fsmm_unlock (&self->lock);
  fsmm_segments_release (&self->segments, unused);
}

/* --- Blocks change hands (the lock is held) --- */

static gpointer
take_one (FsmmStore *self, gsize n_zeroed)
{
  FsmmChunk *chunk = g_queue_peek_head (&self->open);
  gpointer block = fsmm_chunk_take (chunk);

  if (fsmm_chunk_is_full (chunk))
    g_queue_unlink (&self->open, &chunk->open_link);

  self->n_live++;
  self->peak_live = MAX (self->peak_live, self->n_live);

  /* With the lock held: once it is not, another thread may drop the chunk. */
  memset (block, 0, n_zeroed);

  return block;
}

/* A chunk that was full goes to the end of the queue, so that more of its blocks have come back by
 * the time it is used again: taking many blocks from one chunk is cheaper than one from each. */
static FsmmAddressKind
give_one (FsmmStore *self, gconstpointer address)
{
  FsmmChunk *chunk = lookup_chunk (self, address);
  FsmmAddressKind kind;
  gboolean was_full;

  if (chunk == NULL)
    return FSMM_ADDRESS_FOREIGN;

  was_full = fsmm_chunk_is_full (chunk);
  kind = fsmm_chunk_give (chunk, address);
  if (kind != FSMM_ADDRESS_LIVE)
    return kind;

  if (was_full)
    g_queue_push_tail_link (&self->open, &chunk->open_link);
  self->n_live--;

  return FSMM_ADDRESS_LIVE;
}

/* Undoes give_one (). */
static void
take_again (FsmmStore *self, gconstpointer block)
{
  FsmmChunk *chunk = lookup_chunk (self, block);

  fsmm_chunk_take_again (chunk, block);
  if (fsmm_chunk_is_full (chunk))
    g_queue_unlink (&self->open, &chunk->open_link);
  self->n_live++;
}

/* --- Calls --- */

/* Takes @n_blocks blocks, or none. The first @n_zeroed bytes of each are set to 0. */
FsmmTakeResult
fsmm_store_take (FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize n_zeroed)
{
  GQueue unused = G_QUEUE_INIT;
  FsmmTakeResult result;

  fsmm_lock (&self->lock);

  result = ensure_free (self, n_blocks, &unused);
  if (result == FSMM_TAKE_OK)
    for (gsize i = 0; i < n_blocks; i++)
      blocks[i] = take_one (self, n_zeroed);

  unlock_and_release (self, &unused);

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

  chunk = lookup_chunk (self, address);
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
  result = ensure_free (self, n_blocks, &unused);
  unlock_and_release (self, &unused);

  return result;
}

/* Gives back chunks with no live block. Returns how many. */
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
          remove_chunk (self, chunk, &unused);
          n_removed++;
        }
    }

  unlock_and_release (self, &unused);

  return n_removed;
}

/* Drops every block and every chunk. Returns how many blocks were live. */
gsize
fsmm_store_drop_all (FsmmStore *self)
{
  GQueue unused = G_QUEUE_INIT;
  gsize n_dropped;
  GList *next;

  fsmm_lock (&self->lock);

  n_dropped = self->n_live;
  self->epoch++;
  for (GList *l = self->all.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      if (!chunk->detached)
        remove_chunk (self, chunk, &unused);
    }

  unlock_and_release (self, &unused);

  return n_dropped;
}

/* --- Handles --- */

/* Takes a block of zeroes, and tells the epoch it belongs to. It is gone when the epoch is over. */
gpointer
fsmm_store_take_for_handle (FsmmStore *self, guint64 *epoch, FsmmTakeResult *result)
{
  GQueue unused = G_QUEUE_INIT;
  gpointer block = NULL;

  fsmm_lock (&self->lock);

  *epoch = self->epoch;
  *result = ensure_free (self, 1, &unused);
  if (*result == FSMM_TAKE_OK)
    block = take_one (self, self->geometry.alloc_size);

  unlock_and_release (self, &unused);

  return block;
}

gboolean
fsmm_store_is_in_epoch (FsmmStore *self, guint64 epoch)
{
  gboolean is_in_epoch;

  fsmm_lock (&self->lock);
  is_in_epoch = self->epoch == epoch;
  fsmm_unlock (&self->lock);

  return is_in_epoch;
}

/* Returns FALSE if the block is gone. */
gboolean
fsmm_store_give_from_handle (FsmmStore *self, gpointer block, guint64 epoch)
{
  gboolean given;

  fsmm_lock (&self->lock);
  given = self->epoch == epoch && give_one (self, block) == FSMM_ADDRESS_LIVE;
  fsmm_unlock (&self->lock);

  return given;
}

static FsmmChunk *
pin (FsmmChunk *chunk)
{
  chunk->n_pins++;

  return chunk;
}

static void
unpin (FsmmStore *self, FsmmChunk *chunk, GQueue *unused)
{
  chunk->n_pins--;
  if (chunk->n_pins == 0 && chunk->detached)
    dispose_chunk (self, chunk, unused);
}

/* Makes the memory of a live block stay where it is until fsmm_store_unpin (), whatever is dropped
 * meanwhile. NULL if the block is gone. */
FsmmChunk *
fsmm_store_pin (FsmmStore *self, gconstpointer block, guint64 epoch)
{
  FsmmChunk *chunk = NULL;

  fsmm_lock (&self->lock);
  if (self->epoch == epoch)
    chunk = lookup_chunk (self, block);
  if (chunk != NULL)
    pin (chunk);
  fsmm_unlock (&self->lock);

  return chunk;
}

void
fsmm_store_unpin (FsmmStore *self, FsmmChunk *chunk)
{
  GQueue unused = G_QUEUE_INIT;

  fsmm_lock (&self->lock);
  unpin (self, chunk, &unused);
  unlock_and_release (self, &unused);
}

/* --- Walking over live blocks --- */

/* Starts a walk over the blocks of the chunks that exist now. */
void
fsmm_store_cursor_init (FsmmStoreCursor *cursor, FsmmStore *self)
{
  GList *head;

  cursor->store = self;
  cursor->next_index = 0;

  fsmm_lock (&self->lock);
  head = self->all.head;
  cursor->chunk = head != NULL ? pin (head->data) : NULL;
  cursor->end_serial = self->next_serial;
  fsmm_unlock (&self->lock);
}

/* The pinned chunk stays in the list even when it is detached, and so leads on to the next one. */
static void
cursor_advance (FsmmStoreCursor *cursor, GQueue *unused)
{
  FsmmChunk *chunk = cursor->chunk;
  GList *next = chunk->all_link.next;

  cursor->chunk = NULL;
  cursor->next_index = 0;
  if (next != NULL && ((FsmmChunk *) next->data)->serial < cursor->end_serial)
    cursor->chunk = pin (next->data);

  unpin (cursor->store, chunk, unused);
}

/* The next block that is live at this moment, or NULL at the end. */
gpointer
fsmm_store_cursor_next (FsmmStoreCursor *cursor)
{
  FsmmStore *store = cursor->store;
  GQueue unused = G_QUEUE_INIT;
  gpointer block = NULL;

  fsmm_lock (&store->lock);

  while (cursor->chunk != NULL && block == NULL)
    {
      if (!cursor->chunk->detached)
        block = fsmm_chunk_next_live (cursor->chunk, cursor->next_index);
      if (block != NULL)
        cursor->next_index = fsmm_chunk_index (cursor->chunk, block) + 1;
      else
        cursor_advance (cursor, &unused);
    }

  unlock_and_release (store, &unused);

  return block;
}

/* Ends a walk that has not come to its end by itself. */
void
fsmm_store_cursor_clear (FsmmStoreCursor *cursor)
{
  if (cursor->chunk != NULL)
    fsmm_store_unpin (cursor->store, cursor->chunk);
  cursor->chunk = NULL;
}

/* --- Looking in --- */

/* One consistent picture. */
void
fsmm_store_get_stats (FsmmStore *self, FsmmStoreStats *stats)
{
  fsmm_lock (&self->lock);

  stats->n_chunks = g_hash_table_size (self->chunks);
  stats->n_live = self->n_live;
  stats->n_free = MIN (count_free (self), self->max_blocks - self->n_live);
  stats->peak_live = self->peak_live;
  stats->reserved_bytes = stats->n_chunks * self->geometry.chunk_bytes;

  fsmm_unlock (&self->lock);
}

static char *
find_chunk_fault (FsmmStore *self, FsmmChunk *chunk)
{
  gboolean is_open = g_queue_index (&self->open, chunk) >= 0;

  if (lookup_chunk (self, chunk->base) != chunk)
    return g_strdup_printf ("chunk %p is not in the table", chunk->base);
  if (is_open == fsmm_chunk_is_full (chunk))
    return g_strdup_printf ("chunk %p is %s the queue of open chunks", chunk->base,
                            is_open ? "full, but in" : "not full, but not in");
  if (fsmm_registry_lookup (chunk->base) != self->segments.owner ||
      fsmm_registry_lookup (chunk->base + self->geometry.chunk_bytes - 1) != self->segments.owner)
    return g_strdup_printf ("chunk %p is not in the registry", chunk->base);

  return fsmm_chunk_find_fault (chunk);
}

static char *
find_fault_locked (FsmmStore *self)
{
  gsize n_live = 0, n_attached = 0;
  guint64 serial = 0;

  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;
      char *fault;

      if (l->prev != NULL && chunk->serial <= serial)
        return g_strdup_printf ("chunk %p is out of order", chunk->base);
      serial = chunk->serial;

      if (chunk->detached && chunk->n_pins == 0)
        return g_strdup_printf ("chunk %p is detached, and nobody reads it", chunk->base);
      if (chunk->detached)
        continue;

      fault = find_chunk_fault (self, chunk);
      if (fault != NULL)
        return fault;

      n_attached++;
      n_live += chunk->n_live;
    }

  if (n_attached != g_hash_table_size (self->chunks))
    return g_strdup_printf ("%u chunks are in the table, and %" G_GSIZE_FORMAT " in the list",
                            g_hash_table_size (self->chunks), n_attached);
  if (n_live != self->n_live || n_live > self->peak_live || n_live > self->max_blocks)
    return g_strdup_printf ("%" G_GSIZE_FORMAT " blocks are live, %" G_GSIZE_FORMAT
                            " are counted, with a peak of %" G_GSIZE_FORMAT,
                            n_live, self->n_live, self->peak_live);

  return NULL;
}

/* Checks everything that must always be true of a store, for tests and for debugging. Returns what is
 * not, or NULL. */
char *
fsmm_store_find_fault (FsmmStore *self)
{
  char *fault;

  fsmm_lock (&self->lock);
  fault = find_fault_locked (self);
  fsmm_unlock (&self->lock);

  return fault;
}
