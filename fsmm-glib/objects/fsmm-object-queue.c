/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-store.h"

#include "base/fsmm-probes.h"

/* Who waits for an object is served as those are that wait for a block: by priority and then by
 * arrival. A thread that is woken may find that another one was faster, unless it has waited for some
 * time. See fsmm-heap-wait.c. */

/* In microseconds. */
#define OBJECT_PATIENCE 1000
#define NAP 20000

/* --- Serving, with the lock held --- */

static FsmmObjectWait *
peek_wait (FsmmObjectStore *self)
{
  return (FsmmObjectWait *) (gpointer) fsmm_waiters_peek (&self->waiters);
}

static void
leave_object_queue (FsmmObjectStore *self, FsmmObjectWait *wait, FsmmLendResult result)
{
  wait->result = result;
  fsmm_waiters_remove (&self->waiters, &wait->waiter,
                       result == FSMM_LEND_OK ? FSMM_WAITER_SERVED : FSMM_WAITER_AWAY);
  wait->n_lent = self->n_lent;
  wait->n_lingering = self->lingering.length;
  wait->n_others = self->waiters.queue.length;
  /* Whoever was asked may never answer: the next one that waits has it asked again. */
  if (result != FSMM_LEND_OK && self->waiters.queue.length == 0)
    self->n_pending = 0;
}

/* As above, and tells it, if no thread sleeps that finds out. */
static void
dismiss_wait (FsmmObjectStore *self, FsmmObjectWait *wait, FsmmLendResult result, GQueue *left)
{
  leave_object_queue (self, wait, result);
  if (wait->waiter.notify != NULL)
    g_queue_push_tail_link (left, &wait->waiter.link);
}

static gboolean
wait_may_be_overtaken (const FsmmObjectWait *wait)
{
  return wait->waiter.notify == NULL &&
         g_get_monotonic_time () - wait->waiter.first_since < OBJECT_PATIENCE;
}

/* Of those for whom an object is to be made in some other way, as many as there is room for. */
static void
ask_for_objects (FsmmObjectStore *self)
{
  if (fsmm_object_store_needs_signal (self))
    fsmm_object_store_schedule (self, 0);
}

void
fsmm_object_store_serve (FsmmObjectStore *self, GQueue *left)
{
  FsmmObjectWait *wait;

  while ((wait = peek_wait (self)) != NULL && fsmm_object_store_can_lend (self))
    {
      if (wait_may_be_overtaken (wait))
        {
          if (self->waiters.n_woken == 0)
            fsmm_waiters_wake (&self->waiters, &wait->waiter);
          return;
        }
      wait->granted = fsmm_object_store_take_locked (self);
      dismiss_wait (self, wait, FSMM_LEND_OK, left);
    }

  ask_for_objects (self);
}

void
fsmm_object_store_dismiss_all (FsmmObjectStore *self, GQueue *left)
{
  FsmmObjectWait *wait;

  while ((wait = peek_wait (self)) != NULL)
    dismiss_wait (self, wait, FSMM_LEND_CLOSED, left);
}

/* All that wait, of which only some may do what is to be done. */
void
fsmm_object_store_have_all_look (FsmmObjectStore *self)
{
  self->n_looks++;
  for (GList *l = self->waiters.queue.head; l != NULL; l = l->next)
    {
      FsmmObjectWait *wait = l->data;

      if (wait->look != NULL)
        wait->look (wait, 0);
      else
        g_cond_signal (&wait->waiter.woken);
    }
}

/* Has the context look after those that linger, if somebody waits: they may be left without a word. */
void
fsmm_object_store_look_at_lingering_later (FsmmObjectStore *self)
{
  if (self->waiters.queue.length > 0 && self->lingering.length > 0)
    fsmm_object_store_schedule (self, g_get_monotonic_time () + NAP);
}

/* Whether ::needs-object is to be emitted once more. */
gboolean
fsmm_object_store_needs_signal (FsmmObjectStore *self)
{
  return self->making == FSMM_MAKING_BY_SIGNAL &&
         self->waiters.queue.length > self->n_pending + self->idle.length &&
         fsmm_object_store_has_place (self, self->n_pending);
}

/* --- Waiting --- */

void
fsmm_object_wait_init (FsmmObjectWait *wait,
                       int priority,
                       void (*notify) (FsmmWaiter *waiter),
                       void (*have_look) (FsmmObjectWait *wait, gint64 at))
{
  *wait = (FsmmObjectWait) { .waiter = { .priority = priority, .notify = notify }, .look = have_look };
  g_cond_init (&wait->waiter.woken);
}

void
fsmm_object_wait_clear (FsmmObjectWait *wait)
{
  g_clear_error (&wait->error);
  g_cond_clear (&wait->waiter.woken);
}

/* An object that lingers may have been left without a word. And what is for the context to do now may be
 * for this thread to do, since it last looked, or once nobody runs that any more. */
static gint64
get_end_of_nap (FsmmObjectStore *self, gint64 end)
{
  gint64 next_look;

  if (self->lingering.length == 0 && self->care_at != 0)
    return end;

  next_look = g_get_monotonic_time () + NAP;
  return end < 0 ? next_look : MIN (end, next_look);
}

/* What is known before it begins to wait is no news afterwards. */
static void
have_look_if_needed (FsmmObjectStore *self, FsmmObjectWait *wait)
{
  gint64 at = get_end_of_nap (self, -1);

  if (wait->look != NULL && at >= 0)
    wait->look (wait, at);
}

/* --- For tracers, without the lock --- */

static const char *
get_word_of_object_wait (const FsmmObjectWait *wait)
{
  static const char *const words[] = {
    [FSMM_LEND_OK] = FSMM_PROBE_SERVED,
    [FSMM_LEND_FULL] = NULL, /* so it waits */
    [FSMM_LEND_TIMED_OUT] = FSMM_PROBE_TIMED_OUT,
    [FSMM_LEND_CANCELLED] = FSMM_PROBE_CANCELLED,
    [FSMM_LEND_CLOSED] = FSMM_PROBE_CLOSED,
    [FSMM_LEND_FAILED] = FSMM_PROBE_FAILED,
  };

  return words[wait->result];
}

/* It may have found that nobody can wait. */
static void
probe_end_of_object_wait (const FsmmObjectStore *self, const FsmmObjectWait *wait)
{
  if (wait->waiter.since != 0)
    fsmm_probe_wait_end (self->name, self->id, get_word_of_object_wait (wait), wait->waiter.since);
}

/* --- Coming and going --- */

/* Returns FALSE if nobody can wait. One that comes again keeps its turn. */
gboolean
fsmm_object_wait_begin (FsmmObjectStore *self, FsmmObjectWait *wait)
{
  gboolean is_closed;
  guint n_waiting;

  fsmm_lock (&self->lock);
  is_closed = self->is_closed;
  wait->result = FSMM_LEND_CLOSED;
  if (!is_closed)
    {
      if (wait->waiter.since == 0)
        wait->waiter.since = g_get_monotonic_time ();
      fsmm_waiters_add (&self->waiters, &wait->waiter);
      fsmm_object_store_look_at_lingering_later (self);
      have_look_if_needed (self, wait);
    }
  n_waiting = self->waiters.queue.length;
  fsmm_object_store_unlock (self);
  if (!is_closed)
    fsmm_probe_wait_begin (self->name, self->id, n_waiting);

  return !is_closed;
}

/* From now on it does not wait. Returns FALSE if that has been so before, or it has been served: then
 * it has been notified, or will be. */
gboolean
fsmm_object_wait_end (FsmmObjectStore *self, FsmmObjectWait *wait, FsmmLendResult result)
{
  gboolean was_queued;

  fsmm_lock (&self->lock);
  was_queued = fsmm_waiter_is_queued (&wait->waiter);
  if (was_queued)
    leave_object_queue (self, wait, result);
  fsmm_object_store_unlock (self);
  probe_end_of_object_wait (self, wait);

  return was_queued;
}

/* --- A thread that sleeps --- */

/* What a thread does that has been woken: those before it come first if they have waited too long. */
static void
take_object_if_woken (FsmmObjectStore *self, FsmmObjectWait *wait, GQueue *left)
{
  if (wait->waiter.state == FSMM_WAITER_WOKEN)
    fsmm_object_store_serve (self, left);
  if (wait->waiter.state != FSMM_WAITER_WOKEN)
    return;

  fsmm_waiters_sleep_again (&self->waiters, &wait->waiter);
  wait->granted = fsmm_object_store_take_locked (self);
  if (wait->granted != NULL)
    leave_object_queue (self, wait, FSMM_LEND_OK);
}

/* When whoever does not sleep is to look again, as of g_get_monotonic_time (). -1: when it is told. */
gint64
fsmm_object_wait_get_next_look (FsmmObjectStore *self)
{
  gint64 at;

  fsmm_lock (&self->lock);
  at = get_end_of_nap (self, -1);
  fsmm_unlock (&self->lock);

  return at;
}

/* Sleeps until there is something to do, or at most until that time, as of g_get_monotonic_time (); -1:
 * for ever. Returns TRUE when it does not wait any more. */
gboolean
fsmm_object_wait_nap (FsmmObjectStore *self, FsmmObjectWait *wait, gint64 end)
{
  FsmmWaiter *waiter = &wait->waiter;
  GQueue left = G_QUEUE_INIT;
  gboolean is_over;

  fsmm_lock (&self->lock);
  if (waiter->state == FSMM_WAITER_ASLEEP && !waiter->is_cancelled && wait->n_looks == self->n_looks)
    fsmm_wait_until (&waiter->woken, &self->lock, get_end_of_nap (self, end));
  wait->n_looks = self->n_looks;
  take_object_if_woken (self, wait, &left);
  if (fsmm_waiter_is_queued (waiter) && waiter->is_cancelled)
    leave_object_queue (self, wait, FSMM_LEND_CANCELLED);
  else if (fsmm_waiter_is_queued (waiter) && end >= 0 && g_get_monotonic_time () >= end)
    leave_object_queue (self, wait, FSMM_LEND_TIMED_OUT);
  is_over = !fsmm_waiter_is_queued (waiter);
  fsmm_object_store_unlock (self);
  fsmm_waiters_notify (&left);
  if (is_over)
    probe_end_of_object_wait (self, wait);

  return is_over;
}

/* Wakes the thread, which finds that out. */
void
fsmm_object_wait_cancel (FsmmObjectStore *self, FsmmObjectWait *wait)
{
  fsmm_lock (&self->lock);
  wait->waiter.is_cancelled = TRUE;
  g_cond_signal (&wait->waiter.woken);
  fsmm_unlock (&self->lock);
}

/* --- For whoever makes objects elsewhere --- */

/* The first is told, rather than to wait for ever. Copying an error may call functions of its domain. */
void
fsmm_object_wait_fail_first (FsmmObjectStore *self, const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);
  GQueue left = G_QUEUE_INIT;
  FsmmObjectWait *wait;

  fsmm_lock (&self->lock);
  if (self->n_pending > 0)
    self->n_pending--;
  wait = peek_wait (self);
  if (wait != NULL)
    {
      wait->error = g_steal_pointer (&copy);
      dismiss_wait (self, wait, FSMM_LEND_FAILED, &left);
    }
  fsmm_object_store_unlock (self);
  fsmm_waiters_notify (&left);
}
