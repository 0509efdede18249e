/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-own-file.h"

#ifdef G_OS_UNIX

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not one of the standard ones, which the program may have closed: what it prints goes there. */
static int
move_up (int fd)
{
  int moved, kept_errno;

  if (fd < 0 || fd > STDERR_FILENO)
    return fd;

  moved = fcntl (fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  kept_errno = errno;
  close (fd);
  errno = kept_errno;

  return moved;
}

FsmmOwnFile
fsmm_own_file_take (int fd)
{
  FsmmOwnFile self = { .fd = move_up (fd) };
  struct stat status;

  if (self.fd >= 0 && fstat (self.fd, &status) == 0)
    {
      self.device = status.st_dev;
      self.node = status.st_ino;
    }

  return self;
}

#ifdef SOCK_CLOEXEC

FsmmOwnFile
fsmm_own_file_open_socket (void)
{
  return fsmm_own_file_take (socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

FsmmOwnFile
fsmm_own_file_accept (const FsmmOwnFile *listener)
{
  return fsmm_own_file_take (accept4 (listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

#else

static FsmmOwnFile
take_socket (int fd)
{
  FsmmOwnFile self = fsmm_own_file_take (fd);

  if (self.fd >= 0)
    {
      (void) fcntl (self.fd, F_SETFD, FD_CLOEXEC);
      (void) fcntl (self.fd, F_SETFL, O_NONBLOCK);
    }

  return self;
}

FsmmOwnFile
fsmm_own_file_open_socket (void)
{
  return take_socket (socket (AF_UNIX, SOCK_STREAM, 0));
}

FsmmOwnFile
fsmm_own_file_accept (const FsmmOwnFile *listener)
{
  return take_socket (accept (listener->fd, NULL, NULL));
}

#endif

gboolean
fsmm_own_file_is_open (const FsmmOwnFile *self)
{
  struct stat status;

  return self->fd >= 0 && fstat (self->fd, &status) == 0 && status.st_dev == self->device &&
         status.st_ino == self->node;
}

void
fsmm_own_file_close (FsmmOwnFile *self)
{
  if (fsmm_own_file_is_open (self))
    close (self->fd);
  self->fd = -1;
}

#endif
