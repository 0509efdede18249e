/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-store.h"

/* Objects that nobody uses: how many are kept, and for how long. */

/* --- Being idle --- */

/* The one that has not been used for longest, if more than @n_kept are idle, or NULL. */
FsmmPooled *
fsmm_object_store_take_idle (FsmmObjectStore *self, guint n_kept)
{
  FsmmPooled *pooled = NULL;

  fsmm_lock (&self->lock);
  if (self->idle.length > n_kept)
    pooled = fsmm_pooled_make_busy (g_queue_peek_tail (&self->idle));
  fsmm_object_store_unlock (self);

  return pooled;
}

/* The same, if there are more objects than there may be. */
FsmmPooled *
fsmm_object_store_take_surplus (FsmmObjectStore *self)
{
  FsmmPooled *pooled = NULL;

  fsmm_lock (&self->lock);
  if (self->max_objects > 0 && self->n_objects > self->max_objects && self->idle.length > 0)
    pooled = fsmm_pooled_make_busy (g_queue_peek_tail (&self->idle));
  fsmm_object_store_unlock (self);

  return pooled;
}

/* The time at which it becomes too old, as of g_get_monotonic_time (). -1: never. */
static gint64
get_end_of_life (const FsmmPooled *pooled)
{
  guint max_age = g_atomic_int_get (&pooled->store->max_age);

  return max_age > 0 ? pooled->made_at + max_age * G_GINT64_CONSTANT (1000) : -1;
}

gboolean
fsmm_pooled_is_too_old (const FsmmPooled *pooled)
{
  gint64 end = get_end_of_life (pooled);

  return end >= 0 && g_get_monotonic_time () >= end;
}

/* When it becomes too old, or has been idle for too long. -1: never. */
static gint64
get_idle_end (const FsmmObjectStore *self, const FsmmPooled *pooled)
{
  gint64 end = get_end_of_life (pooled), unused_end;

  if (self->idle_timeout == 0 || self->idle.length <= self->min_idle)
    return end;

  unused_end = pooled->changed_at + self->idle_timeout * G_GINT64_CONSTANT (1000);
  return end < 0 ? unused_end : MIN (end, unused_end);
}

/* One that is idle, and whose time has come. If there is none, has the context look when there is. */
FsmmPooled *
fsmm_object_store_take_expired (FsmmObjectStore *self)
{
  gint64 now = g_get_monotonic_time (), next = -1;
  FsmmPooled *expired = NULL;

  fsmm_lock (&self->lock);
  for (GList *l = self->idle.tail; l != NULL && expired == NULL; l = l->prev)
    {
      gint64 end = get_idle_end (self, l->data);

      if (end >= 0 && end <= now)
        expired = fsmm_pooled_make_busy (l->data);
      else if (end >= 0)
        next = next < 0 ? end : MIN (next, end);
    }
  if (expired == NULL && next >= 0)
    fsmm_object_store_schedule (self, next);
  fsmm_object_store_unlock (self);

  return expired;
}

/* --- Becoming idle --- */

static gboolean
has_room_for_idle (FsmmObjectStore *self, FsmmPooled *pooled)
{
  if (self->is_closed || (self->max_objects > 0 && self->n_objects > self->max_objects))
    return FALSE;
  if (self->max_idle > 0 && self->idle.length >= self->max_idle)
    return FALSE;

  return !fsmm_pooled_is_too_old (pooled);
}

static void
schedule_end (FsmmObjectStore *self, const FsmmPooled *pooled)
{
  gint64 end = get_idle_end (self, pooled);

  if (end >= 0)
    fsmm_object_store_schedule (self, end);
}

/* With one more, the one that was used last before all others may be one too many. */
static void
note_idle (FsmmObjectStore *self, FsmmPooled *pooled)
{
  if (self->idle_timeout == 0 && self->max_age == 0)
    return;

  pooled->changed_at = g_get_monotonic_time ();
  schedule_end (self, pooled);
  schedule_end (self, g_queue_peek_tail (&self->idle));
}

/* Returns FALSE if the pool cannot use it. */
gboolean
fsmm_object_store_put_idle (FsmmPooled *pooled)
{
  FsmmObjectStore *self = pooled->store;
  gboolean is_wanted;

  fsmm_lock (&self->lock);
  is_wanted = has_room_for_idle (self, pooled);
  if (is_wanted)
    {
      fsmm_pooled_stop_counting_as_lent (pooled);
      fsmm_pooled_set_state (pooled, FSMM_POOLED_IDLE);
      note_idle (self, pooled);
    }
  fsmm_object_store_unlock (self);

  return is_wanted;
}

void
fsmm_object_store_restart_idle_times (FsmmObjectStore *self)
{
  gint64 now = g_get_monotonic_time ();

  fsmm_lock (&self->lock);
  for (GList *l = self->idle.head; l != NULL; l = l->next)
    ((FsmmPooled *) l->data)->changed_at = now;
  fsmm_unlock (&self->lock);
}
