/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Shows pools to whoever is to see them from outside, where FSMM_DEBUG or the surroundings of the
 * program ask for that. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For every pool that is made, and not with a lock held. */
void fsmm_watch_start_if_asked (void);

G_END_DECLS
