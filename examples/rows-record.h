/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

/* A line of a journal. It owns nothing, so that dropping all lines takes no time for each. */
typedef struct {
  guint number;
  guint level;   /* 0: nothing special, 1: a warning, 2: an error */
  gint64 time;   /* in seconds since midnight */
  char text[40]; /* ends with a NUL */
} Record;

/* Declares record_get_type () and record_from_box (). */
FSMM_DECLARE_BOXED_TYPE (Record, record)

void record_fill_in (Record *self, guint number);
char *record_describe (const Record *self);

G_END_DECLS
