/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-block.h"
#include "fsmm-pool.h"

G_BEGIN_DECLS

FsmmBlock *fsmm_block_new (FsmmPool *pool, GError **error);

G_END_DECLS
