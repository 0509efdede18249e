/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Records the figures of all pools in a file while the program runs. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Once in a process. @file: as in fsmm-record-file.h, in the current folder. */
gboolean fsmm_recorder_start (const char *file, GError **error);

/* At the end of the process: records what is so then. */
void fsmm_recorder_stop (void);

/* Around fork (): before the watcher's lock, and after it. */
void fsmm_recorder_lock (void);
void fsmm_recorder_unlock (void);
void fsmm_recorder_forget (void);

G_END_DECLS
