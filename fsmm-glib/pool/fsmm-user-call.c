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
  gpointer pool; /* (not owned) unless keeps_pool: another thread may have finalized it since */
  FsmmFrame frame;
  gboolean keeps_pool;  /* holds a reference to the pool */
  FsmmKeepers *keepers; /* (nullable): of the pool; the call removes one when it ends */
  FsmmDropName dropped; /* which blocks the call drops, if any */
} FsmmUserCall;

typedef struct {
  FsmmUserCall *calls; /* (owned) (array length=n_calls): the innermost last */
  guint n_calls;
  guint capacity;
} FsmmUserCalls;

static FSMM_THREAD_LOCAL FsmmUserCalls list;

/* --- The list --- */

/* This may call user functions, which change the list. */
static void
finish_call (const FsmmUserCall *call)
{
  if (G_UNLIKELY (call->dropped.store.store != NULL))
    fsmm_heap_abandon_drop (&call->dropped);
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

/* Returns FALSE if the system has no memory. */
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

/* Removes calls from the list that have been left: their frames were at the place of @frame, or
 * deeper on the stack. A call on another stack may be mistaken for one of these. Returns TRUE if
 * any call was removed. */
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

/* Returns FALSE if the system has no memory, and the call is not on the list. */
static gboolean
begin_call (const FsmmUserCall *call)
{
  fsmm_user_call_forget_ended (call->frame);
  if (G_UNLIKELY (!ensure_room_for_call ()))
    return FALSE;

  list.calls[list.n_calls++] = *call;
  return TRUE;
}

/* To be called by a function with @frame before it calls a user function for @pool. */
void
fsmm_user_call_begin (gpointer pool, FsmmFrame frame)
{
  begin_call (&(FsmmUserCall) { .pool = pool, .frame = frame });
}

/* Begins a call at whose end one of the keepers of @pool is removed. Returns FALSE if the caller
 * has to remove it, because the system has no memory. */
gboolean
fsmm_user_call_begin_for_keeper (gpointer pool, FsmmFrame frame, FsmmKeepers *keepers)
{
  return begin_call (&(FsmmUserCall) { .pool = pool, .frame = frame, .keepers = keepers });
}

/* Begins a call that drops all blocks of @store. If the user function does not return, the drop is
 * abandoned when that is noticed. */
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

/* Tells the call which drop it is. */
void
fsmm_user_call_set_drop (FsmmFrame frame, gsize drop_id)
{
  FsmmUserCall *call = find_call (frame);

  if (call != NULL)
    call->dropped.id = drop_id;
}

/* To be called after the user function has returned. Calls after this one stay on the list: they
 * are on other stacks. */
void
fsmm_user_call_end (FsmmFrame frame)
{
  FsmmUserCall *call = find_call (frame);

  if (G_UNLIKELY (call == NULL))
    return;

  call->dropped.store.store = NULL;
  remove_call (call - list.calls);
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
  for (guint i = list.n_calls; i-- > 0;)
    if (list.calls[i].pool == pool && !is_on_stack (list.calls[i].frame))
      {
        remove_call (i);
        /* User functions may have removed more calls. */
        i = MIN (i, list.n_calls);
      }
}

/* For a pool that is being disposed of: if it has called user functions in this thread that have
 * not returned, keeps it until the outermost of these calls ends. Returns whether it is kept. */
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
