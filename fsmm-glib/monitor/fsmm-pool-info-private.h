/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-pool-info.h"
#include "watch/fsmm-survey.h"

G_BEGIN_DECLS

FsmmPoolInfo *fsmm_pool_info_new (FsmmFigures *figures);

/* Notifies of what has changed. @seconds is the time since the last figures; 0: they are the first. */
void fsmm_pool_info_update (FsmmPoolInfo *self, const FsmmFigures *figures, double seconds);

const guint64 *fsmm_pool_info_peek_id (FsmmPoolInfo *self);
void fsmm_pool_info_add_stats (FsmmPoolInfo *self, GVariantBuilder *builder);

G_END_DECLS
