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
  guint n_slots;      /* a power of two */
  guint n_contents;   /* how many slots have one */
  guint64 used;       /* one bit for each slot */
  gpointer content[]; /* (atomic): for each slot, what its user has set */
} FsmmSegment;

/* All segments of one store. Not thread-safe, but for fsmm_segment_get_content (). */
typedef struct {
  gsize slot_size;
  guint slot_shift; /* slot_size is 1 << slot_shift */
  gsize n_bytes;    /* of all segments together */
  GQueue open;      /* segments with a free slot */
} FsmmSegments;

void fsmm_segments_init (FsmmSegments *self, gsize slot_size);
gpointer fsmm_segments_alloc_slot (FsmmSegments *self, FsmmSegment **segment);
gboolean fsmm_segments_free_slot (FsmmSegments *self, FsmmSegment *segment, gpointer slot);
void fsmm_segments_remove (FsmmSegments *self, FsmmSegment *segment, GQueue *unused);
void fsmm_segments_release (FsmmSegments *self, GQueue *unused);

static inline gsize
fsmm_segment_get_size (const FsmmSegments *self, const FsmmSegment *segment)
{
  return self->slot_size * segment->n_slots;
}

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
