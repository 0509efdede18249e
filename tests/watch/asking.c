/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "asking.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fsmm-test.h"

char *asking_folder;

static char *runtime_folder;
static pid_t owner; /* of both: a child of fork () leaves them */

void
asking_init (void)
{
  runtime_folder = g_dir_make_tmp ("fsmm-test-XXXXXX", NULL);
  owner = getpid ();
  g_setenv ("XDG_RUNTIME_DIR", runtime_folder, TRUE);
  asking_folder = g_build_filename (runtime_folder, FSMM_PROTOCOL_FOLDER, NULL);
}

/* The library takes its socket away before. */
__attribute__ ((destructor (101))) static void
remove_folders (void)
{
  if (getpid () != owner)
    return;

  g_rmdir (asking_folder);
  g_rmdir (runtime_folder);
}

GSocket *
asking_try_connect (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *socket =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  g_assert_nonnull (socket);
  g_socket_set_timeout (socket, 10);
  if (g_socket_connect (socket, address, NULL, error))
    return socket;

  g_object_unref (socket);

  return NULL;
}

char *
asking_path_of (pid_t process)
{
  return g_strdup_printf ("%s/%d", asking_folder, (int) process);
}

GSocket *
asking_connect_to (pid_t process)
{
  g_autofree char *path = asking_path_of (process);
  GError *error = NULL;
  GSocket *socket = asking_try_connect (path, &error);

  g_assert_no_error (error);

  return socket;
}

/* FALSE: the other side has closed it. */
static gboolean
receive (GSocket *socket, gpointer buffer, gsize size)
{
  GError *error = NULL;

  for (gsize n_done = 0; n_done < size;)
    {
      gssize n = g_socket_receive (socket, (char *) buffer + n_done, size - n_done, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
        n = 0;
      else
        g_assert_no_error (error);
      g_clear_error (&error);
      if (n == 0)
        return FALSE;
      n_done += (gsize) n;
    }

  return TRUE;
}

/* Returns: (transfer full) (nullable): NULL: it was not answered */
GVariant *
asking_ask (GSocket *socket, FsmmAsk question, const GVariantType *type)
{
  FsmmAnswer answer;
  gpointer bytes;
  GVariant *variant;

  g_socket_send (socket, (const char *) &question, sizeof question, NULL, NULL);
  if (!receive (socket, &answer, sizeof answer))
    return NULL;

  g_assert_cmphex (answer.magic, ==, FSMM_PROTOCOL_MAGIC);
  bytes = g_malloc (answer.n_bytes);
  g_assert_true (receive (socket, bytes, answer.n_bytes));
  variant = g_variant_new_from_data (type, bytes, answer.n_bytes, FALSE, g_free, bytes);
  g_assert_true (g_variant_is_normal_form (variant));

  return g_variant_ref_sink (variant);
}

GVariant *
asking_for_figures (GSocket *socket)
{
  return asking_ask (socket, (FsmmAsk) { FSMM_PROTOCOL_MAGIC, FSMM_ASK_FIGURES, 0 },
                     FSMM_ANSWER_FIGURES);
}

/* --- Processes --- */

int
asking_run_in_child (int (*func) (gconstpointer data), gconstpointer data)
{
  int status;
  pid_t child = fsmm_test_fork ();

  if (child == 0)
    _exit (func (data));
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));

  return WEXITSTATUS (status);
}

int
asking_export_own (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GVariant) figures = NULL;

  if (!fsmm_monitor_export (&error))
    return 1;
  socket = asking_connect_to (getpid ());
  figures = asking_for_figures (socket);
  if (figures == NULL)
    return 2;

  exit (0);
}

int
asking_finish (int result)
{
  g_autofree char *path = asking_path_of (getpid ());

  g_unlink (path);

  return result;
}
