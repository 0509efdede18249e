/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-exit.h"

#include "engine/heap/fsmm-leaks.h"
#include "engine/heap/fsmm-heap-locked.h"
#include "engine/cache/fsmm-thread.h"

/* The program cleans up in functions that it gave to atexit (), in destructors of its own and of
 * C++ objects, and in those of its libraries. All of them come before this is done:
 *
 *   - what was given to atexit () is called, and static C++ objects of the program are destroyed,
 *     before any destructor function is called;
 *   - the destructor functions of a program or library are called before those of the libraries
 * that it needs;
 *   - where this library is a part of the program, or of another library, the priority makes its
 *     destructor the last one of that.
 *
 * What atexit () itself is given from here would be called first of all of that, or second, as the
 * first pool is made late or early. */

static gint is_watching;       /* (atomic) */
static void (*report_more) (void); /* (atomic) (nullable) */

/* For every pool that is asked about. */
void
fsmm_exit_watch (void)
{
  g_atomic_int_set (&is_watching, TRUE);
  fsmm_leaks_watch_fork ();
}

void
fsmm_exit_add_report (void (*report) (void))
{
  g_atomic_pointer_set (&report_more, report);
}

static void
sweep (FsmmStore *store, gpointer deferred)
{
  fsmm_lock (store->lock);
  fsmm_store_debug_sweep (store, deferred);
  fsmm_unlock (store->lock);
}

/* Pools that are never finalized, as a library's own, are not looked at before. What is found is
 * told when no pool is locked. */
static void
report_damage (void)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;

  fsmm_thread_for_each_store (sweep, &deferred);
  while (deferred.damage_reports.length > 0)
    fsmm_damage_report_log (g_queue_pop_head (&deferred.damage_reports));
}

/* Priorities up to 100 are the compiler's. */
__attribute__ ((destructor (101))) static void
look_at_exit (void)
{
  void (*report) (void) = g_atomic_pointer_get (&report_more);

  if (g_atomic_int_get (&is_watching))
    {
      report_damage ();
      fsmm_leaks_report_at_exit ();
    }
  if (report != NULL)
    report ();
}
