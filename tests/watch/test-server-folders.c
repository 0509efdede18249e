/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where the socket of a program lies: each case in a process of its own, before this one has a
 * thread. */

#include "fsmm-test.h"

#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "asking.h"

/* Says in what it exits with whether that fails with such a message. */
static int
export_in (gconstpointer message)
{
  g_autoptr (GError) error = NULL;

  if (fsmm_monitor_export (&error))
    return 1;
  if (strstr (error->message, message) == NULL)
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  return 0;
}

static int
export_in_relative (gconstpointer message)
{
  g_setenv ("XDG_RUNTIME_DIR", "relative", TRUE);

  return export_in (message);
}

static int
export_in_long (gconstpointer message)
{
  g_autofree char *name = g_strnfill (sizeof ((struct sockaddr_un *) NULL)->sun_path, 'x');
  g_autofree char *path = g_build_filename (g_getenv ("XDG_RUNTIME_DIR"), name, NULL);
  g_autofree char *own = g_build_filename (path, FSMM_PROTOCOL_FOLDER, NULL);
  int result;

  g_setenv ("XDG_RUNTIME_DIR", path, TRUE);
  result = export_in (message);
  g_rmdir (own);
  g_rmdir (path);

  return result;
}

static int
export_with_mask (gconstpointer data)
{
  g_autofree char *path = asking_path_of (getpid ());
  GStatBuf of_folder, of_socket;

  umask (0777);
  g_assert_true (fsmm_monitor_export (NULL));
  g_assert_cmpint (g_stat (asking_folder, &of_folder), ==, 0);
  g_assert_cmpint (g_stat (path, &of_socket), ==, 0);

  return asking_finish ((of_folder.st_mode & 0777) != 0700 || (of_socket.st_mode & 0777) != 0600);
}

static int
export_in_own (gconstpointer data)
{
  g_autofree char *path = asking_path_of (getpid ());
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *abandoned =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  /* One that had the same number, and could not clean up. */
  if (!g_socket_bind (abandoned, address, FALSE, NULL))
    return 3;
  g_object_unref (abandoned);

  return asking_export_own (data);
}

static void
test_folders (void)
{
  g_autofree char *own = g_dir_make_tmp ("fsmm-test-XXXXXX", NULL);

  g_assert_cmpint (g_mkdir (asking_folder, 0755), ==, 0);
  g_assert_cmpint (asking_run_in_child (export_in, "fsmm-monitor is open to others"), ==, 0);
  g_assert_cmpint (g_rmdir (asking_folder), ==, 0);
  g_assert_cmpint (symlink (own, asking_folder), ==, 0);
  g_assert_cmpint (asking_run_in_child (export_in, "not a folder of this user"), ==, 0);
  g_assert_cmpint (g_unlink (asking_folder), ==, 0);
  g_assert_cmpint (g_rmdir (own), ==, 0);
  g_assert_true (g_file_set_contents (asking_folder, "", 0, NULL));
  g_assert_cmpint (asking_run_in_child (export_in, "not a folder of this user"), ==, 0);
  g_assert_cmpint (g_unlink (asking_folder), ==, 0);
  if (getuid () == 0)
    {
      g_assert_cmpint (chown (g_getenv ("XDG_RUNTIME_DIR"), ASKING_NOBODY, ASKING_NOBODY), ==, 0);
      g_assert_cmpint (asking_run_in_child (export_in, "set XDG_RUNTIME_DIR to one"), ==, 0);
      g_assert_cmpint (chown (g_getenv ("XDG_RUNTIME_DIR"), 0, 0), ==, 0);
    }

  g_assert_cmpint (asking_run_in_child (export_in_relative, "set it to an absolute path"), ==, 0);
  g_assert_cmpint (asking_run_in_child (export_in_long, "set XDG_RUNTIME_DIR to a shorter one"), ==, 0);

  g_assert_cmpint (asking_run_in_child (export_with_mask, NULL), ==, 0);
  g_assert_cmpint (asking_run_in_child (export_in_own, NULL), ==, 0);
}

int
main (int argc, char *argv[])
{
  asking_init ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/server-folders/all", test_folders);

  return g_test_run ();
}
