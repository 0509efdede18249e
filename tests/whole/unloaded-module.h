/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

FsmmPool *module_get_pool (void);
gpointer module_new_spot (void);
void module_free_spot (gpointer spot);
void module_keep_spot (void);

G_END_DECLS
