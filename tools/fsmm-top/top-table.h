/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A table of pools on the screen, one of which is selected. */

#pragma once

#include "top-columns.h"

G_BEGIN_DECLS

typedef struct {
  guint64 selected_id;
  guint selected; /* the row in which it was last */
  guint first;    /* the row at the top */
} TopTable;

/* Sees to it that the same pool is selected as before, or what is in its place, and that it is seen. */
void top_table_follow (TopTable *self, const TopReport *report, guint n_visible);
/* By so many rows; there is always one that is selected if there are any. */
void top_table_move (TopTable *self, const TopReport *report, int n_rows);

/* Returns: (nullable): the pool that is selected */
const TopPool *top_table_get_pool (const TopTable *self, const TopReport *report);

/* Draws the titles, and under them rows, in so many lines. */
void top_table_draw (TopTable *self, const TopReport *report, const TopOrder *order, int top,
                     int n_lines);

G_END_DECLS
