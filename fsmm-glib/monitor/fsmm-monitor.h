/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-pool-info.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_MONITOR (fsmm_monitor_get_type ())

FSMM_AVAILABLE_IN_1_2
G_DECLARE_FINAL_TYPE (FsmmMonitor, fsmm_monitor, FSMM, MONITOR, GObject)

FSMM_AVAILABLE_IN_1_2
FsmmMonitor *fsmm_monitor_new (guint interval_ms);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_monitor_export (GError **error);
FSMM_AVAILABLE_IN_1_2
void fsmm_monitor_refresh (FsmmMonitor *self);
FSMM_AVAILABLE_IN_1_2
GVariant *fsmm_monitor_get_stats (FsmmMonitor *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_monitor_set_interval (FsmmMonitor *self, guint interval_ms);
FSMM_AVAILABLE_IN_1_2
guint fsmm_monitor_get_interval (FsmmMonitor *self);

G_END_DECLS
