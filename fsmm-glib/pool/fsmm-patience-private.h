/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Taking a block for a call that may wait for one. */

#pragma once

#include <gio/gio.h>

#include "engine/heap/fsmm-heap-wait.h"
#include "fsmm-block.h"
#include "pool/fsmm-pool-private.h"

G_BEGIN_DECLS

/* How long a call waits. Or, if it has waited, with what it ends. */
typedef struct {
  const char *call;          /* the name of the public function */
  gint64 timeout_us;         /* -1: for ever; 0: not at all */
  gboolean only_asks;        /* with 0: if there is no room, the call sets no error */
  GCancellable *cancellable; /* (nullable) */
  FsmmClaim *granted;        /* (nullable): the block that it has been handed, which is NULL once it
                              * is taken. If it was dropped, the call fails, and sets no error */
} FsmmPatience;

gboolean fsmm_pool_take_patiently (FsmmPool *self,
                                   FsmmState state,
                                   FsmmFill fill,
                                   const FsmmPatience *patience,
                                   FsmmClaim *claim,
                                   GError **error);

/* Takes a block that is filled and in that state, if there is one now. In @result, why not. */
static G_ALWAYS_INLINE inline gboolean
fsmm_pool_try_take (
    FsmmPool *self, FsmmState state, FsmmFill fill, FsmmClaim *claim, FsmmAllocResult *result)
{
  FsmmSlot slot = fsmm_heap_alloc (&self->store, state, fill, &claim->epoch, result);

  claim->block = slot.block;
  claim->state = slot.state;

  return slot.block != NULL;
}

/* Takes a block that is filled and in that state. Without @patience (nullable), this does not wait. */
static G_ALWAYS_INLINE inline gboolean
fsmm_pool_take (FsmmPool *self,
                FsmmState state,
                FsmmFill fill,
                const FsmmPatience *patience,
                FsmmClaim *claim,
                GError **error)
{
  FsmmAllocResult result;

  if (G_UNLIKELY (patience != NULL))
    return fsmm_pool_take_patiently (self, state, fill, patience, claim, error);
  if (G_LIKELY (fsmm_pool_try_take (self, state, fill, claim, &result)))
    return TRUE;

  fsmm_pool_report_alloc (self, result, 1, error);
  return FALSE;
}

/* fsmm-block.c */
FsmmBlock *fsmm_pool_make_handle (FsmmPool *pool, const FsmmPatience *patience, GError **error);

/* fsmm-pool-errors.c */
void fsmm_pool_note_exhausted (FsmmPool *self, gsize n_blocks);
void fsmm_pool_report_wait (FsmmPool *self,
                            const FsmmWait *wait,
                            gint64 timeout_us,
                            GError **error);
void fsmm_pool_warn_of_wait (FsmmPool *self, const char *call);
void fsmm_pool_report_closed (FsmmPool *self, GError **error);

G_END_DECLS
