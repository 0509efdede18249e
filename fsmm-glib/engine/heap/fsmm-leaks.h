/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which blocks are live at a moment when none should be. */

#pragma once

#include "engine/store/fsmm-store.h"

G_BEGIN_DECLS

void fsmm_leaks_report (FsmmStore *store, const char *when);
char *fsmm_leaks_describe_sites (FsmmStore *store);

void fsmm_leaks_watch_fork (void);
void fsmm_leaks_report_at_exit (void);

G_END_DECLS
