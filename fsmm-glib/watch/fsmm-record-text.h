/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a record of pools is made of: a line that says what it is, a line with the names of columns, and
 * then rows, separated by commas and quoted as RFC 4180 has it. Every row is of one pool at one time. It
 * is the same in every locale. */

#pragma once

#include "watch/fsmm-figures.h"

G_BEGIN_DECLS

/* What a row says of its pool. */
#define FSMM_RECORD_FIGURES "figures" /* it has these from now on, until its next row */
#define FSMM_RECORD_END "end"         /* it is gone; these were its last */

void fsmm_record_add_head (GString *text);

/* @age: of the record, in microseconds. @event: one of those above */
void fsmm_record_add_row (GString *text, gint64 age, const char *event, const FsmmFigures *figures);

G_END_DECLS
