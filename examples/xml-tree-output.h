/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text for a terminal of 80 columns, in any locale. */

void xml_print (const char *format, ...) G_GNUC_PRINTF (1, 2);
void xml_print_heading (const char *text);
void xml_print_wrapped (const char *text, gsize indent);
char *xml_fit_name (const char *name, gsize n_columns);
void xml_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
