/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_POOL_MEMORY (fsmm_pool_memory_get_type ())

/**
 * FsmmPoolMemory:
 * @live_bytes: in blocks that are live
 * @thread_bytes: in free blocks of the parts that threads have for themselves: a thread takes from its
 *   own without a lock
 * @idle_bytes: in free blocks of all other parts
 * @given_back_bytes: what lies in pages that [method@Fsmm.Pool.trim] has returned to the system: of these
 *   two, and behind the last block of a chunk
 * @reserved_bytes: what [property@Fsmm.Pool:reserved-bytes] is: all chunks, without what has been
 *   given back
 * @bookkeeping_bytes: what the pool needs besides, outside the chunks: nine bits for each block, and
 *   some hundred bytes for each chunk and for each thread
 *
 * What the memory of a pool is used for at one moment: see [method@Fsmm.Pool.get_memory].
 *
 * Since: 1.2
 */
typedef struct {
  guint64 live_bytes;
  guint64 thread_bytes;
  guint64 idle_bytes;
  guint64 given_back_bytes;
  guint64 reserved_bytes;
  guint64 bookkeeping_bytes;
} FsmmPoolMemory;

FSMM_AVAILABLE_IN_1_2
GType fsmm_pool_memory_get_type (void) G_GNUC_CONST;

FSMM_AVAILABLE_IN_1_2
void fsmm_pool_get_memory (FsmmPool *self, FsmmPoolMemory *memory);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_get_spare_bytes (void);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_trim_all (void);

FSMM_AVAILABLE_IN_1_2
void fsmm_pool_set_retain_bytes (FsmmPool *self, gint64 retain_bytes);
FSMM_AVAILABLE_IN_1_2
gint64 fsmm_pool_get_retain_bytes (FsmmPool *self);

G_END_DECLS
