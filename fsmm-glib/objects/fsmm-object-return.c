/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"
#include "objects/fsmm-object-snapshot.h"

/* An object comes back: it becomes idle, lingers, or is dropped.
 *
 * Whoever has it in the state BUSY or LENT is alone with it. */

/* Its place is free from now on. */
void
fsmm_pooled_drop (FsmmPooled *self, FsmmCalls calls)
{
  GObject *object = fsmm_pooled_detach (self);

  if (calls == FSMM_CALLS_FORBIDDEN)
    {
      fsmm_object_store_remove (self, TRUE, object);
      return;
    }

  fsmm_object_store_remove (self, TRUE, NULL);
  g_clear_object (&object);
}

static gboolean
is_usable (FsmmPooled *self)
{
  return !g_atomic_int_get (&self->is_disposed) && !fsmm_object_store_is_closed (self->store);
}

/* Others have references to it. Returns FALSE if they have none any more. */
static gboolean
linger (FsmmPooled *self)
{
  fsmm_pooled_watch (self);
  if (fsmm_object_store_let_linger (self))
    return TRUE;

  fsmm_pooled_unwatch (self);
  return FALSE;
}

void
fsmm_pooled_settle (FsmmPooled *self, guint n_known_refs, FsmmCalls calls)
{
  while (is_usable (self))
    {
      guint sharing = g_atomic_int_get (&self->store->sharing);

      if (sharing == FSMM_SHARING_IGNORE || fsmm_pooled_count_others (self, n_known_refs) == 0)
        {
          if (fsmm_object_store_put_idle (self))
            return;
          break;
        }
      if (sharing == FSMM_SHARING_DISCARD)
        break;
      if (linger (self))
        return;
    }

  fsmm_pooled_drop (self, calls);
}

/* In whichever thread gave up the last other reference, which may be one of a collector. */
void
fsmm_pooled_come_back (FsmmPooled *self)
{
  fsmm_pooled_unwatch (self);
  fsmm_pooled_settle (self, 0, FSMM_CALLS_FORBIDDEN);
}

/* The lease was released by a call, so that functions of the program may be called. */
void
fsmm_object_pool_take_back (FsmmObjectPool *self, FsmmPooled *pooled, guint n_known_refs)
{
  if (is_usable (pooled) && !fsmm_object_pool_check (self, FSMM_HOOK_RESET, pooled))
    {
      fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
      return;
    }

  if (G_UNLIKELY (pooled->snapshot != NULL) && is_usable (pooled))
    fsmm_snapshot_compare (pooled->snapshot, pooled, n_known_refs);
  fsmm_pooled_settle (pooled, n_known_refs, FSMM_CALLS_ALLOWED);
}

/* The last reference to the lease was dropped, perhaps by a collector. */
void
fsmm_object_pool_take_back_silently (FsmmObjectPool *self, FsmmPooled *pooled)
{
  if (fsmm_object_pool_has_hook (self, FSMM_HOOK_RESET) || pooled->snapshot != NULL)
    fsmm_object_store_return_later (pooled);
  else
    fsmm_pooled_settle (pooled, 0, FSMM_CALLS_FORBIDDEN);
}

/* Most come back by themselves. But where two toggle references silence each other, nothing is told. */
void
fsmm_object_store_look_at_lingering (FsmmObjectStore *self)
{
  gint64 since = g_get_monotonic_time ();
  FsmmPooled *pooled;

  while ((pooled = fsmm_object_store_take_lingering (self, since)) != NULL)
    fsmm_pooled_come_back (pooled);
}

/* Returns how many were dropped. */
guint
fsmm_object_store_drop_idle (FsmmObjectStore *self, guint n_kept)
{
  FsmmPooled *pooled;
  guint n_dropped = 0;

  while ((pooled = fsmm_object_store_take_idle (self, n_kept)) != NULL)
    {
      fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
      n_dropped++;
    }

  return n_dropped;
}

/* Of those that are idle, as many as there are too many in all. */
void
fsmm_object_store_drop_surplus (FsmmObjectStore *self)
{
  FsmmPooled *pooled;

  while ((pooled = fsmm_object_store_take_surplus (self)) != NULL)
    fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
}
