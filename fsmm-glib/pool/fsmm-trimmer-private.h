/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-trimmer.h"

G_BEGIN_DECLS

/* What else is to be trimmed when memory gets scarce, of which the trimmers know nothing. */
void fsmm_trimmer_set_other (void (*trim) (GMemoryMonitorWarningLevel level));

G_END_DECLS
