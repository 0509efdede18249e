/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/store/fsmm-store-debug.h"

#include "base/fsmm-probes.h"
#include "debug/fsmm-sanitizers.h"

#include <string.h>

/* A block on its way out of the store, or back, where FSMM_DEBUG is set or a tool watches:
 *
 *   taken: its poison is looked at, it is filled anew, and tools are told that it may be touched;
 *   given: its canary is looked at, it is poisoned or wiped, and tools are told that it is free;
 *   quarantined: its cell says that it cannot be handed out yet.
 *
 * What is found is reported after the lock has been released. */

static inline gpointer
get_address (FsmmChunk *chunk, gsize block)
{
  return fsmm_chunk_address (chunk, block);
}

void
fsmm_store_debug_init (FsmmStore *self)
{
  if (self->debug & FSMM_DEBUG_TOOLS)
    fsmm_sanitizers_add_store (self);
  if (self->debug & FSMM_DEBUG_QUARANTINE && !fsmm_quarantine_init (&self->quarantine))
    self->debug &= ~FSMM_DEBUG_QUARANTINE;
}

void
fsmm_store_debug_clear (FsmmStore *self)
{
  if (self->debug & FSMM_DEBUG_TOOLS)
    fsmm_sanitizers_remove_store (self);
  fsmm_quarantine_clear (&self->quarantine);
}

/* --- Damage --- */

static void
note_damage (FsmmStore *self,
             FsmmChunk *chunk,
             gsize block,
             FsmmFault fault,
             const FsmmDamage *damage,
             FsmmDeferred *deferred)
{
  FsmmDamageReport *report;

  if (deferred->is_silent)
    return;

  report = g_new0 (FsmmDamageReport, 1);
  fsmm_report_init (&report->report, &self->identity);
  report->fault = fault;
  report->damage = *damage;
  report->chunk = chunk->base;
  report->index = block;
  report->block = get_address (chunk, block);
  report->alloc_size = self->geometry.alloc_size;
  report->is_traced = chunk->histories != NULL;
  if (report->is_traced)
    report->history = chunk->histories[block];

  g_queue_push_tail (&deferred->damage_reports, report);
  fsmm_probe_refused (self->identity.name, self->id, report->block, fault);
}

static void
check_free_block (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred)
{
  FsmmDamage damage;

  if (self->debug & FSMM_DEBUG_POISON &&
      fsmm_guard_is_free_damaged (get_address (chunk, block), self->geometry.alloc_size, &damage))
    note_damage (self, chunk, block, FSMM_FAULT_WRITE_AFTER_FREE, &damage, deferred);
}

static void
check_behind_block (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred)
{
  FsmmDamage damage;

  if (self->debug & FSMM_DEBUG_CANARY &&
      fsmm_guard_is_behind_damaged (get_address (chunk, block), self->geometry.alloc_size,
                                    self->geometry.block_size, &damage))
    note_damage (self, chunk, block, FSMM_FAULT_OVERRUN, &damage, deferred);
}

/* --- Chunks --- */

static void
fill_chunk (FsmmStore *self, FsmmChunk *chunk)
{
  for (gsize i = 0; i < self->geometry.n_blocks; i++)
    {
      if (self->debug & FSMM_DEBUG_POISON)
        fsmm_guard_fill_free (get_address (chunk, i), self->geometry.alloc_size);
      if (self->debug & FSMM_DEBUG_CANARY)
        fsmm_guard_fill_behind (get_address (chunk, i), self->geometry.alloc_size,
                                self->geometry.block_size);
    }
}

/* Of all stores, so that none is larger for it. Protected by the lock of the page map. */
static GList *all_told; /* (element-type gpointer) */

static gboolean
add_told (FsmmStore *self, FsmmChunk *chunk)
{
  chunk->told = fsmm_system_try_new0 (sizeof (FsmmTold) + self->geometry.n_blocks);
  if (chunk->told == NULL)
    return FALSE;

  chunk->told->link.data = fsmm_chunk_get_memory (chunk);
  fsmm_page_map_lock ();
  all_told = g_list_concat (&chunk->told->link, all_told);
  fsmm_page_map_unlock ();

  return TRUE;
}

static void
remove_told (FsmmChunk *chunk)
{
  fsmm_page_map_lock ();
  all_told = g_list_remove_link (all_told, &chunk->told->link);
  fsmm_page_map_unlock ();
}

/* Returns FALSE if there is no memory for it. */
gboolean
fsmm_store_debug_add_chunk (FsmmStore *self, FsmmChunk *chunk)
{
  gsize n_blocks = self->geometry.n_blocks;

  if (self->debug & FSMM_DEBUG_HISTORY)
    {
      chunk->histories = fsmm_system_try_new0 (n_blocks * sizeof (FsmmHistory));
      if (chunk->histories == NULL)
        return FALSE;
    }

  if (self->debug & FSMM_DEBUG_TOOLS && fsmm_sanitizers_remember && !add_told (self, chunk))
    return FALSE;

  fill_chunk (self, chunk);
  if (self->debug & FSMM_DEBUG_TOOLS)
    fsmm_sanitizers_forbid (chunk->base, self->geometry.chunk_alignment);

  return TRUE;
}

static inline gboolean
is_taken (const FsmmChunk *chunk, gsize block)
{
  return fsmm_state_is_out (fsmm_state_get (fsmm_chunk_get_state (chunk, block)));
}

/* All that is in the chunk is about to go: this is the last time to look. */
void
fsmm_store_debug_close_chunk (FsmmStore *self, FsmmChunk *chunk, FsmmDeferred *deferred)
{
  if (!(self->debug & (FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY)))
    return;

  for (gsize i = 0; i < self->geometry.n_blocks; i++)
    {
      gpointer block = get_address (chunk, i);
      gsize allowed = is_taken (chunk, i) ? self->geometry.alloc_size : 0;
      gsize others = self->geometry.block_size - allowed;

      if (self->debug & FSMM_DEBUG_TOOLS)
        fsmm_sanitizers_allow ((guint8 *) block + allowed, others);

      if (allowed == 0)
        check_free_block (self, chunk, i, deferred);
      check_behind_block (self, chunk, i, deferred);

      if (self->debug & FSMM_DEBUG_TOOLS)
        fsmm_sanitizers_forbid ((guint8 *) block + allowed, others);
    }
}

/* Checks the blocks of all chunks, which stay as they are, before the program ends. */
void
fsmm_store_debug_sweep (FsmmStore *self, FsmmDeferred *deferred)
{
  for (GList *l = self->all.head; l != NULL; l = l->next)
    if (((FsmmChunk *) l->data)->drop_id == 0)
      fsmm_store_debug_close_chunk (self, l->data, deferred);
}

/* Whoever freed the block has not told Memcheck yet, or never will. */
static void
tell_late (FsmmStore *self, FsmmChunk *chunk, gsize block)
{
  if (G_LIKELY (chunk->told == NULL || !chunk->told->is_taken[block]))
    return;

  chunk->told->is_taken[block] = FALSE;
  FSMM_SANITIZERS_REMEMBER_FREED (self, get_address (chunk, block));
}

/* The memory is for others from now on. */
void
fsmm_store_debug_dispose_chunk (FsmmStore *self, FsmmChunk *chunk)
{
  if (self->debug & FSMM_DEBUG_TOOLS)
    {
      for (gsize i = 0; i < self->geometry.n_blocks; i++)
        {
          if (is_taken (chunk, i))
            fsmm_sanitizers_note_freed (get_address (chunk, i), self->geometry.alloc_size);
          tell_late (self, chunk, i);
        }
      fsmm_sanitizers_allow (chunk->base, self->geometry.chunk_alignment);
      if (chunk->told != NULL)
        remove_told (chunk);
    }

  if (self->debug & FSMM_DEBUG_WIPE)
    memset (chunk->base, 0,
            (self->geometry.n_blocks - 1) * self->geometry.block_size + self->geometry.alloc_size);
}

/* A block of a chunk that is about to go has come back. It may be looked at as long as others are
 * being cleared: a parent goes through its children. */
void
fsmm_store_debug_finish (FsmmStore *self, FsmmChunk *chunk, gsize block)
{
  if (self->debug & FSMM_DEBUG_TOOLS)
    {
      fsmm_sanitizers_note_freed (get_address (chunk, block), self->geometry.alloc_size);
      fsmm_sanitizers_allow (get_address (chunk, block), self->geometry.alloc_size);
    }
}

/* --- Blocks --- */

void
fsmm_store_debug_take (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred)
{
  gpointer address = get_address (chunk, block);

  tell_late (self, chunk, block);
  if (self->debug & FSMM_DEBUG_TOOLS)
    fsmm_sanitizers_allow (address, self->geometry.alloc_size);

  check_free_block (self, chunk, block, deferred);
  if (self->debug & FSMM_DEBUG_POISON)
    fsmm_guard_fill_allocated (address, self->geometry.alloc_size);

  if (self->debug & FSMM_DEBUG_TOOLS)
    fsmm_sanitizers_note_allocated (address, self->geometry.alloc_size);

  if (chunk->histories != NULL)
    chunk->histories[block] = (FsmmHistory) { deferred->site, NULL, g_get_monotonic_time () };
}

static void
clean (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred)
{
  gpointer address = get_address (chunk, block);

  if (self->debug & FSMM_DEBUG_TOOLS)
    fsmm_sanitizers_allow (address, self->geometry.block_size);

  check_behind_block (self, chunk, block, deferred);
  if (self->debug & FSMM_DEBUG_WIPE)
    memset (address, 0, self->geometry.alloc_size);
  if (self->debug & FSMM_DEBUG_POISON)
    fsmm_guard_fill_free (address, self->geometry.alloc_size);
  if (self->debug & FSMM_DEBUG_CANARY)
    fsmm_guard_fill_behind (address, self->geometry.alloc_size, self->geometry.block_size);

  if (self->debug & FSMM_DEBUG_TOOLS)
    {
      fsmm_sanitizers_note_freed (address, self->geometry.alloc_size);
      fsmm_sanitizers_forbid (address, self->geometry.block_size);
    }
}

/* A block has come back, whatever its state is. */
void
fsmm_store_debug_give (FsmmStore *self, FsmmChunk *chunk, gsize block, FsmmDeferred *deferred)
{
  clean (self, chunk, block, deferred);
  if (chunk->histories != NULL)
    chunk->histories[block].freed = deferred->site;
}
