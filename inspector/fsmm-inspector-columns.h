/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The columns of the table of pools. */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

void fsmm_inspector_add_columns (GtkColumnView *view);

/* Returns: (transfer full): name and type of a pool, to search in */
GtkExpression *fsmm_inspector_words_expression_new (void);

G_END_DECLS
