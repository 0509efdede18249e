/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where and when each block of a chunk was last taken and freed. */

#pragma once

#include "debug/fsmm-call-stack.h"

G_BEGIN_DECLS

typedef struct {
  const FsmmStack *taken; /* (nullable) */
  const FsmmStack *freed; /* (nullable) */
  gint64 taken_at;        /* in microseconds, as g_get_monotonic_time () */
} FsmmHistory;

char *fsmm_history_describe (const FsmmHistory *self);

G_END_DECLS
