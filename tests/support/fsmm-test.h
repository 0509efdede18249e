/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the test programs share that are in C, and look at what is private. */

#pragma once

#include "fsmm-glib/pool/fsmm-pool-private.h"

#include "fsmm-test-public.h"

G_BEGIN_DECLS

FsmmRegion *fsmm_test_region_of (FsmmPool *pool, gconstpointer block);

G_END_DECLS
