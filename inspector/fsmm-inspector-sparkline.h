/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A history as a small drawing. */

#pragma once

#include <gtk/gtk.h>

#include "fsmm-inspector-history.h"

G_BEGIN_DECLS

#define FSMM_TYPE_INSPECTOR_SPARKLINE (fsmm_inspector_sparkline_get_type ())

G_DECLARE_FINAL_TYPE (FsmmInspectorSparkline,
                      fsmm_inspector_sparkline,
                      FSMM,
                      INSPECTOR_SPARKLINE,
                      GtkWidget)

GtkWidget *fsmm_inspector_sparkline_new (void);

/* @history: (nullable): what is drawn from now on */
void fsmm_inspector_sparkline_set_history (FsmmInspectorSparkline *self,
                                           FsmmInspectorHistory *history);

G_END_DECLS
