/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-window.h"

G_BEGIN_DECLS

void rows_picture (RowsWindow *window, Document *document, const char *file);

G_END_DECLS
