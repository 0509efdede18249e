/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-watch.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"
#include "debug/fsmm-debug-flags.h"
#include "watch/fsmm-server.h"
#include "watch/fsmm-sysprof.h"
#include "watch/fsmm-watcher.h"

static gint is_started; /* (atomic): what is asked for */

static void
start (const FsmmDebugWatch *asked)
{
  g_autoptr (GError) error = NULL;

  if (asked->is_shown && !fsmm_server_start (&error))
    g_warning ("FSMM_DEBUG has \"monitor\", but other programs cannot see the pools: %s", error->message);
  g_clear_error (&error);

  if (!fsmm_sysprof_start (&error))
    g_warning ("Sysprof cannot see the pools: %s", error->message);
}

/* The first pool is the first thing to look at. A handler of the message may make another one. */
void
fsmm_watch_start_if_asked (void)
{
  if (g_atomic_int_get (&is_started) || !g_atomic_int_compare_and_exchange (&is_started, FALSE, TRUE))
    return;

  start (fsmm_debug_get_watch ());
}

__attribute__ ((destructor)) static void
stop_at_exit (void)
{
  fsmm_server_stop ();
}

/* --- fork () --- */

static void
lock_watcher (void)
{
  fsmm_lock (&fsmm_watcher_lock);
}

static void
unlock_watcher (void)
{
  fsmm_unlock (&fsmm_watcher_lock);
}

/* In a child, the first pool that it makes starts it again. */
static void
forget_watcher (void)
{
  fsmm_watcher_forget ();
  fsmm_server_forget ();
  g_atomic_int_set (&is_started, FALSE);
}

FSMM_FORK_HANDLERS (FSMM_FORK_WATCHER, lock_watcher, unlock_watcher, forget_watcher)
