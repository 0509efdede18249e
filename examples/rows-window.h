/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-document.h"
#include "rows-list.h"

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* A window for a document, with the actions "win.load" and "win.close-document". */
G_DECLARE_FINAL_TYPE (RowsWindow, rows_window, ROWS, WINDOW, GtkApplicationWindow)

RowsWindow *rows_window_new (GtkApplication *application, Document *document);

RowsList *rows_window_get_list (RowsWindow *self);
const char *rows_window_get_message (RowsWindow *self);
const char *rows_window_get_newest (RowsWindow *self);
const char *rows_window_get_status (RowsWindow *self);

G_END_DECLS
