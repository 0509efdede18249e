/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-waiters.h"

#include <errno.h>

/* Behind those that came before it, but for those of lower priority. */
void
fsmm_waiters_add (FsmmWaiters *self, FsmmWaiter *waiter)
{
  GList *next = NULL;

  for (GList *l = self->queue.tail; l != NULL; l = l->prev)
    {
      const FsmmWaiter *other = l->data;

      if (other->priority < waiter->priority ||
          (other->priority == waiter->priority && other->since <= waiter->since))
        break;
      next = l;
    }

  waiter->link.data = waiter;
  waiter->state = FSMM_WAITER_ASLEEP;
  waiter->first_since = waiter->since;
  if (next != NULL)
    {
      /* Its first is that of all behind it, since theirs never decrease. */
      waiter->first_since = MIN (waiter->since, ((FsmmWaiter *) next->data)->first_since);
      g_queue_insert_before_link (&self->queue, next, &waiter->link);
    }
  else
    g_queue_push_tail_link (&self->queue, &waiter->link);
}

void
fsmm_waiters_remove (FsmmWaiters *self, FsmmWaiter *waiter, FsmmWaiterState state)
{
  if (waiter->state == FSMM_WAITER_WOKEN)
    self->n_woken--;
  g_queue_unlink (&self->queue, &waiter->link);
  waiter->state = state;
  if (waiter->notify == NULL)
    g_cond_signal (&waiter->woken);
}

void
fsmm_waiters_wake (FsmmWaiters *self, FsmmWaiter *waiter)
{
  waiter->state = FSMM_WAITER_WOKEN;
  self->n_woken++;
  g_cond_signal (&waiter->woken);
}

/* The first thread that sleeps is to sleep for a shorter time. */
void
fsmm_waiters_have_one_look (FsmmWaiters *self)
{
  for (GList *l = self->queue.head; l != NULL; l = l->next)
    if (((FsmmWaiter *) l->data)->notify == NULL)
      {
        g_cond_signal (&((FsmmWaiter *) l->data)->woken);
        return;
      }
}

/* It was woken, and found that another thread was faster. */
void
fsmm_waiters_sleep_again (FsmmWaiters *self, FsmmWaiter *waiter)
{
  waiter->state = FSMM_WAITER_ASLEEP;
  self->n_woken--;
}

/* In a child of fork (): other threads that sleep are not there. Their memory stays, as their stacks do.
 * What is notified may be of a context that the thread which is left runs, whoever asked. */
void
fsmm_waiters_forget_sleepers (FsmmWaiters *self)
{
  GList *next;

  for (GList *l = self->queue.head; l != NULL; l = next)
    {
      FsmmWaiter *waiter = l->data;

      next = l->next;
      if (waiter->notify != NULL)
        continue;
      if (waiter->state == FSMM_WAITER_WOKEN)
        self->n_woken--;
      g_queue_unlink (&self->queue, l);
      waiter->state = FSMM_WAITER_AWAY;
    }
}

gint64
fsmm_waiters_get_time_limit (gint64 timeout_us)
{
  gint64 now = g_get_monotonic_time ();

  return timeout_us < 0 || timeout_us > G_MAXINT64 - now ? -1 : now + timeout_us;
}

/* What is told may be gone afterwards. Keeps errno, as above all else that gives a block back. */
void
fsmm_waiters_notify (GQueue *left)
{
  int kept_errno = errno;
  GList *link;

  while ((link = g_queue_pop_head_link (left)) != NULL)
    {
      FsmmWaiter *waiter = link->data;

      waiter->notify (waiter);
    }
  errno = kept_errno;
}
