/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What FSMM_DEBUG asks to be looked at when the program ends. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void fsmm_exit_watch (void);

/* Of what the engine does not know: to be called after its own. */
void fsmm_exit_add_report (void (*report) (void));

G_END_DECLS
