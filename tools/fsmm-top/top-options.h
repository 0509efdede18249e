/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the command line asks for. */

#pragma once

#include "top-columns.h"

G_BEGIN_DECLS

#define TOP_UNLIMITED 0

typedef struct {
  char *wanted; /* (owned) (nullable): a program, or the number of a process */
  double interval; /* in seconds */
  TopOrder order;
  gboolean is_plain; /* even on a terminal */
  guint n_reports;   /* TOP_UNLIMITED: until the program ends */
  gboolean is_list;
  gboolean is_version;
} TopOptions;

/* FALSE: what is wrong with it is in @error. */
gboolean top_options_parse (TopOptions *self, int *argc, char ***argv, GError **error);
void top_options_clear (TopOptions *self);

G_END_DECLS
