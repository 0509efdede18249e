/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-type-layout.h"

G_BEGIN_DECLS

const FsmmTypeLayout *fsmm_type_lookup_layout (GType type);
const FsmmTypeLayout *fsmm_type_require_layout (GType type, GError **error);
gboolean fsmm_type_check_layout (GType type, const FsmmTypeLayout *layout, GError **error);

void fsmm_type_lock (void);
void fsmm_type_unlock (void);

G_END_DECLS
