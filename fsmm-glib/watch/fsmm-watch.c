/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-watch.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"
#include "debug/fsmm-debug-flags.h"
#include "watch/fsmm-recorder.h"
#include "watch/fsmm-server.h"
#include "watch/fsmm-sysprof.h"
#include "watch/fsmm-watcher.h"

static gint is_started; /* (atomic): what is asked for */

static void
warn_of (const char *what, const GError *error)
{
  g_warning ("%s: %s", what, error->message);
}

static void
start (const FsmmDebugWatch *asked)
{
  g_autoptr (GError) server_error = NULL;
  g_autoptr (GError) record_error = NULL;
  g_autoptr (GError) sysprof_error = NULL;

  if (asked->is_shown && !fsmm_server_start (&server_error))
    warn_of ("FSMM_DEBUG has \"monitor\", but other programs cannot see the pools", server_error);
  if (asked->record != NULL && !fsmm_recorder_start (asked->record, &record_error))
    warn_of ("FSMM_DEBUG has \"record\", but pools are not recorded", record_error);
  if (!fsmm_sysprof_start (&sysprof_error))
    warn_of ("Sysprof cannot see the pools", sysprof_error);
}

/* The first pool is the first thing to look at. A handler of the message may make another one. */
void
fsmm_watch_start_if_asked (void)
{
  if (g_atomic_int_get (&is_started) || !g_atomic_int_compare_and_exchange (&is_started, FALSE, TRUE))
    return;

  start (fsmm_debug_get_watch ());
}

/* What is made from now on, by destructors of others, starts nothing: it would not be ended. */
__attribute__ ((destructor)) static void
stop_at_exit (void)
{
  g_atomic_int_set (&is_started, TRUE);
  fsmm_recorder_stop ();
  fsmm_server_stop ();
}

/* --- fork () --- */

static void
lock_watcher (void)
{
  fsmm_watcher_hold ();
  fsmm_recorder_lock ();
  fsmm_lock (&fsmm_watcher_lock);
}

static void
unlock_watcher (void)
{
  fsmm_unlock (&fsmm_watcher_lock);
  fsmm_recorder_unlock ();
  fsmm_watcher_let_go ();
}

/* In a child, the first pool that it makes starts it again. */
static void
forget_watcher (void)
{
  fsmm_watcher_forget ();
  fsmm_server_forget ();
  fsmm_recorder_forget ();
  g_atomic_int_set (&is_started, FALSE);
}

FSMM_FORK_HANDLERS (FSMM_FORK_WATCHER, lock_watcher, unlock_watcher, forget_watcher)
