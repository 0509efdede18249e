/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text and numbers in columns. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A number that there is none of. */
#define TOP_NONE G_MAXUINT64

/* How many cells of a terminal it takes. */
guint top_text_get_width (const char *text);

/* All (transfer full). The first cuts what is wider, and shows that by @ellipsis, one cell wide. */
char *top_text_fit (const char *text, guint width, const char *ellipsis);
char *top_text_from_count (guint64 count);
char *top_text_from_bytes (guint64 n_bytes);

/* With TOP_NONE for what does not fit. */
guint64 top_sum (guint64 a, guint64 b);
guint64 top_product (guint64 a, guint64 b);

G_END_DECLS
