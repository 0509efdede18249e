/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-locked.h"

#include "base/fsmm-system.h"

/* Called with the lock held, all but the first. */

/* The lower bits of a chunk's base are 0, and those that tell large chunks apart are the upper
 * ones. */
static guint
hash_base (gconstpointer base)
{
  return (guint) (((guint64) (guintptr) base * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> 32);
}

void
fsmm_store_clear_lookup (FsmmStore *self)
{
  g_clear_pointer (&self->chunks, g_hash_table_unref);
}

FsmmChunk *
fsmm_store_lookup_chunk (FsmmStore *self, gconstpointer address)
{
  if (self->chunks == NULL)
    return NULL;

  return g_hash_table_lookup (self->chunks, fsmm_geometry_chunk_base (&self->geometry, address));
}

/* --- What an address is --- */

FsmmPlace
fsmm_store_look_up (FsmmStore *self, gconstpointer address)
{
  FsmmChunk *chunk = fsmm_store_lookup_chunk (self, address);
  FsmmPlace place = { .address = address, .kind = FSMM_ADDRESS_FOREIGN, .chunk = chunk };
  gboolean is_start;
  gsize block;

  if (chunk == NULL)
    return place;

  is_start = fsmm_geometry_is_start (&self->geometry,
                                     (guintptr) address & self->geometry.offset_mask, &block);
  place.kind = FSMM_ADDRESS_TAIL;
  if (block >= self->geometry.n_blocks)
    return place;

  place.slot = fsmm_chunk_get_slot (chunk, block);
  place.found = fsmm_state_get (place.slot.state);
  place.kind = is_start ? fsmm_state_to_kind (place.found) : FSMM_ADDRESS_INTERIOR;

  return place;
}

void
fsmm_place_describe (const FsmmPlace *self, FsmmLook *look)
{
  const FsmmChunk *chunk = self->chunk;

  *look = (FsmmLook) { .kind = self->kind };
  if (self->slot.block == NULL)
    return;

  look->chunk = chunk->base;
  look->index = fsmm_chunk_number (chunk, self->slot.block);
  look->block = self->slot.block;
  look->offset = (const guint8 *) self->address - (const guint8 *) look->block;
  look->is_out = fsmm_state_is_out (self->found);
  if (chunk->histories != NULL)
    look->history = chunk->histories[look->index];
}

/* --- Chunks become known and unknown --- */

/* A GHashTable aborts when there is no memory for it to grow. Asking for what it could need right
 * before, and giving that back, turns nearly all such cases into an error. It grows by doubling. */
static gboolean
have_memory_for_table (FsmmStore *self)
{
  gsize bytes_per_entry = 2 * (2 * sizeof (gpointer) + sizeof (guint));
  gsize wanted = MAX (16, 2 * self->table_capacity);
  gpointer probe;

  if (fsmm_store_count_chunks (self) < self->table_capacity)
    return TRUE;

  probe = fsmm_system_try_new0 (2 * wanted * bytes_per_entry);
  if (probe == NULL)
    return FALSE;

  g_free (probe);
  self->table_capacity = wanted;
  if (self->chunks == NULL)
    self->chunks = g_hash_table_new (hash_base, NULL);
  return TRUE;
}

/* The page map has a segment for as long as a chunk in it is known. */
static gboolean
enter_in_mirror (FsmmStore *self, FsmmChunk *chunk)
{
  FsmmSegment *segment = chunk->segment;

  if (G_UNLIKELY (segment == NULL))
    {
      fsmm_page_map_add_malloced (chunk->base, self);
      return TRUE;
    }

  if (segment->n_contents == 0 &&
      !fsmm_page_map_add (segment->base, segment->size, self,
                          segment))
    return FALSE;

  fsmm_segment_set_content (&self->segments, segment, chunk->base, chunk);
  return TRUE;
}

static void
remove_from_mirror (FsmmStore *self, FsmmChunk *chunk)
{
  FsmmSegment *segment = chunk->segment;

  if (G_UNLIKELY (segment == NULL))
    {
      fsmm_page_map_remove_malloced (chunk->base);
      return;
    }

  fsmm_segment_set_content (&self->segments, segment, chunk->base, NULL);
  if (segment->n_contents == 0)
    fsmm_page_map_remove (segment->base, segment->size);
}

/* Makes the addresses of a chunk known. Returns FALSE if there is no memory for that. */
gboolean
fsmm_store_make_known (FsmmStore *self, FsmmChunk *chunk)
{
  if (!have_memory_for_table (self) || !enter_in_mirror (self, chunk))
    return FALSE;

  g_hash_table_insert (self->chunks, chunk->base, chunk);
  return TRUE;
}

/* Makes the addresses of a closed chunk unknown. Readers are stopped: no thread still looks at the
 * chunk, or at its segment. */
void
fsmm_store_make_unknown (FsmmStore *self, FsmmChunk *chunk)
{
  g_hash_table_remove (self->chunks, chunk->base);
  remove_from_mirror (self, chunk);
}

/* --- Checking --- */

/* Memory that is pinned only is unknown, and is not used again before the last pin is gone. */
static char *
find_mirror_fault (FsmmStore *self, FsmmChunk *chunk)
{
  FsmmChunk *expected = chunk->detached ? NULL : chunk;
  const char *how = chunk->detached ? "still" : "not";
  const guint8 *last = chunk->base + self->geometry.chunk_bytes - 1;
  gboolean names_store = fsmm_page_map_find_store (chunk->base) == self;

  if (fsmm_store_lookup_chunk (self, chunk->base) != expected)
    return g_strdup_printf ("chunk %p is %s in the table", chunk->base, how);
  if (fsmm_store_find_chunk (self, chunk->base) != expected ||
      fsmm_store_find_chunk (self, last) != expected || (expected != NULL && !names_store))
    return g_strdup_printf ("chunk %p is %s in the page map", chunk->base, how);

  return NULL;
}

/* Counts each segment where its first chunk comes. */
static guint
count_contents (FsmmStore *self, const FsmmChunk *chunk)
{
  const FsmmSegment *segment = chunk->segment;

  if (segment == NULL)
    return !chunk->detached;

  return fsmm_segment_slot_of (&self->segments, segment, chunk->base) ==
                 (gsize) __builtin_ctzll (segment->used)
             ? segment->n_contents
             : 0;
}

/* Compares the mirror with the truth, and that with the list of all chunks. Readers are stopped.
 * Returns what is wrong, or NULL. */
char *
fsmm_store_find_lookup_fault (FsmmStore *self)
{
  guint n_attached = 0, n_mirrored = 0;
  char *fault = NULL;

  for (GList *l = self->all.head; l != NULL && fault == NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      fault = find_mirror_fault (self, chunk);
      n_attached += !chunk->detached;
      n_mirrored += count_contents (self, chunk);
    }

  if (fault == NULL && (n_attached != fsmm_store_count_chunks (self) || n_attached != n_mirrored))
    fault = g_strdup_printf ("%u chunks are in the table, %u in the page map, and %u in the list",
                             fsmm_store_count_chunks (self), n_mirrored, n_attached);

  return fault;
}
