/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_POOL_KIND (fsmm_pool_kind_get_type ())

/**
 * FsmmPoolKind:
 * @FSMM_POOL_KIND_RAW: an [class@Fsmm.Pool] of raw blocks
 * @FSMM_POOL_KIND_TYPED: the blocks of an [class@Fsmm.TypedPool]
 * @FSMM_POOL_KIND_OBJECTS: an [class@Fsmm.ObjectPool]
 * @FSMM_POOL_KIND_HANDLES: the memory of all handles, which is the library's own
 *
 * What kind of pool a row of an [class@Fsmm.Monitor] is about.
 *
 * Since: 1.2
 */
typedef enum {
  FSMM_POOL_KIND_RAW,
  FSMM_POOL_KIND_TYPED,
  FSMM_POOL_KIND_OBJECTS,
  FSMM_POOL_KIND_HANDLES
} FsmmPoolKind;

FSMM_AVAILABLE_IN_1_2
GType fsmm_pool_kind_get_type (void) G_GNUC_CONST;

G_END_DECLS
