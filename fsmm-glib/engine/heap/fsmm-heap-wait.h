/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting until a block can be taken. */

#pragma once

#include "engine/heap/fsmm-heap.h"

G_BEGIN_DECLS

/* Somebody who waits for a block, to whom it is handed CLAIMED. */
typedef struct {
  FsmmWaiter waiter; /* the first, so that it leads here */
  FsmmAllocResult result;
  FsmmClaim claim;       /* if that is OK */
  const FsmmStack *site; /* (nullable): where the program waits */
  gsize n_live;          /* if it is not: how many blocks were live when that was found out */
  guint n_others;        /* and how many others waited */
} FsmmWait;

void fsmm_heap_wait_init (FsmmWait *wait,
                          FsmmStore *store,
                          int priority,
                          void (*notify) (FsmmWaiter *waiter));
void fsmm_heap_wait_clear (FsmmWait *wait);

/* A thread that sleeps. */
FsmmAllocResult fsmm_heap_wait (FsmmStore *self, FsmmWait *wait, gint64 end);
void fsmm_heap_wait_cancel (FsmmStore *self, FsmmWait *wait);

/* One that is notified. */
FsmmAllocResult fsmm_heap_wait_begin (FsmmStore *self, FsmmWait *wait);
gboolean fsmm_heap_wait_end (FsmmStore *self, FsmmWait *wait, FsmmAllocResult result);

gboolean fsmm_heap_set_closed (FsmmStore *self, gboolean is_closed);
gboolean fsmm_heap_is_closed (FsmmStore *self);
void fsmm_heap_set_max_blocks (FsmmStore *self, gsize max_blocks);
guint fsmm_heap_count_waiting (FsmmStore *self);

G_END_DECLS
