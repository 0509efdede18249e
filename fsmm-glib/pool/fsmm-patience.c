/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-patience-private.h"

#include "fsmm-error.h"

/* --- Ending with a block that is CLAIMED --- */

/* Fills a block that has been granted, without the lock, since it may be large, and puts it into its
 * state. If it was dropped meanwhile with all others, returns FALSE, and leaves it as it is. */
static gboolean
settle_claim (
    FsmmPool *self, FsmmState state, FsmmFill fill, FsmmClaim *granted, FsmmClaim *claim)
{
  FsmmStore *store = &self->store;
  gboolean is_there;

  if (fill.n_bytes > 0)
    fsmm_fill (granted->block, fill);

  is_there = state == FSMM_STATE_CLAIMED ? fsmm_heap_is_in_epoch (store, granted->epoch)
                                         : fsmm_heap_publish (store, granted, state);
  if (!is_there)
    return FALSE;

  *claim = *granted;
  granted->block = NULL;
  return TRUE;
}

/* --- Waiting --- */

static void
cancel_wait (GCancellable *cancellable, gpointer data)
{
  gpointer *pair = data;

  fsmm_heap_wait_cancel (pair[0], pair[1]);
}

static void
warn_of_main_thread (FsmmPool *self, const FsmmPatience *patience)
{
  if (self->warns_of_waits && g_main_context_is_owner (g_main_context_default ()))
    fsmm_pool_warn_of_wait (self, patience->call);
}

static gboolean
wait_for_block (FsmmPool *self,
                FsmmState state,
                FsmmFill fill,
                FsmmWait *wait,
                gint64 end,
                FsmmClaim *claim)
{
  while (fsmm_heap_wait (&self->store, wait, end) == FSMM_ALLOC_OK)
    if (settle_claim (self, state, fill, &wait->claim, claim))
      return TRUE;

  return FALSE;
}

/* The pool stays while its caller waits: that holds a reference, or should. */
static gboolean
wait_or_report (FsmmPool *self,
                FsmmState state,
                FsmmFill fill,
                const FsmmPatience *patience,
                FsmmClaim *claim,
                GError **error)
{
  gpointer pair[2];
  gulong handler;
  gboolean is_taken;
  FsmmWait wait;

  warn_of_main_thread (self, patience);
  fsmm_heap_wait_init (&wait, &self->store, G_PRIORITY_DEFAULT, NULL);
  pair[0] = &self->store;
  pair[1] = &wait;

  g_object_ref (self);
  handler = patience->cancellable != NULL
                ? g_cancellable_connect (patience->cancellable, G_CALLBACK (cancel_wait), pair, NULL)
                : 0;
  is_taken = wait_for_block (self, state, fill, &wait,
                             fsmm_waiters_get_time_limit (patience->timeout_us), claim);
  g_cancellable_disconnect (patience->cancellable, handler);
  if (!is_taken)
    fsmm_pool_report_wait (self, &wait, patience->timeout_us, error);
  fsmm_heap_wait_clear (&wait);
  g_object_unref (self);

  return is_taken;
}

/* Where many threads share few blocks for short times, the next one is there before this thread would
 * be asleep: others get on with it if they may. Who has waited for long is still served first. */
#define N_TRIES 4

static gboolean
try_again (FsmmPool *self, FsmmState state, FsmmFill fill, FsmmClaim *claim)
{
  FsmmAllocResult result;

  for (guint i = 0; i < N_TRIES; i++)
    {
      g_thread_yield ();
      if (fsmm_pool_try_take (self, state, fill, claim, &result))
        return TRUE;
    }

  return FALSE;
}

static void
report_no_time (FsmmPool *self, GError **error)
{
  const FsmmWait wait = {
    .result = FSMM_ALLOC_TIMED_OUT,
    .n_live = fsmm_pool_get_stats (self).n_live,
    .n_others = fsmm_heap_count_waiting (&self->store),
  };

  fsmm_pool_report_wait (self, &wait, 0, error);
}

/* --- Taking --- */

/* What keeps it from waiting at all. */
static gboolean
may_wait (FsmmPool *self, const FsmmPatience *patience, GError **error)
{
  if (fsmm_pool_is_broken (self))
    {
      fsmm_pool_report_broken (self, error);
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (patience->cancellable, error))
    return FALSE;
  if (fsmm_heap_is_closed (&self->store))
    {
      fsmm_pool_report_closed (self, error);
      return FALSE;
    }

  return TRUE;
}

/* Takes a block that is filled and in that state, for a call that waits until there is one. */
gboolean
fsmm_pool_take_patiently (FsmmPool *self,
                          FsmmState state,
                          FsmmFill fill,
                          const FsmmPatience *patience,
                          FsmmClaim *claim,
                          GError **error)
{
  FsmmAllocResult result = FSMM_ALLOC_OK;

  if (patience->granted != NULL)
    return settle_claim (self, state, fill, patience->granted, claim);
  if (!may_wait (self, patience, error))
    return FALSE;

  if (fsmm_pool_try_take (self, state, fill, claim, &result))
    return TRUE;
  if (result == FSMM_ALLOC_EXHAUSTED)
    fsmm_pool_note_exhausted (self, 1);
  if (patience->timeout_us != 0)
    return try_again (self, state, fill, claim) ||
           wait_or_report (self, state, fill, patience, claim, error);

  if (!patience->only_asks)
    report_no_time (self, error);
  return FALSE;
}
