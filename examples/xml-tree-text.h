/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text as it will be seen: its characters, and the columns that it takes. */

/* The shades are 0, for nothing, to XML_N_SHADES - 1, for all. */
#define XML_N_SHADES 5

gsize xml_text_get_columns (void);
char *xml_text_adapt (const char *text);
char *xml_text_make_printable (const char *text);
gsize xml_text_measure (const char *text);
char *xml_text_fit (const char *text, gsize n_columns);
const char *xml_text_get_shade (guint shade);

G_END_DECLS
