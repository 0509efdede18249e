/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-process-end.h"

#include "base/fsmm-fork.h"
#include "base/fsmm-lock.h"

#include <stdlib.h>

/* More threads than that do not start before main () begins. */
#define N_WATCHED 8

static gint n_watched; /* (atomic): how often it was done */
static gint is_ending; /* (atomic) */

static void
note_end (void)
{
  g_atomic_int_set (&is_ending, TRUE);
}

void
fsmm_process_watch_end (void)
{
  if (g_atomic_int_get (&n_watched) >= N_WATCHED || g_atomic_int_add (&n_watched, 1) >= N_WATCHED)
    return;

  fsmm_lock (&fsmm_atexit_lock);
  atexit (note_end);
  fsmm_unlock (&fsmm_atexit_lock);
}

gboolean
fsmm_process_is_ending (void)
{
  return g_atomic_int_get (&is_ending);
}
