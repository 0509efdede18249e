/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* User functions that a pool has called and that have not returned yet, in the calling thread.
 *
 * A user function may drop the last reference to the pool that called it. Holding a reference
 * during the call would keep the pool alive, but costs more than everything else that is done for
 * an instance, and would leak if the function does not return. So each thread keeps a list of the
 * calls it is in. If a pool is disposed of during such a call, it gets a reference then, which is
 * dropped when the call ends.
 *
 * A function that is left by longjmp (), by an exception or by a switch of stacks does not
 * return to remove its call from the list. So the list only decides when a pool is disposed of.
 * The memory that a running function needs stays for other reasons: its block is CLAIMED, or is
 * looked up again. Calls that were left are recognized by the addresses of their frames: see
 * fsmm-user-call.c. */

#pragma once

#include <glib-object.h>

#include "pool/fsmm-keepers-private.h"
#include "engine/heap/fsmm-heap.h"

G_BEGIN_DECLS

/* The stack frame of a function. */
typedef struct {
  guintptr address;     /* within the frame */
  gconstpointer caller; /* the return address */
} FsmmFrame;

/* The frame of the function that this is used in. */
#define FSMM_FRAME_HERE                                                                            \
  ((FsmmFrame) { (guintptr) __builtin_frame_address (0),                                           \
                 __builtin_extract_return_addr (__builtin_return_address (0)) })

typedef struct {
  gpointer pool; /* (not owned) unless keeps_pool: another thread may have finalized it since */
  FsmmFrame frame;
  gboolean has_more; /* what follows is set, and there is something to do when the call ends */

  gboolean keeps_pool;  /* holds a reference to the pool */
  FsmmKeepers *keepers; /* (nullable): of the pool; the call removes one when it ends */
  FsmmDropName dropped; /* which blocks the call drops, if any */
} FsmmUserCall;

typedef struct {
  FsmmUserCall *calls; /* (owned) (array length=n_calls): the innermost last */
  guint n_calls;
  guint capacity;
} FsmmUserCalls;

extern FSMM_THREAD_LOCAL FsmmUserCalls fsmm_user_calls;

gboolean fsmm_user_call_ensure_room (void);
gboolean fsmm_user_call_begin_for_keeper (gpointer pool, FsmmFrame frame, FsmmKeepers *keepers);
void fsmm_user_call_begin_drop (gpointer pool, FsmmFrame frame, FsmmStore *store);
void fsmm_user_call_set_drop (FsmmFrame frame, gsize drop_id);
void fsmm_user_call_end_slow (FsmmFrame frame);

gboolean fsmm_user_call_outlive (gpointer pool);
gboolean fsmm_user_call_forget_ended (FsmmFrame frame);
void fsmm_user_call_verify (gpointer pool);

static inline FsmmUserCall *
fsmm_user_call_get_innermost (void)
{
  FsmmUserCalls *list = &fsmm_user_calls;

  return list->n_calls > 0 ? &list->calls[list->n_calls - 1] : NULL;
}

/* Puts a call on the list, of which nothing is set but the pool and the frame. Returns NULL if the
 * system has no memory. */
static inline FsmmUserCall *
fsmm_user_call_push (gpointer pool, FsmmFrame frame)
{
  FsmmUserCalls *list = &fsmm_user_calls;
  FsmmUserCall *call = fsmm_user_call_get_innermost ();

  if (G_UNLIKELY (call != NULL && call->frame.address <= frame.address))
    fsmm_user_call_forget_ended (frame);
  if (G_UNLIKELY (list->n_calls == list->capacity && !fsmm_user_call_ensure_room ()))
    return NULL;

  call = &list->calls[list->n_calls++];
  call->pool = pool;
  call->frame = frame;
  call->has_more = FALSE;

  return call;
}

/* To be called by a function with @frame before it calls a user function for @pool. */
static inline void
fsmm_user_call_begin (gpointer pool, FsmmFrame frame)
{
  fsmm_user_call_push (pool, frame);
}

/* To be called after the user function has returned. Calls after this one stay on the list: they
 * are on other stacks. */
static inline void
fsmm_user_call_end (FsmmFrame frame)
{
  const FsmmUserCall *call = fsmm_user_call_get_innermost ();

  if (G_LIKELY (call != NULL && call->frame.address == frame.address && !call->has_more))
    fsmm_user_calls.n_calls--;
  else
    fsmm_user_call_end_slow (frame);
}

G_END_DECLS
