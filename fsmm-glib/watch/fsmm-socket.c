/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-socket.h"

#ifdef G_OS_UNIX

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fsmm-privilege.h"
#include "watch/fsmm-protocol.h"

/* The socket lies in a folder that nobody else may enter, and whoever connects is asked who it is: the
 * system tells that of the other end. A program that may do more than its user shows nothing, since what
 * it does is not for that user to see.
 *
 * GSocket is not used: where the first one is made, the whole process ignores SIGPIPE from then on, and
 * so does what it starts. */

#define MAX_SOCKETS 9 /* of one number of a process */
#define MAX_PENDING 10

/* --- Folders --- */

static gboolean G_GNUC_PRINTF (2, 3)
refuse (GError **error, const char *format, ...)
{
  va_list args;
  g_autofree char *message = NULL;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, message);

  return FALSE;
}

static gboolean
refuse_folder (const char *folder, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot make the folder %s: %s", folder,
               g_strerror (errno));

  return FALSE;
}

/* For this program and for others, whatever the mode of files that this one makes. */
static gboolean
make_own_folder (const char *folder)
{
  return g_mkdir (folder, 0700) == 0 ? g_chmod (folder, 0700) == 0 : errno == EEXIST;
}

/* Makes what is missing, and sees to it that nothing in it can be reached, or replaced, by others. */
static gboolean
prepare_folder (const char *above, const char *folder, GError **error)
{
  GStatBuf status;

  if (g_mkdir_with_parents (above, 0700) != 0)
    return refuse_folder (above, error);
  if (g_stat (above, &status) != 0 || status.st_uid != geteuid ())
    return refuse (error,
                   "%s is no folder of the user whose program this is; set XDG_RUNTIME_DIR to one",
                   above);
  if (!make_own_folder (folder))
    return refuse_folder (folder, error);
  if (g_lstat (folder, &status) != 0 || !S_ISDIR (status.st_mode) || status.st_uid != geteuid () ||
      (status.st_mode & 077) != 0)
    return refuse (error,
                   "%s is open to others, or not a folder of this user; remove it, or set XDG_RUNTIME_DIR "
                   "to another folder",
                   folder);

  return TRUE;
}

/* --- The socket --- */

/* Whether a process left it behind when it ended. */
static gboolean
is_abandoned (const struct sockaddr_un *address)
{
  FsmmOwnFile file = fsmm_own_file_open_socket ();
  gboolean is_refused = file.fd >= 0 &&
                        connect (file.fd, (const struct sockaddr *) address, sizeof *address) != 0 &&
                        errno == ECONNREFUSED;

  fsmm_own_file_close (&file);

  return is_refused;
}

/* Only its user may connect, whatever the mode of files that the program makes. Returns 0, or why it
 * cannot be done. */
static int
listen_at (const FsmmOwnFile *file, const struct sockaddr_un *address)
{
  if (file->fd < 0 || bind (file->fd, (const struct sockaddr *) address, sizeof *address) != 0)
    return errno;

  return g_chmod (address->sun_path, 0600) == 0 && listen (file->fd, MAX_PENDING) == 0 ? 0 : errno;
}

static FsmmOwnFile
try_listen (const char *path, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  FsmmOwnFile file = { .fd = -1 };
  int failure = ENAMETOOLONG;

  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) < sizeof address.sun_path)
    {
      if (is_abandoned (&address))
        g_unlink (path);
      file = fsmm_own_file_open_socket ();
      failure = listen_at (&file, &address);
    }
  if (failure != 0)
    {
      fsmm_own_file_close (&file);
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (failure), "cannot listen at %s: %s%s", path,
                   g_strerror (failure),
                   failure == ENAMETOOLONG ? "; set XDG_RUNTIME_DIR to a shorter one" : "");
    }

  return file;
}

/* The first name that nobody else has: another library in this process may have one, or a process that
 * has the same number in another container. */
static FsmmOwnFile
listen_in (const char *folder, char **path, GError **error)
{
  for (guint i = 1;; i++)
    {
      g_autofree char *name = i == 1 ? g_strdup_printf ("%s/%d", folder, (int) getpid ())
                                     : g_strdup_printf ("%s/%d-%u", folder, (int) getpid (), i);
      g_autoptr (GError) failure = NULL;
      FsmmOwnFile file = try_listen (name, &failure);

      if (failure == NULL)
        *path = g_steal_pointer (&name);
      else if (i < MAX_SOCKETS && g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        continue;
      else
        g_propagate_error (error, g_steal_pointer (&failure));

      return file;
    }
}

FsmmOwnFile
fsmm_socket_listen (char **path, GError **error)
{
  const char *above = g_get_user_runtime_dir ();
  g_autofree char *folder = g_build_filename (above, FSMM_PROTOCOL_FOLDER, NULL);

  if (fsmm_process_is_privileged ())
    refuse (error,
            "this program may do more than the user who started it, and shows nothing to others");
  else if (!g_path_is_absolute (above))
    refuse (error, "XDG_RUNTIME_DIR is \"%s\"; set it to an absolute path", above);
  else if (prepare_folder (above, folder, error))
    return listen_in (folder, path, error);

  return (FsmmOwnFile) { .fd = -1 };
}

/* --- Who is at the other end --- */

#ifdef __linux__

gboolean
fsmm_socket_is_of_user (const FsmmOwnFile *connected)
{
  struct ucred other;
  socklen_t size = sizeof other;

  return getsockopt (connected->fd, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 &&
         other.uid == geteuid ();
}

#elif defined(HAVE_GETPEEREID)

gboolean
fsmm_socket_is_of_user (const FsmmOwnFile *connected)
{
  uid_t user;
  gid_t group;

  return getpeereid (connected->fd, &user, &group) == 0 && user == geteuid ();
}

#else

gboolean
fsmm_socket_is_of_user (const FsmmOwnFile *connected)
{
  return FALSE;
}

#endif

#endif
