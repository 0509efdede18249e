/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Asking a program for its pools, as others do. */

#pragma once

#include <gio/gio.h>
#include <sys/types.h>

#include "fsmm-glib/watch/fsmm-protocol.h"

G_BEGIN_DECLS

#define ASKING_NOBODY 65534 /* a user who is not root */

extern char *asking_folder; /* where sockets are */

/* To be called before anything else: sockets of this program are in a folder of its own. */
void asking_init (void);

char *asking_path_of (pid_t process);
GSocket *asking_try_connect (const char *path, GError **error);
GSocket *asking_connect_to (pid_t process);

/* Returns: (transfer full) (nullable): NULL: it was not answered */
GVariant *asking_ask (GSocket *socket, FsmmAsk question, const GVariantType *type);
GVariant *asking_for_figures (GSocket *socket);

/* Returns what it exits with. */
int asking_run_in_child (int (*func) (gconstpointer data), gconstpointer data);
/* For that: shows its pools, and asks for them. */
int asking_export_own (gconstpointer data);
/* The same: takes the socket away, as the end of the process would have done. Returns @result. */
int asking_finish (int result);

G_END_DECLS
