/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

FSMM_AVAILABLE_IN_1_0
const char *fsmm_check_version (guint required_major, guint required_minor, guint required_micro);
FSMM_AVAILABLE_IN_1_0
guint fsmm_get_major_version (void);
FSMM_AVAILABLE_IN_1_0
guint fsmm_get_minor_version (void);
FSMM_AVAILABLE_IN_1_0
guint fsmm_get_micro_version (void);

G_END_DECLS
