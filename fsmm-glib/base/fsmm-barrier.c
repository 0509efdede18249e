/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-barrier.h"

#include "base/fsmm-lock.h"
#include "base/fsmm-pause.h"

#ifdef FSMM_BARRIER_IS_ASYMMETRIC

gboolean fsmm_barrier_is_symmetric = TRUE;

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Keeps errno, whatever the kernel says: this can be a part of a free. */
static gboolean
ask_kernel (int command)
{
  int kept_errno = errno;
  gboolean is_done = syscall (SYS_membarrier, command, 0, 0) == 0;

  errno = kept_errno;
  return is_done;
}

static gsize barrier_is_chosen;

void
fsmm_barrier_init (void)
{
  if (fsmm_once_enter (&barrier_is_chosen))
    {
      fsmm_barrier_is_symmetric = !ask_kernel (MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
      fsmm_once_leave (&barrier_is_chosen);
    }
}

/* The child has one thread, which is not within a fast path, so the kind of barrier can change. */
void
fsmm_barrier_init_in_child (void)
{
  if (fsmm_once_is_done (&barrier_is_chosen))
    fsmm_barrier_is_symmetric = !ask_kernel (MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

/* What a processor has stored is seen by all others long before this is over. The clock says when,
 * because a sandbox may let no thread sleep. */
static void
wait_for_stores (void)
{
  gint64 end = g_get_monotonic_time () + 1000;

  do
    fsmm_sleep (1000);
  while (g_get_monotonic_time () < end);
}

void
fsmm_barrier_heavy (void)
{
  if (!fsmm_barrier_is_symmetric && ask_kernel (MEMBARRIER_CMD_PRIVATE_EXPEDITED))
    return;

  __atomic_thread_fence (__ATOMIC_SEQ_CST);
  /* The other side has no barrier: the kernel promised its help, and a sandbox that was entered
   * since refuses it. */
  if (!fsmm_barrier_is_symmetric)
    wait_for_stores ();
}

#else

/* fsmm_barrier_raise () includes a barrier already, so no further fence is needed. */
gboolean fsmm_barrier_is_symmetric = FALSE;

void
fsmm_barrier_init (void)
{
}

void
fsmm_barrier_init_in_child (void)
{
}

/* Both sides store and load in the order that all threads agree on: that is the barrier. */
void
fsmm_barrier_heavy (void)
{
}

#endif
