/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Shows all pools to other programs of the same user: see fsmm-protocol.h. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Does nothing if it is done already. */
gboolean fsmm_server_start (GError **error);

/* At the end of the process. */
void fsmm_server_stop (void);

/* In a child of fork (). */
void fsmm_server_forget (void);

G_END_DECLS
