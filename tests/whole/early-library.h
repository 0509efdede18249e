/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

void early_library_use (void);

G_END_DECLS
