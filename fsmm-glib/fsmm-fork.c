/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-fork-private.h"

#include "fsmm-barrier-private.h"
#include "fsmm-lock-private.h"
#include "fsmm-registry-private.h"
#include "fsmm-thread-private.h"

/* A child process has only the thread that called fork (). A lock that another thread held at that
 * moment would stay locked in it for ever, over data that is half changed, and a block that it was
 * about to put into its cache would be nowhere. So the thread that forks takes every lock and stops
 * every cache first, and both processes go on from there.
 *
 * Lock order: guards_lock, then the guarded locks, then those of fsmm-thread.c. Nobody adds a
 * guard while holding another of these locks. */

static GMutex guards_lock;
static GQueue guards = G_QUEUE_INIT;
static gboolean is_child;

#ifdef HAVE_PTHREAD_ATFORK

#include <pthread.h>

static void
before_fork (void)
{
  fsmm_lock (&guards_lock);
  for (GList *l = guards.head; l != NULL; l = l->next)
    fsmm_lock (((FsmmForkGuard *) l->data)->lock);
  fsmm_thread_lock_all ();
  fsmm_registry_lock_all ();
}

static void
after_fork (void)
{
  fsmm_registry_unlock_all ();
  fsmm_thread_unlock_all ();
  for (GList *l = guards.tail; l != NULL; l = l->prev)
    fsmm_unlock (((FsmmForkGuard *) l->data)->lock);
  fsmm_unlock (&guards_lock);
}

static void
after_fork_in_child (void)
{
  is_child = TRUE;
  fsmm_barrier_init_in_child ();
  fsmm_thread_forget_others ();
  after_fork ();
}

void
fsmm_fork_watch (void)
{
  static gsize watching;

  if (fsmm_once_enter (&watching))
    {
      pthread_atfork (before_fork, after_fork, after_fork_in_child);
      fsmm_once_leave (&watching);
    }
}

#else

void
fsmm_fork_watch (void)
{
}

#endif

gboolean
fsmm_fork_is_child (void)
{
  return is_child;
}

void
fsmm_fork_guard_add (FsmmForkGuard *self, GMutex *lock)
{
  fsmm_fork_watch ();

  self->link = (GList) { .data = self };
  self->lock = lock;

  fsmm_lock (&guards_lock);
  g_queue_push_tail_link (&guards, &self->link);
  fsmm_unlock (&guards_lock);
}
