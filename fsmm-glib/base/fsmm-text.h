/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Text that others made, for messages. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *fsmm_text_escape (const char *text);

G_END_DECLS
