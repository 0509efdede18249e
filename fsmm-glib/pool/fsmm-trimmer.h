/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_TRIMMER (fsmm_trimmer_get_type ())

FSMM_AVAILABLE_IN_1_2
G_DECLARE_FINAL_TYPE (FsmmTrimmer, fsmm_trimmer, FSMM, TRIMMER, GObject)

FSMM_AVAILABLE_IN_1_2
FsmmTrimmer *fsmm_trimmer_new (void);

FSMM_AVAILABLE_IN_1_2
guint64 fsmm_trimmer_trim (FsmmTrimmer *self, GMemoryMonitorWarningLevel level);

FSMM_AVAILABLE_IN_1_2
void fsmm_trimmer_set_decay (FsmmTrimmer *self, guint decay);
FSMM_AVAILABLE_IN_1_2
guint fsmm_trimmer_get_decay (FsmmTrimmer *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_trimmer_set_budget_bytes (FsmmTrimmer *self, guint64 budget_bytes);
FSMM_AVAILABLE_IN_1_2
guint64 fsmm_trimmer_get_budget_bytes (FsmmTrimmer *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_trimmer_set_memory_monitor (FsmmTrimmer *self, GMemoryMonitor *memory_monitor);
FSMM_AVAILABLE_IN_1_2
GMemoryMonitor *fsmm_trimmer_get_memory_monitor (FsmmTrimmer *self);

G_END_DECLS
