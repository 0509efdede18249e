/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The socket that other programs of the same user find this one by: see fsmm-protocol.h. */

#pragma once

#include <gio/gio.h>

#include "watch/fsmm-own-file.h"

#ifdef G_OS_UNIX

G_BEGIN_DECLS

/* Makes it, and sets @path to where it is (transfer full). Its number is negative if @error is set. */
FsmmOwnFile fsmm_socket_listen (char **path, GError **error);

/* Whether the other end belongs to the user of this process. */
gboolean fsmm_socket_is_of_user (const FsmmOwnFile *connected);

G_END_DECLS

#endif
