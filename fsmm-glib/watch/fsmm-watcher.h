/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The thread that looks at pools for other programs, and for files. There is none before something asks
 * for it, and one at most. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For what a file of this folder has one of. No other lock is taken with it held but those of GLib. */
extern GMutex fsmm_watcher_lock;

/* Starts the thread if it does not run, with the lock held. Returns: (transfer none) (nullable): its
 * default main context */
GMainContext *fsmm_watcher_start (GError **error);

/* Files that are open in this process: a child of fork () closes its copies. With the lock held. FALSE:
 * there are too many. */
gboolean fsmm_watcher_add_file (int fd);
void fsmm_watcher_remove_file (int fd);

/* In a child of fork (), where that thread does not run. */
void fsmm_watcher_forget (void);

G_END_DECLS
