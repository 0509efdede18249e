/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

#include "base/fsmm-barrier.h"
#include "engine/heap/fsmm-exit.h"

/* @max_blocks is G_MAXSIZE for no limit. */
void
fsmm_heap_init (FsmmStore *self,
                const FsmmGeometry *geometry,
                gsize max_blocks,
                FsmmDebugFlags debug,
                const FsmmSubject *identity)
{
  fsmm_store_set_up (self, geometry, max_blocks, debug, identity);
  if (self->debug & (FSMM_DEBUG_LEAKS | FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY))
    fsmm_exit_watch ();

  self->key = self;
  fsmm_barrier_init ();
  fsmm_cache_init (&self->common, self, NULL);
  g_queue_push_tail_link (&self->caches, &self->common.store_link);
  fsmm_thread_add_store (self);
  fsmm_lock_is_set_up (self->lock, self, offsetof (FsmmStore, chunks));
}

/* For a store that programs have compiled in, before it has any block. It has none if too many are. */
void
fsmm_heap_ensure_own_place (FsmmStore *self)
{
  fsmm_thread_ensure_own_place (self);
}

/* For a store that is about to be cleared, and whose blocks have been dropped: whether it has to
 * stay because a chunk is pinned. Then @release is called when the last pin is gone: never,
 * where a user function in one of its blocks does not return. */
gboolean
fsmm_heap_outlive_pins (FsmmStore *self, FsmmReleaseFunc release)
{
  gboolean is_pinned;

  fsmm_heap_lock (self);
  is_pinned = self->all.length > 0 || self->n_drops > 0;
  if (is_pinned)
    self->release = release;
  fsmm_unlock (self->lock);

  return is_pinned;
}

/* Every pin must be gone. */
void
fsmm_heap_clear (FsmmStore *self)
{
  /* First while it is still whole: what is found out here is reported, to a handler that may use
   * it. */
  fsmm_heap_drop_for_good (self);
  fsmm_thread_remove_caches (self);
  fsmm_heap_drop_for_good (self);
  fsmm_thread_remove_store (self);

  fsmm_store_tear_down (self);
}
