/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-fork.h"

#include "base/fsmm-barrier.h"
#include "base/fsmm-lock.h"

/* A child process has only the thread that called fork (). A lock that another thread held at that
 * moment would stay locked in the child, over data that is half changed, and so would be what it was
 * doing without a lock. So the thread that forks takes every lock and stops every other thread
 * first, and both processes go on from there.
 *
 * Lock order: those of the watcher, whose thread uses all else; that of fsmm-once.c; the first two here;
 * those of the other levels; the last one here. */

GMutex fsmm_types_lock;
GMutex fsmm_stacks_lock;
GMutex fsmm_atexit_lock;

static const FsmmForkHandlers *levels[FSMM_FORK_N_LEVELS]; /* (nullable) */

/* For constructors: see FSMM_FORK_HANDLERS (). */
void
fsmm_fork_register (FsmmForkLevel level, const FsmmForkHandlers *handlers)
{
  levels[level] = handlers;
}

#ifdef HAVE_PTHREAD_ATFORK

#include <pthread.h>

static void
lock_levels (guint first, guint end)
{
  for (guint i = first; i < end; i++)
    if (levels[i] != NULL)
      levels[i]->lock_all ();
}

static void
unlock_levels (guint first, guint end)
{
  for (guint i = end; i-- > first;)
    if (levels[i] != NULL)
      levels[i]->unlock_all ();
}

static void
before_fork (void)
{
  lock_levels (0, FSMM_FORK_FIRST_OF_POOLS);
  fsmm_once_lock_all ();
  fsmm_lock (&fsmm_types_lock);
  fsmm_lock (&fsmm_stacks_lock);
  lock_levels (FSMM_FORK_FIRST_OF_POOLS, FSMM_FORK_N_LEVELS);
  fsmm_lock (&fsmm_atexit_lock);
}

static void
after_fork (void)
{
  fsmm_unlock (&fsmm_atexit_lock);
  unlock_levels (FSMM_FORK_FIRST_OF_POOLS, FSMM_FORK_N_LEVELS);
  fsmm_unlock (&fsmm_stacks_lock);
  fsmm_unlock (&fsmm_types_lock);
  fsmm_once_unlock_all ();
  unlock_levels (0, FSMM_FORK_FIRST_OF_POOLS);
}

static void
after_fork_in_child (void)
{
  fsmm_once_forget_others ();
  fsmm_barrier_init_in_child ();
  for (guint i = 0; i < FSMM_FORK_N_LEVELS; i++)
    if (levels[i] != NULL && levels[i]->forget_others != NULL)
      levels[i]->forget_others ();
  after_fork ();
}

/* Among the first constructors, where it is a part of a program. */
#ifdef __ELF__
#define WHEN_LOADED __attribute__ ((constructor (101)))
#else
#define WHEN_LOADED __attribute__ ((constructor))
#endif

/* A program may have such functions, too, and use pools in them, or hold a lock of its own while it
 * does: so its functions have to run before ours ahead of a fork (), and after ours behind it. That
 * is so if ours are registered first, as they are when the library is loaded: before whatever uses
 * it, and after what it uses itself. */
static WHEN_LOADED void
watch_fork (void)
{
  pthread_atfork (before_fork, after_fork, after_fork_in_child);
}

#endif
