/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The thread that looks at pools for other programs, and for files. There is none before something asks
 * for it, and one at most. */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* For what a file of this folder has one of. No other lock is taken with it held but those of GLib. */
extern GMutex fsmm_watcher_lock;

/* Starts the thread if it does not run, with the lock held. Returns: (transfer none) (nullable): the
 * context in which it does what it is there for */
GMainContext *fsmm_watcher_start (GError **error);

/* Says in the thread what has gone wrong. A function of the program that handles messages may fork, or
 * wait for a thread that does. */
void fsmm_watcher_warn (const char *what, const GError *error);

/* For fork (): the thread has nothing in its hands meanwhile. It takes other locks while it has. */
void fsmm_watcher_hold (void);
void fsmm_watcher_let_go (void);

/* In a child of fork (), where that thread does not run. */
void fsmm_watcher_forget (void);

G_END_DECLS
