/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who called whom where something was done in the program, and what is kept of that for a block. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Never freed: the same calls are the same stack. */
typedef struct _FsmmStack FsmmStack;

const FsmmStack *fsmm_stack_capture (void);
const char *fsmm_stack_describe (const FsmmStack *self);

/* Where and when a block was last taken and freed. */
typedef struct {
  const FsmmStack *taken; /* (nullable) */
  const FsmmStack *freed; /* (nullable) */
  gint64 taken_at;        /* in microseconds, as g_get_monotonic_time () */
} FsmmHistory;

char *fsmm_history_describe (const FsmmHistory *self);

G_END_DECLS
