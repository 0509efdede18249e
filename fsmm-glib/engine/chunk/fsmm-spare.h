/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory that pools have dropped, kept for the next pool that needs some: to get it from the system and
 * to give it back takes several times as long as all else in the life of a small pool, because each page
 * of it has to be zeroed, and other processors have to be told when it goes.
 *
 * Each piece is a granule, and there are few. No lock is needed: a piece is in one place, or it is
 * somebody's. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* So that a process has no more than half a mebibyte to no purpose. */
#define FSMM_SPARE_PIECES 8

gpointer fsmm_spare_take (void);
gboolean fsmm_spare_keep (gpointer piece);

gsize fsmm_spare_count_bytes (void);
gsize fsmm_spare_give_back (void);
gsize fsmm_spare_decay (void);

G_END_DECLS
