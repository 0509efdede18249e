/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the standard output is, and what it can show. */

gboolean xml_terminal_can_update (void);
gboolean xml_terminal_has_colour (void);
gboolean xml_terminal_has_utf8 (void);
gsize xml_terminal_get_columns (void);

G_END_DECLS
