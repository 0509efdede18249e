/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-thread-local.h"

FSMM_THREAD_LOCAL char fsmm_thread_token;
