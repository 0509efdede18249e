/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-row.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The list in the window, which makes widgets for the rows that can be seen. */
typedef struct {
  GtkWidget *view;
  GPtrArray *items; /* (owned) (element-type GtkListItem): those that have a row */
} RowsList;

RowsList *rows_list_new (GListModel *rows);
void rows_list_free (RowsList *self);

void rows_list_update (RowsList *self);
void rows_list_count (RowsList *self, guint *n_shown, guint *n_empty);

G_END_DECLS
