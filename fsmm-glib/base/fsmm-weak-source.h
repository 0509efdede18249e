/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sources that belong to an object, and do not keep it. */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Has a source that is not attached yet call @func with @object each time. Any thread may finalize the
 * object at any time: the source ends then. */
void fsmm_weak_source_set_callback (GSource *source,
                                    gpointer object,
                                    void (*func) (gpointer object));

/* Ends @source (transfer full) (nullable). */
void fsmm_weak_source_end (GSource *source);

G_END_DECLS
