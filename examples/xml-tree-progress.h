/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A line on the terminal that says how far the program has come, and is gone before the report. */

typedef struct {
  char *text; /* (owned) (nullable): what the line says, or NULL: there is none */
  gint64 next_update;
  gsize n_columns; /* 0: the standard output is no terminal */
} XmlProgress;

XmlProgress xml_progress_new (void);
void xml_progress_show (XmlProgress *self, double fraction, const char *text);
void xml_progress_clear (XmlProgress *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (XmlProgress, xml_progress_clear)

G_END_DECLS
