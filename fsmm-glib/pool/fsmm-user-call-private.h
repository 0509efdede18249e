/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Functions of the user that run for a pool at this moment, in the calling thread.
 *
 * A user function may drop the last reference to the pool that runs it. A reference of our own
 * would keep the pool, but costs more than all else that is done for an instance, and would never
 * be dropped if the function does not return. So each thread lists the calls it is in, and a pool
 * that is disposed of within one gets a reference then, which ends with the call.
 *
 * A function that is left by longjmp (), by an exception, or for another stack, does not come
 * back to take its call off the list. Therefore nothing depends on the list but when a pool is
 * disposed of: memory that a running function needs stays because its block is CHANGING, or is
 * looked up anew. Calls that are over are recognized by where their frames were: see fsmm-user-
 * call.c. */

#pragma once

#include <glib-object.h>

#include "pool/fsmm-keepers-private.h"
#include "engine/heap/fsmm-heap.h"

G_BEGIN_DECLS

/* Where a function is on the stack. */
typedef struct {
  guintptr address;     /* lies within its frame */
  gconstpointer caller; /* where it returns to */
} FsmmFrame;

/* That of the function in which this stands. */
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
