/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "rows-row.h"

G_BEGIN_DECLS

/* A journal: rows in a list model, and a pool of its own with their records.
 *
 * Its signal "added" comes after each batch, with the box of the newest record; "loaded" when there
 * are no more, with a message if that is because of the limit; and "closed" when all records have
 * been dropped, with their number, and the milliseconds that it took. */
G_DECLARE_FINAL_TYPE (Document, document, ROWS, DOCUMENT, GObject)

Document *document_new (const char *name, guint max_records);

GListModel *document_get_rows (Document *self);
FsmmTypedPool *document_get_pool (Document *self);

void document_load (Document *self, guint n_records);
void document_close (Document *self);
void document_remove_rows (Document *self);

G_END_DECLS
