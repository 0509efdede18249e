/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text for a file or a terminal, in any locale, and in colour where that is wanted. */

typedef enum {
  XML_STYLE_PLAIN,
  XML_STYLE_HEADING,
  XML_STYLE_EXPLANATION,
  XML_STYLE_BETTER,
  XML_STYLE_WORSE,
  XML_STYLE_REFUSED,
  XML_STYLE_BLOCKS,
} XmlStyle;

void xml_print (const char *format, ...) G_GNUC_PRINTF (1, 2);
void xml_print_styled (XmlStyle style, const char *format, ...) G_GNUC_PRINTF (2, 3);
void xml_print_heading (const char *text);
void xml_print_wrapped (XmlStyle style, const char *text, gsize indent);
void xml_complain (const char *format, ...) G_GNUC_PRINTF (1, 2);

G_END_DECLS
