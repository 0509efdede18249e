/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-record.h"

G_BEGIN_DECLS

/* What a list model can have: an object. Its property "box" has the type FSMM_TYPE_BOX, so that
 * nobody who gets or sets it copies the record. */
G_DECLARE_FINAL_TYPE (Row, row, ROWS, ROW, GObject)

Row *row_new (FsmmBox *box);
Record *row_get_record (Row *self);

G_END_DECLS
