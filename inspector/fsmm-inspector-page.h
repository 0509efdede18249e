/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define FSMM_TYPE_INSPECTOR_PAGE (fsmm_inspector_page_get_type ())

G_DECLARE_FINAL_TYPE (FsmmInspectorPage, fsmm_inspector_page, FSMM, INSPECTOR_PAGE, GtkBox)

G_END_DECLS
