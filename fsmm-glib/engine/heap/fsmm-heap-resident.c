/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* How much memory of a store the system really has for it: what was never touched is in no memory yet, and
 * what was given back is in none any more. The system is asked without the lock, as it looks at each
 * page; and of memory that is unmapped meanwhile, it says just that. */

/* Appends where the store's memory is. (element-type FsmmExtent) */
void
fsmm_heap_list_extents (FsmmStore *self, GArray *extents)
{
  const FsmmSegment *last = NULL;

  fsmm_heap_lock (self);
  for (GList *l = self->all.head; l != NULL; l = l->next)
    {
      const FsmmSegment *segment = ((FsmmChunk *) l->data)->segment;

      if (segment != NULL && segment != last)
        {
          FsmmExtent extent = { segment->base, segment->size };

          g_array_append_val (extents, extent);
        }
      last = segment;
    }
  fsmm_unlock (self->lock);
}

static gint
compare_bases (gconstpointer a, gconstpointer b)
{
  const guint8 *one = ((const FsmmExtent *) a)->base;
  const guint8 *other = ((const FsmmExtent *) b)->base;

  return one == other ? 0 : one > other ? 1 : -1;
}

/* In bytes. The same memory may be listed more than once. */
gsize
fsmm_heap_count_resident (GArray *extents)
{
  gsize n_bytes = 0;
  gpointer last = NULL;

  g_array_sort (extents, compare_bases);
  for (guint i = 0; i < extents->len; i++)
    {
      FsmmExtent extent = g_array_index (extents, FsmmExtent, i);

      if (extent.base != last)
        n_bytes += fsmm_system_count_resident (extent.base, extent.size);
      last = extent.base;
    }

  return n_bytes;
}
