/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-wait.h"

#include "base/fsmm-probes.h"
#include "base/fsmm-system.h"
#include "engine/heap/fsmm-heap-locked.h"

#include <errno.h>

/* While somebody waits, all threads take and free blocks with the lock, from what is common to them.
 * Whoever gives the lock back sees first to what is true then: no block can be taken, or nobody waits,
 * or one of those that wait has been woken to take it. So no wake-up is lost, whatever made room.
 *
 * A thread that is woken may find that another one was faster: to hand each block over would make
 * every other thread wait for one that still sleeps, which takes many times as long in all. But once the
 * first in the queue has waited for some time, the next block is its own, and whoever comes is served
 * after it. One that is notified is served at once, since it cannot look itself.
 *
 * Going through the lock ends some time after the last one has left: to begin with it stops all
 * threads. tests/engine/test-wait-model.c goes through all orders of what can happen. */

/* In microseconds. */
#define PATIENCE 1000
#define DIVERT_LONGER 10000
#define MEMORY_INTERVAL 100000

/* A look at the clock takes as long as all else that is done where nobody waits. */
#define LOOKS_AT_CLOCK 16

/* For a test that has a clock of its own, and leaves steps out. */
#ifndef FSMM_WAIT_NOW
#define FSMM_WAIT_NOW() g_get_monotonic_time ()
#define FSMM_WAIT_DOES(step) TRUE
#endif

/* --- Through the lock --- */

/* NULL if there is no memory. */
static FsmmWaiting *
try_new_waiting (void)
{
  FsmmWaiting *waiting = fsmm_system_try_new0 (sizeof *waiting);

  if (waiting != NULL)
    waiting->failed_live = G_MAXSIZE;

  return waiting;
}

static void
divert (FsmmStore *self, FsmmDeferred *deferred)
{
  FsmmCache *own = fsmm_thread_get_cache (self->index);

  if (self->waiting == NULL)
    self->waiting = try_new_waiting ();
  if (self->waiting == NULL || self->diverts || !FSMM_WAIT_DOES (DIVERT))
    return;

  /* Where the store is debugged, no thread has anything. */
  if (self->debug == 0)
    fsmm_heap_reclaim (self, deferred);
  if (own != NULL)
    fsmm_reader_take_key (own);
  self->diverts = TRUE;
  self->waiting->other_live = 0;
  for (GList *l = self->caches.head; l != NULL; l = l->next)
    if (l->data != &self->common)
      self->waiting->other_live += fsmm_cache_get_live (l->data);
}

/* What is claimed counts again from now on. */
static void
stop_diverting (FsmmStore *self)
{
  if (self->is_closed || self->waiting->n_looks++ % LOOKS_AT_CLOCK != 0 ||
      FSMM_WAIT_NOW () - self->waiting->last_left < DIVERT_LONGER)
    return;

  self->diverts = FALSE;
  if (self->debug == 0 && self->max_blocks != G_MAXSIZE)
    {
      fsmm_cache_drop_claims (&self->common);
      fsmm_heap_count_again (self);
    }
  fsmm_store_resume (self);
}

/* --- Coming and going. With the lock held. --- */

static FsmmWait *
peek_waiter (FsmmStore *self)
{
  return (FsmmWait *) (gpointer) fsmm_waiters_peek (&self->waiting->waiters);
}

static FsmmAllocResult
join_queue (FsmmStore *self, FsmmWait *wait, FsmmDeferred *deferred)
{
  divert (self, deferred);
  if (self->waiting == NULL)
    return FSMM_ALLOC_NO_MEMORY;

  /* One that comes again keeps its turn. */
  if (wait->waiter.since == 0)
    wait->waiter.since = FSMM_WAIT_NOW ();
  fsmm_waiters_add (&self->waiting->waiters, &wait->waiter);

  return FSMM_ALLOC_OK;
}

static void
leave_queue (FsmmStore *self, FsmmWait *wait, FsmmAllocResult result)
{
  FsmmWaiter *waiter = &wait->waiter;

  wait->result = result;
  fsmm_waiters_remove (&self->waiting->waiters, waiter,
                       result == FSMM_ALLOC_OK ? FSMM_WAITER_SERVED : FSMM_WAITER_AWAY);
  if (result != FSMM_ALLOC_OK)
    {
      wait->n_live = fsmm_cache_count_live (self);
      wait->n_others = self->waiting->waiters.queue.length;
    }
  if (self->waiting->waiters.queue.length == 0)
    {
      self->waiting->last_left = FSMM_WAIT_NOW ();
      self->waiting->n_looks = 0;
    }
}

/* As above, and tells it, if no thread sleeps that finds out. */
static void
dismiss (FsmmStore *self, FsmmWait *wait, FsmmAllocResult result, FsmmDeferred *deferred)
{
  leave_queue (self, wait, result);
  if (wait->waiter.notify != NULL)
    g_queue_push_tail_link (&deferred->left, &wait->waiter.link);
}

/* --- Serving. With the lock held. --- */

/* Where there was no memory, a block that is freed makes room. */
static gboolean
has_room (FsmmStore *self)
{
  gsize n_live = fsmm_heap_count_live_diverted (self);

  return n_live < self->max_blocks && n_live < self->waiting->failed_live;
}

/* If no block is live, nobody can make room. */
static void
note_no_memory (FsmmStore *self, FsmmWait *wait, FsmmDeferred *deferred)
{
  gsize n_live = fsmm_heap_count_live_diverted (self);

  if (n_live == 0)
    dismiss (self, wait, FSMM_ALLOC_NO_MEMORY, deferred);
  else
    {
      self->waiting->failed_live = n_live;
      fsmm_waiters_have_one_look (&self->waiting->waiters);
    }
}

/* Takes a block for it, for which the memory may be missing. */
static void
serve (FsmmStore *self, FsmmWait *wait, FsmmDeferred *deferred)
{
  const FsmmStack *kept = deferred->site;
  FsmmAllocResult result;
  FsmmSlot slot;

  deferred->site = wait->site;
  slot = fsmm_heap_alloc_locked (fsmm_heap_get_cache (self), FSMM_STATE_CLAIMED, &result, deferred);
  deferred->site = kept;

  if (result == FSMM_ALLOC_OK)
    {
      wait->claim = (FsmmClaim) { slot.block, slot.state, self->epoch };
      dismiss (self, wait, FSMM_ALLOC_OK, deferred);
    }
  else if (result == FSMM_ALLOC_NO_MEMORY)
    note_no_memory (self, wait, deferred);
}

/* The first in the queue, if it is a thread, need not be served while all have come a short time ago: it
 * is woken, and looks itself. */
static gboolean
may_be_overtaken (const FsmmWait *wait)
{
  return wait->waiter.notify == NULL &&
         (FSMM_WAIT_NOW () - wait->waiter.first_since < PATIENCE || !FSMM_WAIT_DOES (BE_FAIR));
}

static void
serve_queue (FsmmStore *self, FsmmDeferred *deferred)
{
  FsmmWait *wait;

  while ((wait = peek_waiter (self)) != NULL && has_room (self))
    {
      if (may_be_overtaken (wait))
        {
          if (self->waiting->waiters.n_woken == 0 && FSMM_WAIT_DOES (WAKE))
            fsmm_waiters_wake (&self->waiting->waiters, &wait->waiter);
          return;
        }
      if (!FSMM_WAIT_DOES (SERVE))
        return;
      serve (self, wait, deferred);
      if (fsmm_waiter_is_queued (&wait->waiter))
        return;
    }
}

/* Keeps errno: this is done by whoever gives a block back. */
void
fsmm_heap_serve_waiters_slow (FsmmStore *self, FsmmDeferred *deferred)
{
  int kept_errno = errno;

  if (self->waiting->waiters.queue.length == 0)
    stop_diverting (self);
  else
    serve_queue (self, deferred);
  errno = kept_errno;
}

/* --- For tracers, without the lock --- */

static const char *
get_word_of_wait (const FsmmWait *wait)
{
  static const char *const words[] = {
    [FSMM_ALLOC_OK] = FSMM_PROBE_SERVED,
    [FSMM_ALLOC_EXHAUSTED] = NULL, /* so it waits */
    [FSMM_ALLOC_NO_MEMORY] = FSMM_PROBE_NO_MEMORY,
    [FSMM_ALLOC_TIMED_OUT] = FSMM_PROBE_TIMED_OUT,
    [FSMM_ALLOC_CANCELLED] = FSMM_PROBE_CANCELLED,
    [FSMM_ALLOC_CLOSED] = FSMM_PROBE_CLOSED,
  };

  return words[wait->result];
}

/* It may have found that nobody can wait. */
static void
probe_end_of_wait (const FsmmStore *self, const FsmmWait *wait)
{
  if (wait->waiter.since != 0)
    fsmm_probe_wait_end (self->identity.name, self->id, get_word_of_wait (wait), wait->waiter.since);
}

/* --- A thread that sleeps --- */

/* @notify is NULL for a thread that sleeps. */
void
fsmm_heap_wait_init (FsmmWait *wait,
                     FsmmStore *store,
                     int priority,
                     void (*notify) (FsmmWaiter *waiter))
{
  *wait = (FsmmWait) {
    .waiter = { .priority = priority, .notify = notify },
    .site = store->debug & FSMM_DEBUG_HISTORY ? fsmm_stack_capture () : NULL,
  };
  g_cond_init (&wait->waiter.woken);
}

void
fsmm_heap_wait_clear (FsmmWait *wait)
{
  g_cond_clear (&wait->waiter.woken);
}

/* When memory is missing, it may come back without anybody saying so. */
static gint64
get_end_of_sleep (FsmmStore *self, gint64 end)
{
  gint64 next_look;

  if (self->waiting->failed_live == G_MAXSIZE)
    return end;

  next_look = FSMM_WAIT_NOW () + MEMORY_INTERVAL;
  return end < 0 ? next_look : MIN (end, next_look);
}

static void
sleep_until_woken (FsmmStore *self, FsmmWait *wait, gint64 end)
{
  while (wait->waiter.state == FSMM_WAITER_ASLEEP && !wait->waiter.is_cancelled)
    if (!fsmm_wait_until (&wait->waiter.woken, self->lock, get_end_of_sleep (self, end)))
      {
        self->waiting->failed_live = G_MAXSIZE;
        return;
      }
}

/* What a thread does that has been woken: those before it come first if they have waited too long. */
static void
take_if_woken (FsmmStore *self, FsmmWait *wait, FsmmDeferred *deferred)
{
  if (wait->waiter.state != FSMM_WAITER_WOKEN)
    return;

  if (FSMM_WAIT_DOES (LET_OTHERS_GO_FIRST))
    fsmm_heap_serve_waiters (self, deferred);
  if (wait->waiter.state != FSMM_WAITER_WOKEN)
    return;

  if (FSMM_WAIT_DOES (SLEEP_AGAIN))
    fsmm_waiters_sleep_again (&self->waiting->waiters, &wait->waiter);
  if (has_room (self))
    serve (self, wait, deferred);
}

/* What a thread does each time that it does not sleep. Returns TRUE when it does not wait any more. */
static gboolean
step_once (FsmmStore *self, FsmmWait *wait, gint64 end, FsmmDeferred *deferred)
{
  take_if_woken (self, wait, deferred);
  if (!fsmm_waiter_is_queued (&wait->waiter))
    return TRUE;

  if (wait->waiter.is_cancelled)
    leave_queue (self, wait, FSMM_ALLOC_CANCELLED);
  else if (end >= 0 && FSMM_WAIT_NOW () >= end)
    leave_queue (self, wait, FSMM_ALLOC_TIMED_OUT);

  return !fsmm_waiter_is_queued (&wait->waiter);
}

static gboolean
sleep_and_step (FsmmStore *self, FsmmWait *wait, gint64 end)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gboolean is_over;

  fsmm_heap_lock (self);
  sleep_until_woken (self, wait, end);
  is_over = step_once (self, wait, end, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return is_over;
}

/* Waits until a block can be taken, or that time has come, as of g_get_monotonic_time (). -1: never. */
FsmmAllocResult
fsmm_heap_wait (FsmmStore *self, FsmmWait *wait, gint64 end)
{
  if (fsmm_heap_wait_begin (self, wait) != FSMM_ALLOC_OK)
    return wait->result;

  while (!sleep_and_step (self, wait, end))
    ;
  probe_end_of_wait (self, wait);

  return wait->result;
}

/* Wakes the thread, which finds that out. */
void
fsmm_heap_wait_cancel (FsmmStore *self, FsmmWait *wait)
{
  fsmm_lock (self->lock);
  wait->waiter.is_cancelled = TRUE;
  g_cond_signal (&wait->waiter.woken);
  fsmm_unlock (self->lock);
}

/* --- One that is notified --- */

/* OK: it waits, and it will be notified when it does not any more, which may be at once. If the block
 * that it was handed before was dropped, it comes again, and that is given back. */
FsmmAllocResult
fsmm_heap_wait_begin (FsmmStore *self, FsmmWait *wait)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  const FsmmClaim dropped = wait->claim;
  FsmmAllocResult result;
  guint n_waiting;

  fsmm_thread_ensure_cache (self);
  wait->claim.block = NULL;

  fsmm_heap_lock (self);
  wait->result = self->is_closed ? FSMM_ALLOC_CLOSED : join_queue (self, wait, &deferred);
  result = wait->result;
  n_waiting = result == FSMM_ALLOC_OK ? self->waiting->waiters.queue.length : 0;
  fsmm_heap_unlock_and_finish (self, &deferred);
  if (result == FSMM_ALLOC_OK)
    fsmm_probe_wait_begin (self->identity.name, self->id, n_waiting);

  /* Only now, so that nobody gets its room who came later. */
  if (dropped.block != NULL)
    fsmm_heap_release (self, &dropped);

  return result;
}

/* From now on it does not wait. Returns FALSE if that has been so before, or it has been served: then
 * it has been notified, or will be. Otherwise it is not, and @result is what comes of it. */
gboolean
fsmm_heap_wait_end (FsmmStore *self, FsmmWait *wait, FsmmAllocResult result)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gboolean was_queued;

  fsmm_heap_lock (self);
  was_queued = fsmm_waiter_is_queued (&wait->waiter);
  if (was_queued)
    leave_queue (self, wait, result);
  fsmm_heap_unlock_and_finish (self, &deferred);
  probe_end_of_wait (self, wait);

  return was_queued;
}

/* --- For all --- */

static void
close_waiters (FsmmStore *self, FsmmDeferred *deferred)
{
  /* What takes a block without the lock does not look whether it is closed. */
  divert (self, deferred);
  while (self->waiting != NULL && peek_waiter (self) != NULL && FSMM_WAIT_DOES (CLOSE_ALL))
    dismiss (self, peek_waiter (self), FSMM_ALLOC_CLOSED, deferred);
}

/* While it is closed, nobody can wait. Returns FALSE if that is so already. */
gboolean
fsmm_heap_set_closed (FsmmStore *self, gboolean is_closed)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gboolean was_closed;

  fsmm_heap_lock (self);
  was_closed = __atomic_exchange_n (&self->is_closed, is_closed, __ATOMIC_RELAXED);
  if (is_closed)
    close_waiters (self, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);

  return was_closed != is_closed;
}

gboolean
fsmm_heap_is_closed (FsmmStore *self)
{
  return __atomic_load_n (&self->is_closed, __ATOMIC_RELAXED);
}

/* G_MAXSIZE: no limit. If more blocks are live, none is taken until enough have been freed. */
void
fsmm_heap_set_max_blocks (FsmmStore *self, gsize max_blocks)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  fsmm_heap_lock (self);
  fsmm_store_stop_for (self, &deferred);
  fsmm_cache_note_peak (self);
  self->max_blocks = max_blocks;
  fsmm_heap_quiesce (self, &deferred);
  fsmm_heap_unlock_and_finish (self, &deferred);
}

guint
fsmm_heap_count_waiting (FsmmStore *self)
{
  guint n_waiting;

  fsmm_heap_lock (self);
  n_waiting = self->waiting != NULL ? self->waiting->waiters.queue.length : 0;
  fsmm_unlock (self->lock);

  return n_waiting;
}
