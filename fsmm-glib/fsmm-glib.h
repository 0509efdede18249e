/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#define FSMM_GLIB_INSIDE
#include "fsmm-block.h"
#include "fsmm-box.h"
#include "fsmm-boxed-type.h"
#include "fsmm-error.h"
#include "fsmm-lease.h"
#include "fsmm-monitor.h"
#include "fsmm-object-pool.h"
#include "fsmm-pool-info.h"
#include "fsmm-pool-kind.h"
#include "fsmm-pool-memory.h"
#include "fsmm-pool-wait.h"
#include "fsmm-pool.h"
#include "fsmm-runtime-version.h"
#include "fsmm-inline-pool.h"
#include "fsmm-static-pool.h"
#include "fsmm-trimmer.h"
#include "fsmm-type-layout.h"
#include "fsmm-typed-pool.h"
#include "fsmm-typed-pool-wait.h"
#include "fsmm-version-macros.h"
#include "fsmm-version.h"
#undef FSMM_GLIB_INSIDE
