/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pools of a program on the screen, as they are now. */

#pragma once

#include "top-options.h"
#include "top-programs.h"

G_BEGIN_DECLS

/* Returns: the signal that ended it, or 0 */
int top_view_run (TopProgram *program, const TopOptions *options);

G_END_DECLS
