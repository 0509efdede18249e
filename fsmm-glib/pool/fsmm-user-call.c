/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-user-call-private.h"

#include "base/fsmm-system.h"
#include "engine/heap/fsmm-heap.h"

#include <string.h>

#ifdef HAVE_UNWIND_BACKTRACE
#include <unwind.h>
#endif

FSMM_THREAD_LOCAL FsmmUserCalls fsmm_user_calls;

/* --- The list --- */

/* This may call user functions, which change the list. */
static void
finish_call (const FsmmUserCall *call)
{
  if (!call->has_more)
    return;

  if (call->dropped.store.store != NULL)
    fsmm_heap_abandon_drop (&call->dropped);
  if (call->keepers != NULL)
    fsmm_keepers_remove (call->keepers, call->pool);
  if (call->keeps_pool)
    g_object_unref (call->pool);
}

static void
remove_call (guint index)
{
  FsmmUserCall *place = &fsmm_user_calls.calls[index];
  FsmmUserCall call = *place;

  fsmm_user_calls.n_calls--;
  memmove (place, place + 1, (fsmm_user_calls.n_calls - index) * sizeof call);
  finish_call (&call);
}

static void
end_calls (gpointer data)
{
  while (fsmm_user_calls.n_calls > 0)
    remove_call (fsmm_user_calls.n_calls - 1);

  fsmm_user_calls.capacity = 0;
  g_clear_pointer (&fsmm_user_calls.calls, g_free);
}

static GPrivate end_of_calls = G_PRIVATE_INIT (end_calls);

/* Returns FALSE if the system has no memory. */
gboolean
fsmm_user_call_ensure_room (void)
{
  guint capacity = MAX (8, 2 * fsmm_user_calls.capacity);
  FsmmUserCall *calls;

  calls = fsmm_system_try_new0 (capacity * sizeof *calls);
  if (calls == NULL)
    return FALSE;

  if (fsmm_user_calls.n_calls > 0)
    memcpy (calls, fsmm_user_calls.calls, fsmm_user_calls.n_calls * sizeof *calls);
  g_free (fsmm_user_calls.calls);
  fsmm_user_calls.calls = calls;
  fsmm_user_calls.capacity = capacity;
  g_private_set (&end_of_calls, &fsmm_user_calls);

  return TRUE;
}

/* Removes calls from the list that have been left: their frames were at the place of @frame, or
 * deeper on the stack. A call on another stack may be mistaken for one of these. Returns TRUE if
 * any call was removed. */
gboolean
fsmm_user_call_forget_ended (FsmmFrame frame)
{
  const FsmmUserCall *call;
  gboolean any = FALSE;

  while ((call = fsmm_user_call_get_innermost ()) != NULL && call->frame.address <= frame.address)
    {
      remove_call (fsmm_user_calls.n_calls - 1);
      any = TRUE;
    }

  return any;
}

/* Puts a call on the list that has something to do when it ends. Returns NULL if the system has no
 * memory. */
static FsmmUserCall *
push_with_more (gpointer pool, FsmmFrame frame)
{
  FsmmUserCall *call = fsmm_user_call_push (pool, frame);

  if (call != NULL)
    *call = (FsmmUserCall) { .pool = pool, .frame = frame, .has_more = TRUE };

  return call;
}

/* Begins a call at whose end one of the keepers of @pool is removed. Returns FALSE if the caller
 * has to remove it, because the system has no memory. */
gboolean
fsmm_user_call_begin_for_keeper (gpointer pool, FsmmFrame frame, FsmmKeepers *keepers)
{
  FsmmUserCall *call = push_with_more (pool, frame);

  if (call != NULL)
    call->keepers = keepers;

  return call != NULL;
}

/* Begins a call that drops all blocks of @store. If the user function does not return, the drop is
 * abandoned when that is noticed. */
void
fsmm_user_call_begin_drop (gpointer pool, FsmmFrame frame, FsmmStore *store)
{
  FsmmUserCall *call = push_with_more (pool, frame);

  if (call != NULL)
    call->dropped.store = fsmm_store_get_name (store);
}

static FsmmUserCall *
find_call (FsmmFrame frame)
{
  for (guint i = fsmm_user_calls.n_calls; i-- > 0;)
    if (fsmm_user_calls.calls[i].frame.address == frame.address)
      return &fsmm_user_calls.calls[i];

  return NULL;
}

/* Tells the call which drop it is. */
void
fsmm_user_call_set_drop (FsmmFrame frame, gsize drop_id)
{
  FsmmUserCall *call = find_call (frame);

  if (call != NULL)
    call->dropped.id = drop_id;
}

void
fsmm_user_call_end_slow (FsmmFrame frame)
{
  FsmmUserCall *call = find_call (frame);

  if (G_UNLIKELY (call == NULL))
    return;

  if (call->has_more)
    call->dropped.store.store = NULL;

  /* A copy of the call would be made of what has just been written in parts, which takes longer than
   * all the rest. */
  if (G_LIKELY (call == fsmm_user_call_get_innermost () && call->has_more && !call->keeps_pool &&
                call->keepers != NULL))
    {
      fsmm_user_calls.n_calls--;
      fsmm_keepers_remove (call->keepers, call->pool);
    }
  else
    remove_call (call - fsmm_user_calls.calls);
}

/* --- Which calls have not been left --- */

#ifdef HAVE_UNWIND_BACKTRACE

typedef struct {
  FsmmFrame sought;
  guintptr start; /* of the frame that was visited last */
  gboolean found;
} Walk;

/* The frame of a function lies between the ends of the stack while it runs and while its caller
 * runs. */
static _Unwind_Reason_Code
look_at_frame (struct _Unwind_Context *context, void *data)
{
  Walk *walk = data;
  guintptr start = _Unwind_GetCFA (context);

  walk->found = walk->start <= walk->sought.address && walk->sought.address < start &&
                (gconstpointer) _Unwind_GetIP (context) == walk->sought.caller;
  walk->start = start;

  return walk->found ? _URC_NORMAL_STOP : _URC_NO_REASON;
}

/* Whether the function with @frame is among the callers, direct or indirect. Frames beyond code
 * that the unwinder cannot unwind are not found. */
static gboolean
is_on_stack (FsmmFrame frame)
{
  Walk walk = { frame, 0, FALSE };

  _Unwind_Backtrace (look_at_frame, &walk);

  return walk.found;
}

#else

static gboolean
is_on_stack (FsmmFrame frame)
{
  return frame.address > FSMM_FRAME_HERE.address;
}

#endif

/* Removes calls for @pool from the list that have been left. */
void
fsmm_user_call_verify (gpointer pool)
{
  for (guint i = fsmm_user_calls.n_calls; i-- > 0;)
    if (fsmm_user_calls.calls[i].pool == pool && !is_on_stack (fsmm_user_calls.calls[i].frame))
      {
        remove_call (i);
        /* User functions may have removed more calls. */
        i = MIN (i, fsmm_user_calls.n_calls);
      }
}

static void
keep_pool (FsmmUserCall *call)
{
  if (!call->has_more)
    *call = (FsmmUserCall) { .pool = call->pool, .frame = call->frame, .has_more = TRUE };

  if (!call->keeps_pool)
    {
      g_object_ref (call->pool);
      call->keeps_pool = TRUE;
    }
}

/* For a pool that is being disposed of: if it has called user functions in this thread that have
 * not returned, keeps it until the outermost of these calls ends. Returns whether it is kept. */
gboolean
fsmm_user_call_outlive (gpointer pool)
{
  FsmmUserCall *outermost = NULL;

  fsmm_user_call_verify (pool);
  for (guint i = fsmm_user_calls.n_calls; i-- > 0;)
    if (fsmm_user_calls.calls[i].pool == pool)
      outermost = &fsmm_user_calls.calls[i];

  if (outermost != NULL)
    keep_pool (outermost);

  return outermost != NULL;
}
