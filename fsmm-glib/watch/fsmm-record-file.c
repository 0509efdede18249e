/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-record-file.h"

#ifdef G_OS_UNIX

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsmm-text.h"
#include "watch/fsmm-own-file.h"

/* The name is often one in /tmp, where others can put what is there first: a link to a file that is not
 * to be lost, or a file that they can read. So no link is followed, and nothing is emptied or written
 * before it is known whose it is. What is recorded holds a lock on its file: programs that are started
 * with the same FSMM_DEBUG, one by the other, do not write into each other's rows. */

struct _FsmmRecordFile {
  FsmmOwnFile file;
  goffset n_bytes; /* what whole rows take */
  char *path;      /* (owned) */
};

/* --- Names --- */

/* Returns: (transfer full) */
static char *
expand_name (const char *file, gboolean *has_number)
{
  GString *path = g_string_new (NULL);

  for (const char *c = file; *c != '\0'; c++)
    if (c[0] == '%' && c[1] == 'p')
      {
        g_string_append_printf (path, "%d", (int) getpid ());
        *has_number = TRUE;
        c++;
      }
    else
      {
        g_string_append_c (path, *c);
        c += c[0] == '%' && c[1] == '%';
      }

  return g_string_free (path, FALSE);
}

/* Returns: (transfer full) */
static char *
find_record_path (const char *folder, const char *file, gboolean *has_number)
{
  g_autofree char *name = expand_name (file, has_number);

  return g_path_is_absolute (name) ? g_steal_pointer (&name) : g_build_filename (folder, name, NULL);
}

/* --- Opening --- */

static gboolean
refuse_file (GError **error, const char *path, int code, const char *why)
{
  g_autofree char *name = fsmm_text_escape (path);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", name, why);

  return FALSE;
}

static const char *
explain_open_failure (int code)
{
  switch (code)
    {
    case ELOOP:
    case EMLINK: /* what FreeBSD says */
      return "it is a symbolic link, which is not followed; name the file itself";
    case ENXIO: /* a FIFO that nobody reads */
      return "it is no regular file; name another one";
    default:
      return g_strerror (code);
    }
}

static gboolean
check_record_owner (int fd, const char *path, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return refuse_file (error, path, errno, g_strerror (errno));
  if (!S_ISREG (status.st_mode))
    return refuse_file (error, path, EINVAL, "it is no regular file; name another one");
  if (status.st_uid != geteuid ())
    return refuse_file (error, path, EACCES, "it belongs to another user; name another one");

  return TRUE;
}

/* Where there are no locks, as on some servers of files, there is one program at a time, or nothing to
 * help. */
static gboolean
lock_file (int fd, const char *path, GError **error)
{
  if (flock (fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return refuse_file (error, path, EBUSY,
                        "something else is recorded in it; write %p into the name, which becomes "
                        "the number of the process");

  return TRUE;
}

static gboolean
empty_file (int fd, const char *path, GError **error)
{
  if (fchmod (fd, S_IRUSR | S_IWUSR) != 0 || ftruncate (fd, 0) != 0)
    return refuse_file (error, path, errno, g_strerror (errno));

  return TRUE;
}

/* Returns: (transfer full) */
static FsmmRecordFile *
record_file_new (FsmmOwnFile file, const char *path)
{
  FsmmRecordFile *self = g_new0 (FsmmRecordFile, 1);

  self->file = file;
  self->path = g_strdup (path);

  return self;
}

static FsmmRecordFile *
open_record (const char *path, GError **error)
{
  int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
  FsmmOwnFile file = fsmm_own_file_take (open (path, flags, S_IRUSR | S_IWUSR));

  if (file.fd < 0)
    {
      refuse_file (error, path, errno, explain_open_failure (errno));
      return NULL;
    }
  if (!check_record_owner (file.fd, path, error) || !lock_file (file.fd, path, error) ||
      !empty_file (file.fd, path, error))
    {
      fsmm_own_file_close (&file);
      return NULL;
    }

  return record_file_new (file, path);
}

FsmmRecordFile *
fsmm_record_file_open (const char *folder, const char *file, gboolean is_beside, GError **error)
{
  gboolean has_number = FALSE;
  g_autofree char *path = find_record_path (folder, file, &has_number);
  g_autofree char *path_beside = g_strdup_printf ("%s.%d", path, (int) getpid ());
  g_autoptr (GError) failure = NULL;
  FsmmRecordFile *self;

  if (is_beside && !has_number)
    return open_record (path_beside, error);

  self = open_record (path, &failure);
  if (self == NULL && !has_number && g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_BUSY))
    return open_record (path_beside, error);
  if (self == NULL)
    g_propagate_error (error, g_steal_pointer (&failure));

  return self;
}

/* --- Writing --- */

/* Beyond that limit, a thread that has SIGXFSZ would end the process. */
static gboolean
is_below_limit (goffset n_bytes)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
         (guint64) n_bytes <= limit.rlim_cur;
}

/* Returns 0, or why it could not be done. */
static int
write_bytes (int fd, const char *bytes, gsize n_bytes)
{
  while (n_bytes > 0)
    {
      gssize n_written = write (fd, bytes, n_bytes);

      if (n_written < 0 && errno != EINTR)
        return errno;
      if (n_written > 0)
        {
          bytes += n_written;
          n_bytes -= n_written;
        }
    }

  return 0;
}

static int
try_append_rows (FsmmRecordFile *self, const GString *rows)
{
  int failure;

  if (!is_below_limit (self->n_bytes + rows->len))
    return EFBIG;

  failure = write_bytes (self->file.fd, rows->str, rows->len);
  if (failure != 0 && ftruncate (self->file.fd, self->n_bytes) != 0)
    return errno;

  return failure;
}

gboolean
fsmm_record_file_append (FsmmRecordFile *self, const GString *rows, GError **error)
{
  int failure;

  if (rows->len == 0)
    return TRUE;
  if (!fsmm_own_file_is_open (&self->file))
    return refuse_file (error, self->path, EBADF, "the program has closed it");

  failure = try_append_rows (self, rows);
  if (failure != 0)
    return refuse_file (error, self->path, failure, g_strerror (failure));
  self->n_bytes += rows->len;

  return TRUE;
}

void
fsmm_record_file_close_in_child (FsmmRecordFile *self)
{
  fsmm_own_file_close (&self->file);
}

void
fsmm_record_file_close (FsmmRecordFile *self)
{
  fsmm_record_file_close_in_child (self);
  g_free (self->path);
  g_free (self);
}

#else

FsmmRecordFile *
fsmm_record_file_open (const char *folder, const char *file, gboolean is_beside, GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "pools cannot be recorded on this system");

  return NULL;
}

gboolean
fsmm_record_file_append (FsmmRecordFile *self, const GString *rows, GError **error)
{
  return FALSE;
}

void
fsmm_record_file_close (FsmmRecordFile *self)
{
}

void
fsmm_record_file_close_in_child (FsmmRecordFile *self)
{
}

#endif
