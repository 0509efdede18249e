/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-pool-kind.h"

/* clang-format off */
G_DEFINE_ENUM_TYPE (FsmmPoolKind, fsmm_pool_kind,
  G_DEFINE_ENUM_VALUE (FSMM_POOL_KIND_RAW, "raw"),
  G_DEFINE_ENUM_VALUE (FSMM_POOL_KIND_TYPED, "typed"),
  G_DEFINE_ENUM_VALUE (FSMM_POOL_KIND_OBJECTS, "objects"),
  G_DEFINE_ENUM_VALUE (FSMM_POOL_KIND_HANDLES, "handles"))
/* clang-format on */
