/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-locked.h"

#include "engine/store/fsmm-store-debug.h"
#include "base/fsmm-system.h"
#include "base/fsmm-thread-local.h"

/* @max_blocks is G_MAXSIZE for no limit. */
void
fsmm_store_set_up (FsmmStore *self,
                   const FsmmGeometry *geometry,
                   gsize max_blocks,
                   guint max_cached,
                   FsmmDebugFlags debug,
                   const FsmmSubject *identity)
{
  *self = (FsmmStore) {
    .geometry = *geometry,
    .max_blocks = max_blocks,
    .max_cached = max_cached,
    .identity = *identity,
    .debug = debug,
    .epoch = 1,
  };

  g_mutex_init (&self->lock);
  fsmm_store_init_lookup (self);
  g_queue_init (&self->all);
  g_queue_init (&self->open);
  g_queue_init (&self->readers);
  fsmm_segments_init (&self->segments, geometry->chunk_alignment);
  if (G_UNLIKELY (debug != 0))
    fsmm_store_debug_init (self);
}

/* There is no chunk any more, and no reader. */
void
fsmm_store_tear_down (FsmmStore *self)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  g_assert (self->all.length == 0);
  fsmm_segments_release (&self->segments, &deferred.unused);

  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_clear (self);
  fsmm_store_clear_lookup (self);
  g_mutex_clear (&self->lock);
}

/* --- Chunks come and go --- */

/* A chunk's memory, and in @segment what that is from: NULL for malloc (). */
static gpointer
alloc_slot (FsmmStore *self, FsmmSegment **segment)
{
  if (G_LIKELY (!(self->debug & FSMM_DEBUG_MALLOC)))
    return fsmm_segments_alloc_slot (&self->segments, segment);

  *segment = NULL;
  return fsmm_system_try_new_aligned (self->geometry.alloc_size, self->geometry.chunk_alignment);
}

static void
free_slot (FsmmStore *self, FsmmSegment *segment, gpointer base, FsmmDeferred *deferred)
{
  if (G_UNLIKELY (segment == NULL))
    fsmm_system_free_aligned (base);
  else if (fsmm_segments_free_slot (&self->segments, segment, base))
    fsmm_segments_remove (&self->segments, segment, &deferred->unused);
}

static void
free_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_dispose_chunk (self, chunk);

  free_slot (self, chunk->segment, chunk->base, deferred);
  fsmm_chunk_free (chunk);
}

/* A chunk whose addresses are unknown. NULL if there is no memory for one more. */
static FsmmChunk *
new_chunk (FsmmStore *self, FsmmDeferred *deferred)
{
  FsmmSegment *segment;
  gpointer base = alloc_slot (self, &segment);
  FsmmChunk *chunk;

  if (base == NULL)
    return NULL;

  chunk = fsmm_chunk_new (&self->geometry, base, segment);
  if (chunk != NULL && G_UNLIKELY (self->debug != 0) && !fsmm_store_debug_add_chunk (self, chunk))
    g_clear_pointer (&chunk, fsmm_chunk_free);
  if (chunk == NULL)
    free_slot (self, segment, base, deferred);

  return chunk;
}

/* NULL if there is no memory for one more. */
FsmmChunk *
fsmm_store_add_chunk (FsmmStore *self, FsmmDeferred *deferred)
{
  FsmmChunk *chunk = new_chunk (self, deferred);

  if (chunk == NULL)
    return NULL;

  if (!fsmm_store_make_known (self, chunk))
    {
      free_chunk (self, chunk, deferred);
      return NULL;
    }

  chunk->serial = self->next_serial++;
  g_queue_push_tail_link (&self->all, &chunk->all_link);
  g_queue_push_tail_link (&self->open, &chunk->open_link);
  self->n_free += self->geometry.n_blocks;

  return chunk;
}

static void
dispose_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  g_queue_unlink (&self->all, &chunk->all_link);
  free_chunk (self, chunk, deferred);
}

/* Nothing is taken from the chunk from now on, and threads that have met it look at it only with
 * the lock. */
void
fsmm_store_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id, FsmmDeferred *deferred)
{
  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_close_chunk (self, chunk, deferred);

  if (fsmm_store_chunk_is_open (chunk))
    g_queue_unlink (&self->open, &chunk->open_link);

  fsmm_store_stop_for (self, deferred);
  fsmm_store_forget_chunk (self, chunk->base);
  self->n_free -= self->geometry.n_blocks - chunk->n_out;
  chunk->drop_id = drop_id;
  chunk->dropper = fsmm_thread_self ();
}

/* Makes the chunk's addresses unknown, and gives its memory back as soon as no pin is left. No
 * block of it is in a cache. */
void
fsmm_store_remove_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  if (chunk->drop_id == 0)
    fsmm_store_close_chunk (self, chunk, self->epoch, deferred);

  fsmm_store_stop_for (self, deferred);
  fsmm_store_make_unknown (self, chunk);
  self->n_out -= chunk->n_out;

  chunk->detached = TRUE;
  if (chunk->n_pins == 0)
    dispose_chunk (self, chunk, deferred);
}

FsmmChunk *
fsmm_store_pin_chunk (FsmmChunk *chunk)
{
  chunk->n_pins++;

  return chunk;
}

void
fsmm_store_unpin_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  chunk->n_pins--;
  if (chunk->n_pins == 0 && chunk->detached)
    dispose_chunk (self, chunk, deferred);
}

/* Called with the lock held, where the other threads do not exist, or do not use the store any
 * more. */
void
fsmm_store_abandon_drops_of_others (FsmmStore *self)
{
  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      if (chunk->dropper != fsmm_thread_self ())
        chunk->dropper = NULL;
    }
}

/* What is to be called when the store is unlocked, if no pin is left. */
static FsmmReleaseFunc
take_release (FsmmStore *self)
{
  if (G_LIKELY (self->release == NULL) || self->all.length > 0 || self->n_drops > 0)
    return NULL;

  return g_steal_pointer (&self->release);
}

/* Unlocks, and does what others need not wait for, or must not be locked out from. */
void
fsmm_store_unlock_and_finish (FsmmStore *self, FsmmDeferred *deferred)
{
  FsmmReleaseFunc release;
  GList *link;

  while (G_UNLIKELY ((link = g_queue_pop_head_link (&deferred->emptied)) != NULL))
    fsmm_store_remove_chunk (self, link->data, deferred);

  if (deferred->is_stopped)
    fsmm_store_resume (self);
  release = take_release (self);
  fsmm_unlock (&self->lock);

  fsmm_segments_release (&self->segments, &deferred->unused);
  fsmm_late_double_frees_log (&deferred->double_frees);
  while (G_UNLIKELY (deferred->damage_reports.length > 0))
    fsmm_damage_report_log (g_queue_pop_head (&deferred->damage_reports));

  /* The store may be gone after this. */
  if (G_UNLIKELY (release != NULL))
    release (self->identity.owner);
}
