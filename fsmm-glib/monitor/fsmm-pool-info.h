/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-pool-kind.h"
#include "fsmm-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_POOL_INFO (fsmm_pool_info_get_type ())

FSMM_AVAILABLE_IN_1_2
G_DECLARE_FINAL_TYPE (FsmmPoolInfo, fsmm_pool_info, FSMM, POOL_INFO, GObject)

FSMM_AVAILABLE_IN_1_2
guint64 fsmm_pool_info_get_id (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
const char *fsmm_pool_info_get_name (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
FsmmPoolKind fsmm_pool_info_get_kind (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
GType fsmm_pool_info_get_item_type (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_pool_info_get_alloc_size (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_pool_info_get_n_allocated (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_pool_info_get_peak_allocated (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_pool_info_get_max_blocks (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
guint fsmm_pool_info_get_n_waiting (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_pool_info_get_reserved_bytes (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
double fsmm_pool_info_get_alloc_rate (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
FsmmPool *fsmm_pool_info_dup_pool (FsmmPoolInfo *self);
FSMM_AVAILABLE_IN_1_2
gsize fsmm_pool_info_trim (FsmmPoolInfo *self);

G_END_DECLS
