/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The choice of a program on the screen. */

#pragma once

#include "top-programs.h"

G_BEGIN_DECLS

/* Returns: (transfer none) (nullable): the one that is chosen. @number is the signal that ended it, or
 * 0. */
TopProgram *top_chooser_run (GPtrArray *programs, int *number);

G_END_DECLS
