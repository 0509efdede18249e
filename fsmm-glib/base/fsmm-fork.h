/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps all stores, and what else this library has one of for the process, usable on both sides of
 * fork (). */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Locks of other files, which are here so that fork () knows them from the start. A thread that has
 * one of them takes no other lock. */
extern GMutex fsmm_types_lock;  /* for data of types */
extern GMutex fsmm_stacks_lock; /* for stacks that have been seen */
extern GMutex fsmm_atexit_lock; /* for atexit (), whose own lock a child may find taken; it may be taken
                                 * with any other one held */

/* What a part of the library does when a process forks: it is registered from below, so that
 * this file knows nothing of it. */
typedef struct {
  void (*lock_all) (void);      /* stops all that other threads do, before */
  void (*unlock_all) (void);    /* afterwards, in both processes */
  void (*forget_others) (void); /* (nullable): before that in the child, which has no other threads */
} FsmmForkHandlers;

/* In the order in which locks are taken. Between the first two come those that are no level's. */
typedef enum {
  FSMM_FORK_WATCHER,
  FSMM_FORK_OBJECTS,
  FSMM_FORK_THREADS,
  FSMM_FORK_PAGES,
  FSMM_FORK_N_LEVELS,

  FSMM_FORK_FIRST_OF_POOLS = FSMM_FORK_OBJECTS,
} FsmmForkLevel;

void fsmm_fork_register (FsmmForkLevel level, const FsmmForkHandlers *handlers);

/* Registers handlers when the library is loaded. */
#define FSMM_FORK_HANDLERS(level, ...)                                                             \
  static __attribute__ ((constructor)) void register_##level (void)                                \
  {                                                                                                \
    static const FsmmForkHandlers handlers = { __VA_ARGS__ };                                      \
    fsmm_fork_register (level, &handlers);                                                         \
  }

G_END_DECLS
