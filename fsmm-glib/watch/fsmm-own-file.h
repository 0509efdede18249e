/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file that the library has open in a program that knows nothing of it. A program may close all files
 * that it does not know, as many do to become a daemon: the number can be that of a file of its own by
 * then, which is not to be read, written to or closed here. */

#pragma once

#include <glib.h>

#ifdef G_OS_UNIX

#include <sys/types.h>

G_BEGIN_DECLS

typedef struct {
  int fd; /* negative: none */
  dev_t device;
  ino_t node;
} FsmmOwnFile;

/* Takes @fd, as a call has returned it, which may have failed: errno stays then. The number may become
 * another one. */
FsmmOwnFile fsmm_own_file_take (int fd);

/* Opens a socket of the Unix family, for a stream. It does not block, and is closed in programs that are
 * started. */
FsmmOwnFile fsmm_own_file_open_socket (void);

/* Takes what has connected to one of those. */
FsmmOwnFile fsmm_own_file_accept (const FsmmOwnFile *listener);

gboolean fsmm_own_file_is_open (const FsmmOwnFile *self);

/* Unless the program has done so. */
void fsmm_own_file_close (FsmmOwnFile *self);

G_END_DECLS

#endif
