/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How the programs of this folder begin. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void stress_init (const GOptionEntry *entries, int *argc, char ***argv);

G_END_DECLS
