/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether the program may do what the user who started it may not: as with a set-user-ID or
 * set-group-ID bit, or capabilities of its file. Then that user's environment is not to be obeyed,
 * or it would decide what such a program does, and what it tells; and nobody is to look into it. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean fsmm_process_is_privileged (void);

G_END_DECLS
