/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-locked.h"

#include "engine/store/fsmm-store-debug.h"
#include "base/fsmm-probes.h"
#include "base/fsmm-system.h"
#include "base/fsmm-thread-local.h"

/* @max_blocks is G_MAXSIZE for no limit. */
void
fsmm_store_set_up (FsmmStore *self,
                   const FsmmGeometry *geometry,
                   gsize max_blocks,
                   FsmmDebugFlags debug,
                   const FsmmSubject *identity)
{
  *self = (FsmmStore) {
    .geometry = *geometry,
    .max_blocks = max_blocks,
    .identity = *identity,
    .debug = debug,
    .epoch = 1,
    .retain_bytes = -1,
  };

  g_queue_init (&self->all);
  g_queue_init (&self->caches);
  g_queue_init (&self->fresh);
  g_queue_init (&self->orphans);
  fsmm_segments_init (&self->segments, geometry->chunk_alignment, debug == 0);
  if (G_UNLIKELY (debug != 0))
    fsmm_store_debug_init (self);
}

/* There is no chunk any more, and no reader. */
void
fsmm_store_tear_down (FsmmStore *self)
{
  g_assert (self->all.length == 0);

  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_clear (self);
  fsmm_store_clear_lookup (self);
  g_free (self->waiting);
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

/* Blocks can be taken from it. */
static void
open_chunk (FsmmStore *self, FsmmChunk *chunk)
{
  self->n_blocks += self->geometry.n_blocks;
  for (gsize i = 0; i < self->geometry.n_regions; i++)
    fsmm_store_keep_region (&self->fresh, &chunk->regions[i]);
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
  open_chunk (self, chunk);
  fsmm_probe_chunk_added (self->identity.name, self->id, chunk->base, self->geometry.chunk_bytes);

  return chunk;
}

static void
dispose_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  g_queue_unlink (&self->all, &chunk->all_link);
  free_chunk (self, chunk, deferred);
}

/* Nothing is taken from the chunk from now on, and threads look at it only with the lock. They are
 * stopped, and none of its regions has an owner. */
void
fsmm_store_close_chunk (FsmmStore *self, FsmmChunk *chunk, gsize drop_id, FsmmDeferred *deferred)
{
  if (G_UNLIKELY (self->debug != 0))
    fsmm_store_debug_close_chunk (self, chunk, deferred);

  chunk->n_left = self->geometry.n_blocks - fsmm_chunk_count_idle (chunk);
  for (gsize i = 0; i < self->geometry.n_regions; i++)
    {
      fsmm_store_set_counted (self, &chunk->regions[i], 0);
      fsmm_store_take_region (&chunk->regions[i]);
    }

  self->n_counted += chunk->n_left;
  self->n_closed += chunk->n_left;
  self->n_blocks -= self->geometry.n_blocks;
  chunk->drop_id = drop_id;
  chunk->dropper = fsmm_thread_self ();
}

static void
forget_live (FsmmStore *self, gsize n_blocks)
{
  self->n_closed -= n_blocks;
  self->n_counted -= n_blocks;
  self->n_live -= (gssize) n_blocks;
}

/* A block of a closed chunk has come back. Nobody is to have it any more. */
void
fsmm_store_free_in_closed_chunk (FsmmStore *self, FsmmSlot slot)
{
  FsmmChunk *chunk = slot.region->chunk;

  fsmm_state_set (slot.state, FSMM_STATE_FREE);
  chunk->n_left--;
  if (!chunk->detached)
    forget_live (self, 1);
}

/* Makes the addresses of a closed chunk unknown, and gives its memory back as soon as no pin is
 * left. */
void
fsmm_store_remove_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  fsmm_store_stop_for (self, deferred);
  fsmm_store_make_unknown (self, chunk);
  for (gsize i = 0; i < self->geometry.n_regions; i++)
    fsmm_store_forget_given_back (self, &chunk->regions[i]);
  forget_live (self, chunk->n_left);
  fsmm_probe_chunk_dropped (self->identity.name, self->id, chunk->base, self->geometry.chunk_bytes);

  chunk->detached = TRUE;
  if (chunk->n_pins == 0)
    dispose_chunk (self, chunk, deferred);
}

/* The blocks of a closed chunk are gone, and it is as good as a new one, with pages that are in memory
 * already, but for those that have been given back. Nothing pins it. */
void
fsmm_store_reopen_chunk (FsmmStore *self, FsmmChunk *chunk)
{
  g_assert (chunk->n_pins == 0 && !chunk->detached);

  forget_live (self, chunk->n_left);
  fsmm_chunk_drop_blocks (chunk);
  chunk->n_left = 0;
  chunk->drop_id = 0;
  chunk->dropper = NULL;
  open_chunk (self, chunk);
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

/* --- Regions that no thread owns --- */

void
fsmm_store_keep_region (GQueue *queue, FsmmRegion *region)
{
  region->queue = queue;
  g_queue_push_tail_link (queue, &region->owned_link);
}

/* Does nothing if the region is in no queue. */
void
fsmm_store_take_region (FsmmRegion *region)
{
  if (region->queue != NULL)
    g_queue_unlink (region->queue, &region->owned_link);
  region->queue = NULL;
}

/* --- Late reports --- */

/* Notes that a block was freed twice, for a report after the lock has been released. */
void
fsmm_store_note_double_free (FsmmStore *self, gpointer block, FsmmLateDoubleFrees *late)
{
  fsmm_probe_refused (self->identity.name, self->id, block, FSMM_FAULT_DOUBLE_FREE);
  if (late->n_blocks == 0)
    fsmm_report_init (&late->report, &self->identity);
  if (late->n_blocks < G_N_ELEMENTS (late->blocks))
    late->blocks[late->n_blocks] = block;
  late->n_blocks++;
}

/* --- The end of a call --- */

/* Called with the lock held, where the other threads do not exist, or do not use the store any
 * more. */
void
fsmm_store_abandon_drops_of_others (FsmmStore *self)
{
  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      FsmmChunk *chunk = l->data;

      /* A page that is not written to need not be copied after fork (). */
      if (chunk->dropper != NULL && chunk->dropper != fsmm_thread_self ())
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

/* Unlocks, and does what others need not wait for, or must not be locked out from. Another thread may
 * remove the store as soon as it is unlocked, if the caller has found it by its name. */
void
fsmm_store_unlock_and_finish (FsmmStore *self, FsmmDeferred *deferred)
{
  gpointer owner = self->identity.owner;
  FsmmReleaseFunc release;

  while (G_UNLIKELY (deferred->emptied != NULL))
    {
      FsmmChunk *chunk = deferred->emptied;

      deferred->emptied = chunk->next_emptied;
      fsmm_store_remove_chunk (self, chunk, deferred);
    }

  if (G_UNLIKELY (self->segments.has_dirty))
    fsmm_segments_tidy (&self->segments);
  if (deferred->is_stopped)
    fsmm_store_resume (self);
  release = take_release (self);
  fsmm_unlock (self->lock);

  fsmm_segments_release (&deferred->unused, !deferred->is_trimming);
  fsmm_late_double_frees_log (&deferred->double_frees);
  while (G_UNLIKELY (deferred->damage_reports.length > 0))
    fsmm_damage_report_log (g_queue_pop_head (&deferred->damage_reports));
  fsmm_waiters_notify (&deferred->left);

  if (G_UNLIKELY (release != NULL))
    release (owner);
}
