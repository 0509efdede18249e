/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What there is to be seen of one pool, and to be done with it. */

#pragma once

#include <gtk/gtk.h>

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

#define FSMM_TYPE_INSPECTOR_DETAIL (fsmm_inspector_detail_get_type ())

/* Emits "trimmed" when a pool has been trimmed here. */
G_DECLARE_FINAL_TYPE (FsmmInspectorDetail, fsmm_inspector_detail, FSMM, INSPECTOR_DETAIL, GtkBox)

GtkWidget *fsmm_inspector_detail_new (void);

/* @info: (nullable): what is shown from now on */
void fsmm_inspector_detail_set_info (FsmmInspectorDetail *self, FsmmPoolInfo *info);

/* Shows how it is now. */
void fsmm_inspector_detail_update (FsmmInspectorDetail *self);

G_END_DECLS
