/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting for another thread that takes no lock and signals nothing when it is done.
 *
 * Mostly that is over in some nanoseconds, so that it is not worth sleeping. Where the other
 * thread has been put aside, it needs a processor, perhaps this one: to yield is not enough,
 * since a real-time thread yields to no ordinary one. So a waiting thread sleeps soon, and longer
 * each time. */

#pragma once

#include <errno.h>
#include <glib.h>

G_BEGIN_DECLS

#define FSMM_PAUSE_N_SPINS 100
#define FSMM_PAUSE_FIRST_SLEEP 4 /* microseconds */
#define FSMM_PAUSE_N_DOUBLINGS 8 /* to about a millisecond */

static inline void
fsmm_pause_processor (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#elif defined(__aarch64__)
  __asm__ volatile ("isb" ::: "memory");
#endif
}

/* Keeps errno, which is set if a signal arrives, or if a sandbox lets no thread sleep: this can be a
 * part of a free. */
static inline void
fsmm_sleep (gulong microseconds)
{
  int kept_errno = errno;

  g_usleep (microseconds);
  errno = kept_errno;
}

/* Called again and again, with the address of a count that starts as 0. */
static inline void
fsmm_pause (guint *n_pauses)
{
  guint n = (*n_pauses)++;

  if (n < FSMM_PAUSE_N_SPINS)
    fsmm_pause_processor ();
  else
    fsmm_sleep (FSMM_PAUSE_FIRST_SLEEP << MIN (n - FSMM_PAUSE_N_SPINS, FSMM_PAUSE_N_DOUBLINGS));
}

G_END_DECLS
