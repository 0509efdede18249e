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
  guint64 used; /* one bit for each slot */
} FsmmSegment;

/* All segments of one pool. Not thread-safe. */
typedef struct {
  gpointer owner; /* whom the registry names for addresses in here */
  gsize slot_size;
  guint n_slots; /* in a segment */
  GQueue open;   /* segments with a free slot */
} FsmmSegments;

void fsmm_segments_init (FsmmSegments *self, gsize slot_size, gpointer owner);
gpointer fsmm_segments_take (FsmmSegments *self, FsmmSegment **segment);
void fsmm_segments_give (FsmmSegments *self, FsmmSegment *segment, gpointer slot, GQueue *unused);
void fsmm_segments_release (FsmmSegments *self, GQueue *unused);

G_END_DECLS
