/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory that tells when it is next accessed: for what must have been said before something is
 * looked at, and must still be so. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Called in the middle of the access, from a handler of a signal. */
typedef void (*WatchFunc) (void);

gboolean watched_is_possible (void);
gpointer watched_new (void);
void watched_free (gpointer memory);

void watched_begin (gpointer memory, WatchFunc func);
void watched_end (gpointer memory);

G_END_DECLS
