/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

#include "base/fsmm-probes.h"
#include "engine/chunk/fsmm-spare.h"

/* Memory that no block needs goes back to the system: whole chunks, and of others each page in which
 * no block is out. Nothing of the library's own lies in them. All threads are stopped. */

/* Where the pages of a region start: that with its first block, which may begin well behind those 64 KiB
 * that it is for. */
static gsize
get_start (const FsmmStore *self, gsize region)
{
  gsize first = fsmm_geometry_first_in_region (&self->geometry, region);

  return first * self->geometry.block_size & ~(self->segments.page_size - 1);
}

static gsize
get_end (const FsmmStore *self, gsize region)
{
  return region + 1 < self->geometry.n_regions ? get_start (self, region + 1)
                                               : self->geometry.chunk_bytes;
}

static gsize
region_at (const FsmmStore *self, gsize page)
{
  gsize region = MIN (page >> self->geometry.region_shift, self->geometry.n_regions - 1);

  return get_start (self, region) > page ? region - 1 : region;
}

/* Counts pages that have been given back to the regions whose blocks lie in them. */
static void
note_pages (FsmmStore *self, FsmmChunk *chunk, gsize from, gsize to)
{
  while (from < to)
    {
      gsize region = region_at (self, from);
      gsize end = MIN (to, get_end (self, region));

      fsmm_store_note_given_back (self, &chunk->regions[region],
                                  (guint32) ((end - from) / self->segments.page_size));
      from = end;
    }
}

/* Gives back the pages that lie wholly between two places in a chunk. */
static void
give_back_between (FsmmStore *self, FsmmChunk *chunk, gsize from, gsize to)
{
  gsize page_size = self->segments.page_size;

  from = (from + page_size - 1) & ~(page_size - 1);
  to &= ~(page_size - 1);
  if (from < to && fsmm_segments_give_back (&self->segments, chunk->segment, chunk->base + from,
                                            (to - from) / page_size))
    note_pages (self, chunk, from, to);
}

/* A bit for each of the blocks of a word that is out. */
static guint64
find_busy (const FsmmRegion *region, gsize word)
{
  gsize n = MIN (region->n_blocks - word * FSMM_WORD_CELLS, FSMM_WORD_CELLS);
  guint64 all = n == FSMM_WORD_CELLS ? G_MAXUINT64 : ((guint64) 1 << n) - 1;

  return all & ~fsmm_cells_find_idle (region->cells + word * FSMM_WORD_CELLS);
}

/* Gives back what lies before each block of a region that is out, as far as the one before that.
 * Returns where the last one ends. */
static gsize
give_back_in_region (FsmmStore *self, FsmmRegion *region, gsize end_of_last)
{
  FsmmChunk *chunk = region->chunk;
  gsize block_size = self->geometry.block_size;
  gsize n_words = fsmm_region_count_words (region);

  for (gsize i = 0; i < n_words; i++)
    for (guint64 busy = find_busy (region, i); busy != 0; busy &= busy - 1)
      {
        gsize number = i * FSMM_WORD_CELLS + (gsize) __builtin_ctzll (busy);
        gsize start = (region->first + number) * block_size;

        give_back_between (self, chunk, end_of_last, start);
        end_of_last = start + block_size;
      }

  return end_of_last;
}

/* What has been given back before is counted anew. */
static void
give_back_pages (FsmmStore *self, FsmmChunk *chunk)
{
  gsize end_of_last = 0;

  for (gsize i = 0; i < self->geometry.n_regions; i++)
    fsmm_store_forget_given_back (self, &chunk->regions[i]);
  for (gsize i = 0; i < self->geometry.n_regions; i++)
    end_of_last = give_back_in_region (self, &chunk->regions[i], end_of_last);

  give_back_between (self, chunk, end_of_last, self->geometry.chunk_bytes);
}

/* Blocks that are free have to stay as they are where somebody looks at what is written to them. */
static gboolean
can_give_back_pages (const FsmmStore *self)
{
  return self->debug == 0 && self->geometry.chunk_bytes > self->segments.page_size;
}

/* What fsmm-heap-decay.c learns from a trim. */
static void
note_trim (FsmmStore *self, gsize n_after, gsize gain)
{
  self->decay.trimmed_to = n_after;
  self->decay.gain = gain;
  self->decay.trimmed_live = fsmm_cache_count_live (self);
}

/* Returns how many bytes less the store holds than before. It may hold more: what the system refuses
 * counts, also if it did not before. */
gsize
fsmm_heap_trim_and_unlock (FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gsize n_before, n_after, gain;
  GList *next;

  deferred.is_trimming = TRUE;
  fsmm_heap_quiesce (self, &deferred);
  n_before = fsmm_heap_count_reserved (self);

  for (GList *l = self->all.head; l != NULL; l = next)
    {
      FsmmChunk *chunk = l->data;

      next = l->next;
      if (chunk->drop_id != 0)
        continue;
      if (fsmm_chunk_count_idle (chunk) == self->geometry.n_blocks)
        fsmm_heap_remove_idle_chunk (self, chunk, &deferred);
      else if (can_give_back_pages (self))
        give_back_pages (self, chunk);
    }

  fsmm_segments_tidy (&self->segments);
  /* So that each region is seen to be used again. */
  for (GList *l = self->caches.head; l != NULL; l = l->next)
    fsmm_cache_rest (l->data);

  n_after = fsmm_heap_count_reserved (self);
  gain = n_before - MIN (n_after, n_before);
  note_trim (self, n_after, gain);
  fsmm_probe_trimmed (self->identity.name, self->id, gain, n_after);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return gain;
}

gsize
fsmm_heap_trim (FsmmStore *self)
{
  fsmm_heap_lock (self);

  return fsmm_heap_trim_and_unlock (self);
}

/* --- All stores --- */

/* One after the other. Others may come and go meanwhile: no lock but that of one store is held when @func
 * is called, which gives it back. Returns the sum of what that returns. */
guint64
fsmm_heap_sum_up_stores (gsize (*func) (FsmmStore *store))
{
  g_autoptr (GArray) names = fsmm_thread_list_stores ();
  guint64 sum = 0;

  for (guint i = 0; i < names->len; i++)
    {
      const FsmmStoreName *name = &g_array_index (names, FsmmStoreName, i);

      if (!fsmm_thread_lock_store (name))
        continue;

      fsmm_heap_settle (name->store);
      sum += func (name->store);
    }

  return sum;
}

static gsize
count_reserved_and_unlock (FsmmStore *self)
{
  gsize reserved = fsmm_heap_count_reserved (self);

  fsmm_unlock (self->lock);

  return reserved;
}

guint64
fsmm_heap_count_reserved_all (void)
{
  return fsmm_heap_sum_up_stores (count_reserved_and_unlock);
}

gsize
fsmm_heap_count_spare_bytes (void)
{
  return fsmm_spare_count_bytes ();
}

gsize
fsmm_heap_trim_all (void)
{
  return (gsize) fsmm_heap_sum_up_stores (fsmm_heap_trim_and_unlock) + fsmm_spare_give_back ();
}
