/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where in the program something was done: who called whom. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Never freed: the same calls are the same stack. */
typedef struct _FsmmStack FsmmStack;

const FsmmStack *fsmm_stack_capture (void);
const char *fsmm_stack_describe (const FsmmStack *self);

G_END_DECLS
