/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-segment.h"

#include "base/fsmm-system.h"

/* A store that has so many bytes grows by huge pages. All of a huge page is in memory once one byte
 * of it is used: so after four of them, the next one leaves at most a fifth of the store unused.
 * Before that, huge pages would gain little, because processors of today can translate the addresses
 * of about 8 MiB in small pages without a walk through page tables. */
#define LARGE_AFTER (4 * FSMM_SYSTEM_HUGE_PAGE)

static guint64
all_slots (const FsmmSegment *segment)
{
  return segment->n_slots == 64 ? G_MAXUINT64 : ((guint64) 1 << segment->n_slots) - 1;
}

static gboolean
is_large (const FsmmSegments *self)
{
  return self->n_bytes >= LARGE_AFTER;
}

/* @slot_size is a power of two, at least FSMM_MIN_CHUNK_BYTES. So is the number of slots, and a
 * segment starts at a multiple of its size. */
void
fsmm_segments_init (FsmmSegments *self, gsize slot_size)
{
  G_STATIC_ASSERT (FSMM_SYSTEM_GRANULE / 1024 <= FSMM_SEGMENT_MAX_SLOTS);

  self->slot_size = slot_size;
  self->slot_shift = g_bit_storage (slot_size) - 1;
  self->page_size = fsmm_system_get_page_size ();
  self->n_bytes = 0;
  g_queue_init (&self->open);
}

/* A huge page cannot be cut into too many slots. */
static gboolean
wants_huge_page (const FsmmSegments *self)
{
  return is_large (self) && self->slot_size < FSMM_SYSTEM_HUGE_PAGE &&
         FSMM_SYSTEM_HUGE_PAGE / self->slot_size <= FSMM_SEGMENT_MAX_SLOTS;
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
  segment->base = fsmm_system_map (size, size);
  if (segment->base == NULL)
    {
      g_free (segment);
      return NULL;
    }

  segment->may_be_huge = size >= FSMM_SYSTEM_HUGE_PAGE && is_large (self);
  if (segment->may_be_huge)
    ask_for_huge_pages (segment, TRUE);

  return segment;
}

/* Where there is no room for a huge page, there may be some for less. */
static FsmmSegment *
segment_new_of_any_size (FsmmSegments *self)
{
  FsmmSegment *segment = NULL;

  if (wants_huge_page (self))
    segment = segment_new (self, FSMM_SYSTEM_HUGE_PAGE);
  if (segment == NULL)
    segment = segment_new (self, FSMM_SYSTEM_GRANULE);

  return segment;
}

/* Returns a slot, zeroed where it has not been used before, and in @segment what to give it back
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
  __atomic_store_n (&chosen->used, chosen->used | (guint64) 1 << slot, __ATOMIC_RELAXED);
  if (chosen->used == all_slots (chosen))
    g_queue_unlink (&self->open, &chosen->link);
  fsmm_segment_complete (chosen);

  *segment = chosen;
  return chosen->base + slot * self->slot_size;
}

/* Where a page has several slots, it goes back once none of them is in use. */
static void
give_back_slot (const FsmmSegments *self, FsmmSegment *segment, gpointer slot)
{
  gsize n_slots = MIN (self->page_size / self->slot_size, segment->n_slots);
  gsize first;

  if (n_slots <= 1)
    {
      fsmm_segments_give_back (self, segment, slot, self->slot_size / self->page_size);
      return;
    }

  first = fsmm_segment_slot_of (self, segment, slot) & ~(n_slots - 1);
  for (gsize i = first; i < first + n_slots; i++)
    if (segment->used & (guint64) 1 << i)
      return;

  fsmm_segments_give_back (self, segment, segment->base + first * self->slot_size, 1);
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

  if (segment->used != 0)
    give_back_slot (self, segment, slot);

  return segment->used == 0;
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
  g_queue_push_tail_link (unused, &segment->link);
}

/* Returns what was removed to the system: that takes long, and can be done without a lock. */
void
fsmm_segments_release (GQueue *unused)
{
  GList *link;

  while ((link = g_queue_pop_head_link (unused)) != NULL)
    {
      FsmmSegment *segment = link->data;

      fsmm_system_unmap (segment->base, segment->size);
      g_free (segment);
    }
}
