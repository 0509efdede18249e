/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-store.h"

/* --- Life --- */

FsmmObjectStore *
fsmm_object_store_new (FsmmObjectPool *pool)
{
  FsmmObjectStore *self = g_new0 (FsmmObjectStore, 1);

  self->ref_count = 1;
  g_weak_ref_init (&self->pool, pool);
  self->address = pool;
  self->care_at = -1;
  self->registry_link.data = self;
  g_mutex_init (&self->lock);

  return self;
}

FsmmObjectStore *
fsmm_object_store_ref (FsmmObjectStore *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

void
fsmm_object_store_unref (FsmmObjectStore *self)
{
  GObject *doomed;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  /* Of an object that came back when the pool had ended: the same is done by who has no pool. */
  while ((doomed = g_queue_pop_head (&self->doomed)) != NULL)
    g_object_unref (doomed);

  g_weak_ref_clear (&self->pool);
  g_mutex_clear (&self->lock);
  g_free (self->name);
  g_free (self);
}

/* Returns: (transfer full) (nullable) */
FsmmObjectPool *
fsmm_object_store_dup_pool (FsmmObjectStore *self)
{
  return g_weak_ref_get (&self->pool);
}

/* The pool lives on, but weak references to it were cleared. What could not be done in its context
 * because of that is to be done now. */
void
fsmm_object_store_find_again (FsmmObjectStore *self, FsmmObjectPool *pool)
{
  g_weak_ref_set (&self->pool, pool);

  fsmm_lock (&self->lock);
  fsmm_object_store_schedule (self, 0);
  fsmm_unlock (&self->lock);
}

/* Whoever gives the lock back sees first to what is true then: nothing can be lent, or nobody waits,
 * or one of those that wait has been woken. */
void
fsmm_object_store_unlock (FsmmObjectStore *self)
{
  GQueue left = G_QUEUE_INIT;

  if (G_UNLIKELY (self->waiters.queue.length > 0))
    fsmm_object_store_serve (self, &left);
  fsmm_unlock (&self->lock);
  if (G_UNLIKELY (left.length > 0))
    fsmm_waiters_notify (&left);
}

/* Has the context look at that time, as of g_get_monotonic_time (), or before. */
void
fsmm_object_store_schedule (FsmmObjectStore *self, gint64 at)
{
  if (at == 0)
    fsmm_object_store_have_all_look (self);
  if (self->care_at >= 0 && self->care_at <= at)
    return;

  self->care_at = at;
  if (self->care != NULL)
    g_source_set_ready_time (self->care, at);
}

guint
fsmm_object_store_count_idle (const FsmmObjectStore *self)
{
  return self->idle.length + self->returned.length;
}

/* --- Queues --- */

static GQueue *
get_queue (FsmmObjectStore *self, FsmmPooledState state)
{
  switch (state)
    {
    case FSMM_POOLED_LENT:
      return &self->lent;
    case FSMM_POOLED_RETURNED:
      return &self->returned;
    case FSMM_POOLED_LINGERING:
      return &self->lingering;
    case FSMM_POOLED_IDLE:
      return &self->idle;
    case FSMM_POOLED_BUSY:
    case FSMM_POOLED_GONE:
    default:
      return NULL;
    }
}

/* With the lock. */
void
fsmm_pooled_set_state (FsmmPooled *pooled, FsmmPooledState state)
{
  FsmmObjectStore *self = pooled->store;
  GQueue *from = get_queue (self, pooled->state);
  GQueue *to = get_queue (self, state);

  if (from != NULL)
    g_queue_unlink (from, &pooled->link);
  if (to != NULL)
    g_queue_push_head_link (to, &pooled->link);
  pooled->state = state;
}

FsmmPooled *
fsmm_pooled_make_busy (FsmmPooled *pooled)
{
  fsmm_pooled_set_state (pooled, FSMM_POOLED_BUSY);

  return pooled;
}

gboolean
fsmm_object_store_has_place (const FsmmObjectStore *self, guint n_expected)
{
  return !self->is_closed &&
         (self->max_objects == 0 || self->n_objects + n_expected < self->max_objects);
}

static FsmmPooled *
add_place (FsmmObjectStore *self)
{
  self->n_objects++;

  return fsmm_pooled_new (self);
}

/* --- Taking --- */

gboolean
fsmm_object_store_can_lend (const FsmmObjectStore *self)
{
  return !self->is_closed &&
         (self->idle.length > 0 ||
          (self->making == FSMM_MAKING_BY_CALL && fsmm_object_store_has_place (self, 0)));
}

/* For somebody who borrows: with the lock held. NULL: there is none. */
FsmmPooled *
fsmm_object_store_take_locked (FsmmObjectStore *self)
{
  FsmmPooled *pooled;

  if (!fsmm_object_store_can_lend (self))
    return NULL;

  pooled = self->idle.length > 0 ? fsmm_pooled_make_busy (g_queue_peek_head (&self->idle))
                                 : add_place (self);
  pooled->is_borrowed = TRUE;
  self->n_lent++;
  self->peak_lent = MAX (self->peak_lent, self->n_lent);

  return pooled;
}

/* Those that have waited for too long are served before. None is made while one has only to be reset, or
 * may have stopped lingering without a word, if the caller has not looked yet. */
FsmmPooled *
fsmm_object_store_take (FsmmObjectStore *self, gboolean has_looked, FsmmLendResult *result)
{
  GQueue left = G_QUEUE_INIT;
  FsmmPooled *pooled = NULL;

  fsmm_lock (&self->lock);
  if (G_UNLIKELY (self->waiters.queue.length > 0))
    fsmm_object_store_serve (self, &left);
  if (has_looked || self->idle.length > 0 ||
      (self->returned.length == 0 && self->lingering.length == 0))
    pooled = fsmm_object_store_take_locked (self);
  *result = pooled != NULL ? FSMM_LEND_OK : self->is_closed ? FSMM_LEND_CLOSED : FSMM_LEND_FULL;
  fsmm_unlock (&self->lock);
  fsmm_waiters_notify (&left);

  return pooled;
}

static FsmmPooled *
unlock_with_place (FsmmObjectStore *self, gboolean *is_closed)
{
  FsmmPooled *pooled = fsmm_object_store_has_place (self, 0) ? add_place (self) : NULL;

  *is_closed = self->is_closed;
  fsmm_object_store_unlock (self);

  return pooled;
}

/* For an object that is made in reserve. */
FsmmPooled *
fsmm_object_store_take_place (FsmmObjectStore *self, gboolean *is_closed)
{
  fsmm_lock (&self->lock);

  return unlock_with_place (self, is_closed);
}

/* For one that is added, as ::needs-object may have asked. */
FsmmPooled *
fsmm_object_store_answer_with_place (FsmmObjectStore *self, gboolean *is_closed)
{
  FsmmPooled *pooled;
  gboolean is_answer;

  fsmm_lock (&self->lock);
  is_answer = self->n_pending > 0;
  if (is_answer)
    self->n_pending--;

  pooled = unlock_with_place (self, is_closed);
  if (pooled != NULL)
    pooled->is_answer = is_answer;

  return pooled;
}

/* The object was none that the pool can have: whoever was asked has still to answer. Otherwise it would be
 * asked again at once, and for ever if its answer is always the same. */
void
fsmm_object_store_refuse (FsmmPooled *pooled)
{
  FsmmObjectStore *self = pooled->store;

  fsmm_lock (&self->lock);
  if (pooled->is_answer && self->waiters.queue.length > self->n_pending)
    self->n_pending++;
  fsmm_unlock (&self->lock);
  fsmm_object_store_remove (pooled, FALSE, NULL);
}

FsmmPooled *
fsmm_object_store_take_returned (FsmmObjectStore *self)
{
  FsmmPooled *pooled;

  fsmm_lock (&self->lock);
  pooled = g_queue_peek_tail (&self->returned);
  if (pooled != NULL)
    fsmm_pooled_make_busy (pooled);
  fsmm_object_store_unlock (self);

  return pooled;
}

/* One that may be nobody else's any more, and that has not been looked at since. */
FsmmPooled *
fsmm_object_store_take_lingering (FsmmObjectStore *self, gint64 since)
{
  FsmmPooled *found = NULL;

  fsmm_lock (&self->lock);
  for (GList *l = self->lingering.tail; l != NULL && found == NULL; l = l->prev)
    {
      FsmmPooled *pooled = l->data;

      if (pooled->changed_at <= since && fsmm_pooled_is_forgotten (pooled, since))
        found = fsmm_pooled_make_busy (pooled);
    }
  fsmm_object_store_unlock (self);

  return found;
}

/* Any that no lease has. */
FsmmPooled *
fsmm_object_store_take_any (FsmmObjectStore *self)
{
  GQueue *queues[] = { &self->idle, &self->returned, &self->lingering };
  FsmmPooled *found = NULL;

  fsmm_lock (&self->lock);
  for (guint i = 0; i < G_N_ELEMENTS (queues) && found == NULL; i++)
    if (queues[i]->length > 0)
      found = fsmm_pooled_make_busy (g_queue_peek_tail (queues[i]));
  fsmm_unlock (&self->lock);

  return found;
}

/* Of one that is watched. If it lingers, returns TRUE, and it is BUSY. */
gboolean
fsmm_object_store_note_last_reference (FsmmPooled *pooled)
{
  FsmmObjectStore *self = pooled->store;
  gboolean lingers;

  fsmm_lock (&self->lock);
  lingers = pooled->state == FSMM_POOLED_LINGERING;
  if (lingers)
    fsmm_pooled_make_busy (pooled);
  pooled->is_told = TRUE;
  fsmm_unlock (&self->lock);

  return lingers;
}

/* --- Giving --- */

/* Returns FALSE if the pool is closed. */
gboolean
fsmm_object_store_lend (FsmmPooled *pooled)
{
  FsmmObjectStore *self = pooled->store;
  gboolean is_closed;

  fsmm_lock (&self->lock);
  is_closed = self->is_closed;
  if (!is_closed)
    {
      self->n_loans++;
      pooled->is_inherited = FALSE;
      if (pooled->is_new)
        pooled->is_new = FALSE;
      else
        self->n_reused++;
      fsmm_pooled_set_state (pooled, FSMM_POOLED_LENT);
    }
  fsmm_unlock (&self->lock);

  return !is_closed;
}

void
fsmm_pooled_stop_counting_as_lent (FsmmPooled *pooled)
{
  if (pooled->is_borrowed)
    pooled->store->n_lent--;
  pooled->is_borrowed = FALSE;
}

/* What its return takes is for the context to do. */
void
fsmm_object_store_return_later (FsmmPooled *pooled)
{
  FsmmObjectStore *self = pooled->store;

  fsmm_lock (&self->lock);
  fsmm_pooled_stop_counting_as_lent (pooled);
  fsmm_pooled_set_state (pooled, FSMM_POOLED_RETURNED);
  fsmm_object_store_schedule (self, 0);
  fsmm_object_store_unlock (self);
}

/* Returns FALSE if it was told that it is nobody else's any more, or if the pool is closed: then it is
 * as before. */
gboolean
fsmm_object_store_let_linger (FsmmPooled *pooled)
{
  FsmmObjectStore *self = pooled->store;
  gboolean is_shared;

  fsmm_lock (&self->lock);
  is_shared = !self->is_closed && !pooled->is_told;
  if (is_shared)
    {
      fsmm_pooled_stop_counting_as_lent (pooled);
      pooled->changed_at = g_get_monotonic_time ();
      fsmm_pooled_set_state (pooled, FSMM_POOLED_LINGERING);
      fsmm_object_store_look_at_lingering_later (self);
      fsmm_object_store_have_all_look (self);
    }
  fsmm_object_store_unlock (self);

  return is_shared;
}

/* Whoever waits may get its place. If the calling thread is not to drop its object, @doomed (transfer
 * full) (nullable) is that. */
void
fsmm_object_store_remove (FsmmPooled *pooled, gboolean is_discarded, GObject *doomed)
{
  FsmmObjectStore *self = pooled->store;

  fsmm_lock (&self->lock);
  fsmm_pooled_stop_counting_as_lent (pooled);
  fsmm_pooled_set_state (pooled, FSMM_POOLED_GONE);
  self->n_objects--;
  if (is_discarded)
    self->n_discarded++;
  if (doomed != NULL)
    {
      g_queue_push_tail (&self->doomed, doomed);
      fsmm_object_store_schedule (self, 0);
    }
  fsmm_object_store_unlock (self);
  fsmm_pooled_unref (pooled);
}

void
fsmm_object_store_count (FsmmObjectStore *self, guint64 *counter)
{
  fsmm_lock (&self->lock);
  (*counter)++;
  fsmm_unlock (&self->lock);
}

/* Nothing is lent from now on, and nobody waits. */
void
fsmm_object_store_close (FsmmObjectStore *self)
{
  GQueue left = G_QUEUE_INIT;

  fsmm_lock (&self->lock);
  g_atomic_int_set (&self->is_closed, TRUE);
  fsmm_object_store_dismiss_all (self, &left);
  fsmm_unlock (&self->lock);
  fsmm_waiters_notify (&left);
}
