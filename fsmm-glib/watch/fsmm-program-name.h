/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What this program is called, for whoever looks at its pools from outside. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): in UTF-8 */
char *fsmm_program_dup_name (void);

G_END_DECLS
