/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-segment.h"

#include "base/fsmm-system.h"
#include "engine/chunk/fsmm-cells.h"
#include "engine/chunk/fsmm-spare.h"

/* A store grows by such a part of what it has, and by a huge page at most: so no more of it than that
 * has never been used, and no more calls of the system are made than the logarithm of its size. All of a
 * huge page is in memory once one byte of it is used, but by then that is no larger part. */
#define GROWTH_PART 8

static guint64
all_slots (const FsmmSegment *segment)
{
  return segment->n_slots == 64 ? G_MAXUINT64 : ((guint64) 1 << segment->n_slots) - 1;
}

/* @slot_size is a power of two, at least FSMM_MIN_CHUNK_BYTES. So is the number of slots, and a
 * segment starts at a multiple of its size. */
void
fsmm_segments_init (FsmmSegments *self, gsize slot_size, gboolean takes_spare)
{
  G_STATIC_ASSERT (FSMM_SYSTEM_GRANULE / 1024 <= FSMM_SEGMENT_MAX_SLOTS);

  self->slot_size = slot_size;
  self->slot_shift = g_bit_storage (slot_size) - 1;
  self->page_size = fsmm_system_get_page_size ();
  self->takes_spare = takes_spare;
  self->n_bytes = 0;
  self->has_dirty = FALSE;
  self->n_refused = 0;
  g_queue_init (&self->open);
}

static gsize
get_growth (const FsmmSegments *self)
{
  return MIN (self->n_bytes / GROWTH_PART, FSMM_SYSTEM_HUGE_PAGE);
}

/* A power of two, as slots and segments are. */
static gsize
choose_size (const FsmmSegments *self)
{
  gsize most = MIN (get_growth (self), FSMM_SEGMENT_MAX_SLOTS * self->slot_size);
  gsize size = FSMM_SYSTEM_GRANULE;

  while (2 * size <= most)
    size *= 2;

  return size;
}

/* Not of a segment of which the system has a part: it would fill that up again by itself. */
static void
ask_for_huge_pages (FsmmSegment *segment, gboolean are_wanted)
{
  if (__atomic_exchange_n (&segment->is_huge, are_wanted, __ATOMIC_RELAXED) != are_wanted)
    fsmm_system_advise_huge_pages (segment->base, segment->size, are_wanted);
}

static inline gboolean
is_whole (const FsmmSegment *segment)
{
  return __atomic_load_n (&segment->used, __ATOMIC_RELAXED) == all_slots (segment) &&
         __atomic_load_n (&segment->n_given_back, __ATOMIC_RELAXED) == 0;
}

/* What is dirty is so because it may be. */
static gboolean
get_memory (FsmmSegments *self, FsmmSegment *segment)
{
  if (segment->is_spare)
    segment->base = fsmm_spare_take ();
  if (segment->base != NULL)
    segment->dirty = all_slots (segment);
  else
    segment->base = fsmm_system_map (segment->size, segment->size);

  return segment->base != NULL;
}

static FsmmSegment *
segment_new (FsmmSegments *self, gsize wanted)
{
  guint n_slots = (guint) MAX (1, wanted / self->slot_size);
  gsize size = n_slots * self->slot_size;
  FsmmSegment *segment = fsmm_system_try_new0 (sizeof *segment + n_slots * sizeof (gpointer));

  if (segment == NULL)
    return NULL;

  segment->link.data = segment;
  segment->size = size;
  segment->n_slots = n_slots;
  segment->is_spare = self->takes_spare && size == FSMM_SYSTEM_GRANULE;
  if (!get_memory (self, segment))
    {
      g_free (segment);
      return NULL;
    }

  segment->may_be_huge =
      size >= FSMM_SYSTEM_HUGE_PAGE && get_growth (self) == FSMM_SYSTEM_HUGE_PAGE &&
      fsmm_system_may_use_huge_pages ();
  if (segment->may_be_huge)
    ask_for_huge_pages (segment, TRUE);

  return segment;
}

/* Where there is no room for a large one, there may be some for less. */
static FsmmSegment *
segment_new_of_any_size (FsmmSegments *self)
{
  gsize size = choose_size (self);
  FsmmSegment *segment = segment_new (self, size);

  if (segment == NULL && size > MAX (FSMM_SYSTEM_GRANULE, self->slot_size))
    segment = segment_new (self, FSMM_SYSTEM_GRANULE);

  return segment;
}

/* Their memory is counted, although no chunk has it. */
static void
set_refused (FsmmSegments *self, FsmmSegment *segment, guint64 refused)
{
  self->n_refused += fsmm_word_count (refused);
  self->n_refused -= fsmm_word_count (segment->refused);
  segment->refused = refused;
}

/* Where the store is going to fill it in all likelihood: if it does not, that is no larger part of it than
 * what else it may have unused. */
static gboolean
is_worth_populating (const FsmmSegments *self, const FsmmSegment *segment, guint slot)
{
  return self->slot_size >= self->page_size && self->slot_size <= get_growth (self) &&
         !segment->may_be_huge && (segment->dirty & (guint64) 1 << slot) == 0;
}

/* Returns a slot, with whatever is in its memory, and in @segment what to give it back
 * with. NULL if the system has no memory. */
gpointer
fsmm_segments_alloc_slot (FsmmSegments *self, FsmmSegment **segment)
{
  FsmmSegment *chosen = g_queue_peek_head (&self->open);
  guint slot;

  if (chosen == NULL)
    {
      chosen = segment_new_of_any_size (self);
      if (chosen == NULL)
        return NULL;
      g_queue_push_head_link (&self->open, &chosen->link);
      self->n_bytes += chosen->size;
    }

  slot = __builtin_ctzll (~chosen->used);
  if (is_worth_populating (self, chosen, slot))
    fsmm_system_populate (chosen->base + slot * self->slot_size, self->slot_size);
  __atomic_store_n (&chosen->used, chosen->used | (guint64) 1 << slot, __ATOMIC_RELAXED);
  chosen->dirty &= ~chosen->used;
  set_refused (self, chosen, chosen->refused & ~chosen->used);
  if (chosen->used == all_slots (chosen))
    g_queue_unlink (&self->open, &chosen->link);
  fsmm_segment_complete (chosen);

  *segment = chosen;
  return chosen->base + slot * self->slot_size;
}

/* Takes a slot back. Returns TRUE if the segment has no slot in use any more: then it is for
 * fsmm_segments_remove (). */
gboolean
fsmm_segments_free_slot (FsmmSegments *self, FsmmSegment *segment, gpointer slot)
{
  guint64 bit = (guint64) 1 << fsmm_segment_slot_of (self, segment, slot);

  g_assert (segment->used & bit);
  if (segment->used == all_slots (segment))
    g_queue_push_tail_link (&self->open, &segment->link);
  __atomic_store_n (&segment->used, segment->used & ~bit, __ATOMIC_RELAXED);
  segment->dirty |= bit;
  self->has_dirty = TRUE;

  return segment->used == 0;
}

/* --- Memory goes back while its addresses stay --- */

/* Of several slots in a row, none of which is in use. They may be smaller than a page. Returns FALSE if the
 * system refuses. */
static gboolean
give_back_slots (const FsmmSegments *self, FsmmSegment *segment, guint first, guint end)
{
  gsize from = first * self->slot_size + self->page_size - 1;
  gsize to = end * self->slot_size;

  from -= from % self->page_size;
  to -= to % self->page_size;
  return from >= to || fsmm_segments_give_back (self, segment, segment->base + from,
                                                (to - from) / self->page_size);
}

static void
tidy_segment (FsmmSegments *self, FsmmSegment *segment)
{
  guint64 unused = ~segment->used & all_slots (segment);
  guint64 to_go = segment->dirty | segment->refused;
  guint64 refused = 0;

  while (unused != 0)
    {
      guint first = (guint) __builtin_ctzll (unused);
      guint64 busy_behind = ~unused >> first << first;
      guint end = busy_behind != 0 ? (guint) __builtin_ctzll (busy_behind) : segment->n_slots;
      guint64 run = (end == 64 ? G_MAXUINT64 : ((guint64) 1 << end) - 1) >> first << first;

      if ((to_go & run) != 0 && !give_back_slots (self, segment, first, end))
        refused |= to_go & run;
      unused &= ~run;
    }

  set_refused (self, segment, refused);
  segment->dirty = 0;
}

/* Gives back what slots have that are not in use any more: once for all that were freed by a call, as
 * many as possible at a time. What has been refused before is tried again. */
void
fsmm_segments_tidy (FsmmSegments *self)
{
  for (GList *l = self->open.head; l != NULL; l = l->next)
    {
      FsmmSegment *segment = l->data;

      if (segment->dirty != 0 || segment->refused != 0)
        tidy_segment (self, segment);
    }

  self->has_dirty = FALSE;
}

/* Gives pages back to the system, which fills them with zeroes when they are next used. Returns FALSE if
 * it refuses. If they are of a slot in use, that has to be noted in FsmmSegment.n_given_back. */
gboolean
fsmm_segments_give_back (const FsmmSegments *self, FsmmSegment *segment, gpointer pages, gsize n)
{
  if (segment->may_be_huge)
    ask_for_huge_pages (segment, FALSE);

  return fsmm_system_discard (pages, n * self->page_size);
}

/* Some of its memory is going to be used again, which may have been the last that was missing. For any
 * thread. */
void
fsmm_segment_complete (FsmmSegment *segment)
{
  if (segment->may_be_huge && is_whole (segment))
    ask_for_huge_pages (segment, TRUE);
}

/* Moves a segment without a used slot to @unused. */
void
fsmm_segments_remove (FsmmSegments *self, FsmmSegment *segment, GQueue *unused)
{
  g_queue_unlink (&self->open, &segment->link);
  self->n_bytes -= segment->size;
  set_refused (self, segment, 0);
  g_queue_push_tail_link (unused, &segment->link);
}

/* Returns what was removed to the system, or keeps some of it as spare, if that is what is wanted: the
 * former takes long, and can be done without a lock. */
void
fsmm_segments_release (GQueue *unused, gboolean to_spare)
{
  GList *link;

  while ((link = g_queue_pop_head_link (unused)) != NULL)
    {
      FsmmSegment *segment = link->data;

      if (!to_spare || !segment->is_spare || !fsmm_spare_keep (segment->base))
        fsmm_system_unmap (segment->base, segment->size);
      g_free (segment);
    }
}
