/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Counters for Sysprof, where it has started the program. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Does nothing if it has not. */
gboolean fsmm_sysprof_start (GError **error);

G_END_DECLS
