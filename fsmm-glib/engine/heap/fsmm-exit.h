/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What FSMM_DEBUG asks to be looked at when the program ends. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void fsmm_exit_watch (void);

G_END_DECLS
