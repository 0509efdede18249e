/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tables as text, for files and for other programs. */

#pragma once

#include "top-options.h"
#include "top-programs.h"

G_BEGIN_DECLS

void top_plain_list (GPtrArray *programs);

/* Prints as many reports as are asked for. FALSE: not all of them could be had. */
gboolean top_plain_run (TopProgram *program, const TopOptions *options, GError **error);

G_END_DECLS
