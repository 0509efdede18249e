/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-fork-private.h"

#include "fsmm-lock-private.h"
#include "fsmm-registry-private.h"

/* A child process has only the thread that called fork (). A lock that another thread held at that
 * moment would stay locked in it for ever, over data that is half changed. So the thread that forks
 * takes every lock first, and both processes let go of them afterwards.
 *
 * Lock order: guards_lock, then the locks of stores, then the registry's. Nobody adds or removes a
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
  fsmm_registry_lock ();
}

static void
after_fork (void)
{
  fsmm_registry_unlock ();
  for (GList *l = guards.tail; l != NULL; l = l->prev)
    fsmm_unlock (((FsmmForkGuard *) l->data)->lock);
  fsmm_unlock (&guards_lock);
}

static void
after_fork_in_child (void)
{
  is_child = TRUE;
  after_fork ();
}

static void
watch_forks (void)
{
  static gsize watching;

  if (g_once_init_enter (&watching))
    {
      pthread_atfork (before_fork, after_fork, after_fork_in_child);
      g_once_init_leave (&watching, 1);
    }
}

#else

static void
watch_forks (void)
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
  watch_forks ();

  self->link = (GList) { .data = self };
  self->lock = lock;

  fsmm_lock (&guards_lock);
  g_queue_push_tail_link (&guards, &self->link);
  fsmm_unlock (&guards_lock);
}

void
fsmm_fork_guard_remove (FsmmForkGuard *self)
{
  fsmm_lock (&guards_lock);
  g_queue_unlink (&guards, &self->link);
  fsmm_unlock (&guards_lock);
}
