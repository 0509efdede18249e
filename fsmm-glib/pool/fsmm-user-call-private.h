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

void fsmm_user_call_begin (gpointer pool, FsmmFrame frame);
gboolean fsmm_user_call_begin_for_keeper (gpointer pool, FsmmFrame frame, FsmmKeepers *keepers);
void fsmm_user_call_begin_drop (gpointer pool, FsmmFrame frame, FsmmStore *store);
void fsmm_user_call_set_drop (FsmmFrame frame, gsize drop_id);
void fsmm_user_call_end (FsmmFrame frame);

gboolean fsmm_user_call_outlive (gpointer pool);
gboolean fsmm_user_call_forget_ended (FsmmFrame frame);
void fsmm_user_call_verify (gpointer pool);

G_END_DECLS
