/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-window.h"

G_BEGIN_DECLS

void rows_check (RowsWindow *window, Document *document);

G_END_DECLS
