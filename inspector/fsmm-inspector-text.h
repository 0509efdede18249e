/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What fsmm_pool_dump () says, with the map of chunks drawn. */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* @label: what it has, for those who do not see it */
GtkWidget *fsmm_inspector_text_new (const char *label);

/* What the characters of the map mean. */
GtkWidget *fsmm_inspector_legend_new (void);

/* Replaces only the lines that differ, so that nothing moves that somebody is looking at. */
void fsmm_inspector_text_set (GtkTextView *view, const char *text);

/* Cuts @text off where the call stacks begin, if it has some.
 *
 * Returns: (transfer none) (nullable): these, or %NULL */
char *fsmm_inspector_text_split (char *text);

G_END_DECLS
