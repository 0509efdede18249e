/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_POOL (fsmm_pool_get_type ())

FSMM_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (FsmmPool, fsmm_pool, FSMM, POOL, GObject)

/**
 * FsmmBlockFunc:
 * @block: (not nullable): the start of a live block
 * @user_data: the data passed along with the function
 *
 * A function to be called for a block.
 *
 * No lock is held while it runs: it may take and free blocks of the pool, including this one.
 *
 * Since: 1.0
 */
typedef void (*FsmmBlockFunc) (gpointer block, gpointer user_data);

FSMM_AVAILABLE_IN_1_0
FsmmPool *fsmm_pool_new (gsize alloc_size, gsize chunk_bytes, GError **error);
FSMM_AVAILABLE_IN_1_0
FsmmPool *fsmm_pool_new_full (const char *name,
                              gsize alloc_size,
                              gsize alignment,
                              gsize chunk_bytes,
                              gsize max_blocks,
                              GError **error);

FSMM_AVAILABLE_IN_1_0
gpointer fsmm_pool_alloc (FsmmPool *self, GError **error);
FSMM_AVAILABLE_IN_1_0
gpointer fsmm_pool_alloc0 (FsmmPool *self, GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_pool_free (FsmmPool *self, gpointer block, GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_pool_alloc_many (FsmmPool *self, gsize n_blocks, gpointer *blocks, GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_pool_free_many (FsmmPool *self, gsize n_blocks, gpointer *blocks, GError **error);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_free_all (FsmmPool *self);

FSMM_AVAILABLE_IN_1_0
gboolean fsmm_pool_reserve (FsmmPool *self, gsize n_blocks, GError **error);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_trim (FsmmPool *self);

FSMM_AVAILABLE_IN_1_0
gboolean fsmm_pool_is_allocated (FsmmPool *self, gconstpointer block);
FSMM_AVAILABLE_IN_1_0
void fsmm_pool_foreach (FsmmPool *self, FsmmBlockFunc func, gpointer user_data);

FSMM_AVAILABLE_IN_1_0
FsmmPool *fsmm_pool_for_block (gconstpointer block);
FSMM_AVAILABLE_IN_1_0
void fsmm_free (gpointer block);

/**
 * fsmm_autofree:
 *
 * Gives a block back when the variable goes out of scope, as `g_autofree` does for the heap.
 *
 * Put it in front of the declaration, and give the variable a value there. [func@Fsmm.free] is
 * called for the value that the variable has at the end: a block of any pool, which must still
 * exist, or %NULL. For what is to be kept, there is `g_steal_pointer ()`.
 *
 * ```c
 * static gboolean
 * sum_up (FsmmPool *pool, GError **error)
 * {
 *   fsmm_autofree double *numbers = fsmm_pool_alloc0 (pool, error);
 *
 *   return numbers != NULL;
 * }
 * ```
 *
 * Since: 1.2
 */
#define fsmm_autofree __attribute__ ((cleanup (_fsmm_autofree_clear)))

/* Only for the macro above. */
static inline void
_fsmm_autofree_clear (void *variable)
{
#ifdef __cplusplus
  fsmm_free (*static_cast<gpointer *> (variable));
#else
  fsmm_free (*(gpointer *) variable);
#endif
}

FSMM_AVAILABLE_IN_1_0
char *fsmm_pool_dump (FsmmPool *self);

FSMM_AVAILABLE_IN_1_0
const char *fsmm_pool_get_name (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_alloc_size (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_block_size (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_chunk_bytes (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_alignment (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_max_blocks (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_n_chunks (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_n_allocated (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_n_free (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_peak_allocated (FsmmPool *self);
FSMM_AVAILABLE_IN_1_0
gsize fsmm_pool_get_reserved_bytes (FsmmPool *self);

G_END_DECLS
