/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is said of a pool. All return: (transfer full): valid UTF-8. */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

char *fsmm_inspector_dup_name (FsmmPoolInfo *info);
char *fsmm_inspector_dup_type (FsmmPoolInfo *info);
char *fsmm_inspector_dup_memory (FsmmPoolInfo *info);
char *fsmm_inspector_dup_summary (FsmmPoolInfo *info);
char *fsmm_inspector_dup_description (FsmmPoolInfo *info);
char *fsmm_inspector_dup_totals (GListModel *pools);

G_END_DECLS
