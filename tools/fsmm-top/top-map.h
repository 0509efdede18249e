/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The map of the chunks of a pool on the screen. */

#pragma once

#include "top-report.h"

G_BEGIN_DECLS

/* Draws it in so many lines. @first is the line at the top, and is made to be one that there is. */
void top_map_draw (const char *map, const TopPool *pool, guint *first, int top, int n_lines);

G_END_DECLS
