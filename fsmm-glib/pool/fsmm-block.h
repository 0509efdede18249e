/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_BLOCK (fsmm_block_get_type ())

/**
 * FsmmBlock:
 *
 * An owning, reference-counted handle to one block of a [class@Fsmm.Pool].
 *
 * Pointers are the natural way to use a block from C. Languages without pointers use a handle: it
 * reads and writes the block's bytes with bounds checking, and gives the block back when the last
 * reference to the handle is dropped, or earlier with [method@Fsmm.Block.release]. A handle keeps
 * its pool alive.
 *
 * A handle whose block is gone, because it was released or because [method@Fsmm.Pool.free_all]
 * dropped it, reports `FSMM_ERROR_RELEASED` and never touches memory that is no longer its own. A
 * block that has a handle can only be given back by the handle: [method@Fsmm.Pool.free] refuses it.
 *
 * ```c
 * const guint8 bytes[] = { 1, 2, 3 };
 * g_autoptr (FsmmPool) pool = fsmm_pool_new (64, 0, &error);
 * g_autoptr (FsmmBlock) block = pool != NULL ? fsmm_pool_acquire (pool, &error) : NULL;
 *
 * if (block == NULL || !fsmm_block_write (block, 0, bytes, sizeof bytes, &error))
 *   g_printerr ("%s\n", error->message);
 * ```
 *
 * All functions can be called from any thread. As with any memory, two threads that write the same
 * bytes at the same time must use their own lock.
 *
 * Since: 1.0
 */
typedef struct _FsmmBlock FsmmBlock;

FSMM_AVAILABLE_IN_1_0
GType fsmm_block_get_type (void) G_GNUC_CONST;

FSMM_AVAILABLE_IN_1_0
FsmmBlock *fsmm_pool_acquire (FsmmPool *self, GError **error);

FSMM_AVAILABLE_IN_1_0
FsmmBlock *fsmm_block_ref (FsmmBlock *self);
FSMM_AVAILABLE_IN_1_0
void fsmm_block_unref (FsmmBlock *self);

FSMM_AVAILABLE_IN_1_0
gsize fsmm_block_get_size (FsmmBlock *self);
FSMM_AVAILABLE_IN_1_0
gpointer fsmm_block_get_address (FsmmBlock *self);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_block_is_live (FsmmBlock *self);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_block_release (FsmmBlock *self, GError **error);

FSMM_AVAILABLE_IN_1_0
guint8 *fsmm_block_read (FsmmBlock *self,
                         gsize offset,
                         gsize n_bytes,
                         gsize *n_read,
                         GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_block_write (FsmmBlock *self,
                           gsize offset,
                           const guint8 *data,
                           gsize n_bytes,
                           GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_block_write_bytes (FsmmBlock *self, gsize offset, GBytes *bytes, GError **error);
FSMM_AVAILABLE_IN_1_0
GBytes *fsmm_block_get_bytes (FsmmBlock *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FsmmBlock, fsmm_block_unref)

G_END_DECLS
