/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-lock.h"

/* What is made when it is first needed, by whichever thread comes first. GLib's g_once would do,
 * were it not for fork (): what another thread was in the middle of making would never be finished
 * in the child, and the lock that GLib has for all of them would stay locked there. So this has a
 * lock of its own, which the thread that forks takes when nothing is half made. */

#define IN_THE_MAKING 2

static GMutex once_lock;
static GCond one_is_made;
static guint n_in_the_making;

gboolean
fsmm_once_enter_slow (gsize *done)
{
  gboolean is_first;

  fsmm_lock (&once_lock);

  while (__atomic_load_n (done, __ATOMIC_RELAXED) == IN_THE_MAKING)
    fsmm_wait (&one_is_made, &once_lock);

  is_first = __atomic_load_n (done, __ATOMIC_RELAXED) == 0;
  if (is_first)
    {
      __atomic_store_n (done, IN_THE_MAKING, __ATOMIC_RELAXED);
      n_in_the_making++;
    }

  fsmm_unlock (&once_lock);

  return is_first;
}

void
fsmm_once_leave (gsize *done)
{
  fsmm_lock (&once_lock);
  __atomic_store_n (done, FSMM_ONCE_DONE, __ATOMIC_RELEASE);
  n_in_the_making--;
  g_cond_broadcast (&one_is_made);
  fsmm_unlock (&once_lock);
}

/* For fork (): whatever is begun is finished first. */
void
fsmm_once_lock_all (void)
{
  fsmm_lock (&once_lock);
  while (n_in_the_making > 0)
    fsmm_wait (&one_is_made, &once_lock);
}

void
fsmm_once_unlock_all (void)
{
  fsmm_unlock (&once_lock);
}

/* In a child process: who waits on the other side of the fork () does not wait here. */
void
fsmm_once_forget_others (void)
{
  g_cond_init (&one_is_made);
}
