/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who waits for something that others have: a queue by priority, and then by arrival.
 *
 * What becomes of them is for the owner of the queue to decide. Every function here is called with its
 * lock held. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _FsmmWaiter FsmmWaiter;

typedef enum {
  FSMM_WAITER_AWAY,   /* not in the queue, and has nothing */
  FSMM_WAITER_ASLEEP, /* in the queue */
  FSMM_WAITER_WOKEN,  /* in the queue; there was room, and its thread is to look itself */
  FSMM_WAITER_SERVED, /* not in the queue any more: it has what it waited for */
} FsmmWaiterState;

/* In the memory of whoever waits, who must take it out of the queue before that goes. */
struct _FsmmWaiter
{
  int priority;                       /* as of GSource: lower numbers come first */
  void (*notify) (FsmmWaiter *self);  /* (nullable): called without the lock, once it has left the
                                       * queue. NULL: a thread sleeps */

  FsmmWaiterState state;
  gint64 since;          /* when it came, as of g_get_monotonic_time () */
  gint64 first_since;    /* when the first came of those from here to the end of the queue */
  gboolean is_cancelled;
  GCond woken;           /* where a thread sleeps */
  GList link;
};

typedef struct {
  GQueue queue;  /* (element-type FsmmWaiter) */
  guint n_woken; /* how many are */
} FsmmWaiters;

void fsmm_waiters_add (FsmmWaiters *self, FsmmWaiter *waiter);
void fsmm_waiters_remove (FsmmWaiters *self, FsmmWaiter *waiter, FsmmWaiterState state);
void fsmm_waiters_wake (FsmmWaiters *self, FsmmWaiter *waiter);
void fsmm_waiters_have_one_look (FsmmWaiters *self);
void fsmm_waiters_sleep_again (FsmmWaiters *self, FsmmWaiter *waiter);
void fsmm_waiters_forget_sleepers (FsmmWaiters *self);

/* The time at which that many microseconds have passed, as of g_get_monotonic_time (), or -1 for never. */
gint64 fsmm_waiters_get_time_limit (gint64 timeout_us);

/* Without the lock: those that have left the queue. */
void fsmm_waiters_notify (GQueue *left);

static inline FsmmWaiter *
fsmm_waiters_peek (const FsmmWaiters *self)
{
  return (FsmmWaiter *) (self->queue.head != NULL ? self->queue.head->data : NULL);
}

static inline gboolean
fsmm_waiter_is_queued (const FsmmWaiter *self)
{
  return self->state == FSMM_WAITER_ASLEEP || self->state == FSMM_WAITER_WOKEN;
}

G_END_DECLS
