/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory from the system, cut into slots of one size: each slot holds the blocks of one chunk.
 *
 * A chunk may be as small as 1 KiB, which is less than a page: mapping each by itself would waste
 * memory, and so would taking them from malloc (), whose header in front of each aligned slot makes
 * it occupy twice its size. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FSMM_SEGMENT_MAX_SLOTS 64

typedef struct {
  GList link; /* in FsmmSegments.open, while a slot is free; afterwards, in a list of unused ones */
  guint8 *base;
  gsize size;
  guint n_slots;      /* a power of two */
  guint n_contents;   /* how many slots have one */
  guint64 used;       /* one bit for each slot */
  guint64 dirty;      /* those that are not, but were since memory was given back */
  guint64 refused;    /* those that are not, but whose memory the system did not take */
  gboolean is_spare;    /* of a size that spare memory has, and of a store that takes it */
  gboolean may_be_huge; /* it starts at a multiple of a huge page, and the store is large */
  gint is_huge;         /* (atomic): huge pages are asked for */
  gsize n_given_back;   /* (atomic): pages of slots in use that the system has */
  gpointer content[]; /* (atomic): for each slot, what its user has set */
} FsmmSegment;

/* All segments of one store. Not thread-safe, but for fsmm_segment_get_content () and
 * fsmm_segment_complete (). */
typedef struct {
  gsize slot_size;
  guint slot_shift; /* slot_size is 1 << slot_shift */
  gsize page_size;  /* of the system */
  gboolean takes_spare;
  gsize n_bytes;    /* of all segments together */
  gsize n_refused;    /* slots */
  gboolean has_dirty; /* some of these have dirty slots */
  GQueue open;      /* segments with a free slot */
} FsmmSegments;

void fsmm_segments_init (FsmmSegments *self, gsize slot_size, gboolean takes_spare);
gpointer fsmm_segments_alloc_slot (FsmmSegments *self, FsmmSegment **segment);
gboolean fsmm_segments_free_slot (FsmmSegments *self, FsmmSegment *segment, gpointer slot);
void fsmm_segments_tidy (FsmmSegments *self);
void fsmm_segments_remove (FsmmSegments *self, FsmmSegment *segment, GQueue *unused);
void fsmm_segments_release (GQueue *unused, gboolean to_spare);
gboolean fsmm_segments_give_back (const FsmmSegments *self,
                                  FsmmSegment *segment,
                                  gpointer pages,
                                  gsize n);
void fsmm_segment_complete (FsmmSegment *segment);

static inline gsize
fsmm_segment_slot_of (const FsmmSegments *self, const FsmmSegment *segment, gconstpointer address)
{
  return ((guintptr) address >> self->slot_shift) & (segment->n_slots - 1);
}

static inline gpointer
fsmm_segment_get_content (const FsmmSegments *self, FsmmSegment *segment, gconstpointer address)
{
  return __atomic_load_n (&segment->content[fsmm_segment_slot_of (self, segment, address)],
                          __ATOMIC_ACQUIRE);
}

/* Sets what a slot has, which has nothing, or takes that from it. */
static inline void
fsmm_segment_set_content (const FsmmSegments *self,
                          FsmmSegment *segment,
                          gconstpointer address,
                          gpointer content)
{
  segment->n_contents += content != NULL ? 1 : -1;
  __atomic_store_n (&segment->content[fsmm_segment_slot_of (self, segment, address)], content,
                    __ATOMIC_RELEASE);
}

G_END_DECLS
