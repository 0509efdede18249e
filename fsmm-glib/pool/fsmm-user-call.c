/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-user-call-private.h"

#include "base/fsmm-system.h"
#include "engine/heap/fsmm-heap.h"

#include <string.h>

#ifdef HAVE_UNWIND_BACKTRACE
#include <unwind.h>
#endif

typedef struct {
  gpointer pool; /* (not owned), unless it is kept: another thread may have finalized it since */
  FsmmFrame frame;
  gboolean keeps_pool;   /* with a reference */
  FsmmKeepers *keepers;  /* (nullable): of the pool, which are one less when the call ends */
  FsmmDropName dropped; /* which blocks the call drops, if it does */
} FsmmUserCall;

typedef struct {
  FsmmUserCall *calls; /* (owned) (array length=n_calls): the innermost last */
  guint n_calls;
  guint capacity;
} FsmmUserCalls;

static FSMM_THREAD_LOCAL FsmmUserCalls list;

/* --- The list --- */

/* What follows from the end of a call may call back, and so change the list. */
static void
finish_call (const FsmmUserCall *call)
{
  if (G_UNLIKELY (call->dropped.store.store != NULL))
    fsmm_store_abandon_drop (&call->dropped);
  if (call->keepers != NULL)
    fsmm_keepers_remove (call->keepers, call->pool);
  if (G_UNLIKELY (call->keeps_pool))
    g_object_unref (call->pool);
}

static void
remove_call (guint index)
{
  FsmmUserCall call = list.calls[index];

  list.n_calls--;
  memmove (&list.calls[index], &list.calls[index + 1], (list.n_calls - index) * sizeof call);
  finish_call (&call);
}

static void
end_calls (gpointer data)
{
  while (list.n_calls > 0)
    remove_call (list.n_calls - 1);

  list.capacity = 0;
  g_clear_pointer (&list.calls, g_free);
}

static GPrivate end_of_calls = G_PRIVATE_INIT (end_calls);

/* Returns FALSE if there is no memory. */
static gboolean
ensure_room_for_call (void)
{
  guint capacity = MAX (8, 2 * list.capacity);
  FsmmUserCall *calls;

  if (G_LIKELY (list.n_calls < list.capacity))
    return TRUE;

  calls = fsmm_system_try_new0 (capacity * sizeof *calls);
  if (calls == NULL)
    return FALSE;

  if (list.n_calls > 0)
    memcpy (calls, list.calls, list.n_calls * sizeof *calls);
  g_free (list.calls);
  list.calls = calls;
  list.capacity = capacity;
  g_private_set (&end_of_calls, &list);

  return TRUE;
}

/* Takes calls off the list that a function with @frame cannot be within: their frames were where
 * its own is, or deeper on the stack. A call on another stack may be taken for one of these.
 * Returns TRUE if there were any. */
gboolean
fsmm_user_call_forget_ended (FsmmFrame frame)
{
  gboolean any = FALSE;

  while (G_UNLIKELY (list.n_calls > 0 &&
                     list.calls[list.n_calls - 1].frame.address <= frame.address))
    {
      remove_call (list.n_calls - 1);
      any = TRUE;
    }

  return any;
}

/* Returns FALSE if there is no memory: then the call is not listed. */
static gboolean
begin_call (const FsmmUserCall *call)
{
  fsmm_user_call_forget_ended (call->frame);
  if (G_UNLIKELY (!ensure_room_for_call ()))
    return FALSE;

  list.calls[list.n_calls++] = *call;
  return TRUE;
}

/* A function of the user is about to run for @pool, called by one with @frame. */
void
fsmm_user_call_begin (gpointer pool, FsmmFrame frame)
{
  begin_call (&(FsmmUserCall) { .pool = pool, .frame = frame });
}

/* The same for a handle that ends with the call. Returns FALSE if the caller has to see to that. */
gboolean
fsmm_user_call_begin_for_keeper (gpointer pool, FsmmFrame frame, FsmmKeepers *keepers)
{
  return begin_call (&(FsmmUserCall) { .pool = pool, .frame = frame, .keepers = keepers });
}

/* The same where all blocks of @store are about to be dropped. */
void
fsmm_user_call_begin_drop (gpointer pool, FsmmFrame frame, FsmmStore *store)
{
  begin_call (&(FsmmUserCall) {
    .pool = pool, .frame = frame, .dropped = { fsmm_store_get_name (store), 0 } });
}

static FsmmUserCall *
find_call (FsmmFrame frame)
{
  for (guint i = list.n_calls; i-- > 0;)
    if (list.calls[i].frame.address == frame.address)
      return &list.calls[i];

  return NULL;
}

/* From now on it is known which drop that is. */
void
fsmm_user_call_set_drop (FsmmFrame frame, gsize drop_id)
{
  FsmmUserCall *call = find_call (frame);

  if (call != NULL)
    call->dropped.id = drop_id;
}

/* It has returned. Calls further up that have not are those of other stacks. */
void
fsmm_user_call_end (FsmmFrame frame)
{
  FsmmUserCall *call = find_call (frame);

  if (G_UNLIKELY (call == NULL))
    return;

  call->dropped.store.store = NULL;
  remove_call (call - list.calls);
}

/* --- Which calls are still on --- */

#ifdef HAVE_UNWIND_BACKTRACE

typedef struct {
  FsmmFrame sought;
  guintptr start; /* of the frame that was looked at last */
  gboolean found;
} Walk;

/* A frame reaches from where the stack ends while its function runs to where it ends while its
 * caller does. */
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

/* Whether the calling function was called from the one with that frame, however indirectly. Code
 * that the unwinder cannot see through hides what lies behind it. */
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

/* Takes the calls for @pool off the list that have been left. */
void
fsmm_user_call_verify (gpointer pool)
{
  for (guint i = list.n_calls; i-- > 0;)
    if (list.calls[i].pool == pool && !is_on_stack (list.calls[i].frame))
      {
        remove_call (i);
        /* Others may have gone with it. */
        i = MIN (i, list.n_calls);
      }
}

/* Keeps a pool that is being disposed of, if a function of its user runs in this thread, until the
 * outermost of these calls ends. */
gboolean
fsmm_user_call_outlive (gpointer pool)
{
  FsmmUserCall *outermost = NULL;

  fsmm_user_call_verify (pool);
  for (guint i = list.n_calls; i-- > 0;)
    if (list.calls[i].pool == pool)
      outermost = &list.calls[i];

  if (outermost != NULL && !outermost->keeps_pool)
    {
      g_object_ref (pool);
      outermost->keeps_pool = TRUE;
    }

  return outermost != NULL;
}
