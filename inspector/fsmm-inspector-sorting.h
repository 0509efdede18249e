/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sorting by keyboard: GTK 4.8 does not let the titles of columns have the focus. */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Ctrl and the number of a column sort by it, wherever the focus is on the page. */
void fsmm_inspector_add_sorting (GtkWidget *page, GtkColumnView *view);

G_END_DECLS
