/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-server.h"

#include <gio/gio.h>

#ifdef HAVE_GIO_UNIX

#include <errno.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsmm-lock.h"
#include "base/fsmm-privilege.h"
#include "watch/fsmm-answers.h"
#include "watch/fsmm-watcher.h"

/* The socket lies in a folder that nobody else may enter, and whoever connects is asked who it is: the
 * system tells that of the other end. A program that may do more than its user shows nothing, since what
 * it does is not for that user to see. */

#define MAX_CLIENTS 8
#define MAX_SOCKETS 9 /* of one number of a process */

static char *socket_path; /* (owned) (nullable): with the watcher's lock; NULL: not shown */

/* --- In the thread --- */

/* Somebody who asks. */
typedef struct {
  GSocketConnection *connection; /* (owned) */
  FsmmAsk ask;
  FsmmAnswer answer;
  GBytes *bytes; /* (owned) (nullable): what follows the answer */
  GOutputVector vectors[2];
} Client;

static guint n_clients;

static void wait_for_ask (Client *client);

static int
get_file (GSocketConnection *connection)
{
  return g_socket_get_fd (g_socket_connection_get_socket (connection));
}

static Client *
client_new (GSocketConnection *connection)
{
  Client *client = g_new0 (Client, 1);

  client->connection = g_object_ref (connection);
  fsmm_lock (&fsmm_watcher_lock);
  fsmm_watcher_add_file (get_file (connection));
  fsmm_unlock (&fsmm_watcher_lock);
  n_clients++;

  return client;
}

static void
client_free (Client *client)
{
  fsmm_lock (&fsmm_watcher_lock);
  fsmm_watcher_remove_file (get_file (client->connection));
  fsmm_unlock (&fsmm_watcher_lock);
  g_object_unref (client->connection);
  g_clear_pointer (&client->bytes, g_bytes_unref);
  g_free (client);
  n_clients--;
}

static void
on_answered (GObject *stream, GAsyncResult *result, gpointer data)
{
  Client *client = data;

  g_clear_pointer (&client->bytes, g_bytes_unref);
  if (g_output_stream_writev_all_finish (G_OUTPUT_STREAM (stream), result, NULL, NULL))
    wait_for_ask (client);
  else
    client_free (client);
}

static void
send_answer (Client *client)
{
  GOutputStream *stream = g_io_stream_get_output_stream (G_IO_STREAM (client->connection));
  gsize n_bytes;
  gconstpointer bytes = g_bytes_get_data (client->bytes, &n_bytes);

  client->answer = (FsmmAnswer) { FSMM_PROTOCOL_MAGIC, (guint32) n_bytes };
  client->vectors[0] = (GOutputVector) { &client->answer, sizeof client->answer };
  client->vectors[1] = (GOutputVector) { bytes, n_bytes };
  g_output_stream_writev_all_async (stream, client->vectors, G_N_ELEMENTS (client->vectors),
                                    G_PRIORITY_DEFAULT, NULL, on_answered, client);
}

static void
on_asked (GObject *stream, GAsyncResult *result, gpointer data)
{
  Client *client = data;
  gsize n_read;

  if (g_input_stream_read_all_finish (G_INPUT_STREAM (stream), result, &n_read, NULL) &&
      n_read == sizeof client->ask)
    client->bytes = fsmm_answer_to (&client->ask);

  if (client->bytes != NULL)
    send_answer (client);
  else
    client_free (client);
}

static void
wait_for_ask (Client *client)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (client->connection));

  g_input_stream_read_all_async (stream, &client->ask, sizeof client->ask, G_PRIORITY_DEFAULT, NULL,
                                 on_asked, client);
}

static gboolean
is_same_user (GSocketConnection *connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autoptr (GCredentials) other = g_socket_get_credentials (socket, NULL);

  return other != NULL && g_credentials_get_unix_user (other, NULL) == geteuid ();
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  if (n_clients < MAX_CLIENTS && is_same_user (connection))
    wait_for_ask (client_new (connection));

  return TRUE;
}

/* The service stays as long as the process. */
static gboolean
serve_clients (gpointer socket)
{
  GSocketService *service = g_socket_service_new ();

  g_socket_listener_add_socket (G_SOCKET_LISTENER (service), fsmm_receive (socket), NULL, NULL);
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), NULL);

  return G_SOURCE_REMOVE;
}

/* --- The socket --- */

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
make_folder (const char *folder, GError **error)
{
  if (g_mkdir_with_parents (folder, 0700) == 0)
    return TRUE;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot make the folder %s: %s", folder,
               g_strerror (errno));

  return FALSE;
}

/* Makes what is missing, and sees to it that nothing in it can be reached, or replaced, by others. */
static gboolean
prepare_folder (const char *above, const char *folder, GError **error)
{
  GStatBuf status;

  if (!make_folder (above, error))
    return FALSE;
  if (g_stat (above, &status) != 0 || status.st_uid != geteuid ())
    return refuse (error, "%s is no folder of the user whose program this is; set XDG_RUNTIME_DIR to one",
                   above);
  if (!make_folder (folder, error))
    return FALSE;
  if (g_lstat (folder, &status) != 0 || !S_ISDIR (status.st_mode) || status.st_uid != geteuid () ||
      (status.st_mode & 077) != 0)
    return refuse (error,
                   "%s is open to others, or not a folder of this user; remove it, or set XDG_RUNTIME_DIR "
                   "to another folder",
                   folder);

  return TRUE;
}

/* Whether a process left it behind when it ended. */
static gboolean
is_abandoned (GSocketAddress *address)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;

  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  return socket != NULL && !g_socket_connect (socket, address, NULL, &error) &&
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static GSocket *
try_listen (const char *path, GError **error)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  g_autoptr (GSocket) socket = NULL;

  if (is_abandoned (address))
    g_unlink (path);
  socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL || !g_socket_bind (socket, address, FALSE, error) ||
      !g_socket_listen (socket, error))
    return NULL;
  (void) g_chmod (path, 0600);

  return g_steal_pointer (&socket);
}

/* Returns: (transfer full) (nullable). The first name that nobody else has: another library in this
 * process may have one, or a process that has the same number in another container. */
static GSocket *
listen_in (const char *folder, char **path, GError **error)
{
  for (guint i = 1;; i++)
    {
      g_autofree char *name = i == 1 ? g_strdup_printf ("%s/%d", folder, (int) getpid ())
                                     : g_strdup_printf ("%s/%d-%u", folder, (int) getpid (), i);
      g_autoptr (GError) failure = NULL;
      GSocket *socket = try_listen (name, &failure);

      if (socket != NULL)
        {
          *path = g_steal_pointer (&name);
          return socket;
        }
      if (i == MAX_SOCKETS || !g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
        {
          g_propagate_prefixed_error (error, g_steal_pointer (&failure), "cannot listen at %s: ", name);
          return NULL;
        }
    }
}

/* --- Starting and stopping --- */

/* Returns: (transfer full) (nullable) */
static GSocket *
open_socket (char **path, GError **error)
{
  g_autofree char *above = g_strdup (g_get_user_runtime_dir ());
  g_autofree char *folder = g_build_filename (above, FSMM_PROTOCOL_FOLDER, NULL);

  if (fsmm_process_is_privileged ())
    {
      refuse (error,
              "this program may do more than the user who started it, and shows nothing to others");
      return NULL;
    }
  if (!prepare_folder (above, folder, error))
    return NULL;

  return listen_in (folder, path, error);
}

static gboolean
start_locked (GError **error)
{
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *path = NULL;
  GMainContext *context;

  if (socket_path != NULL)
    return TRUE;

  socket = open_socket (&path, error);
  if (socket == NULL)
    return FALSE;

  context = fsmm_watcher_start (error);
  if (context == NULL)
    {
      g_unlink (path);
      return FALSE;
    }

  fsmm_watcher_add_file (g_socket_get_fd (socket));
  socket_path = g_steal_pointer (&path);
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, serve_clients,
                              fsmm_publish (g_steal_pointer (&socket)), g_object_unref);

  return TRUE;
}

gboolean
fsmm_server_start (GError **error)
{
  gboolean is_shown;

  fsmm_lock (&fsmm_watcher_lock);
  is_shown = start_locked (error);
  fsmm_unlock (&fsmm_watcher_lock);

  return is_shown;
}

void
fsmm_server_stop (void)
{
  fsmm_lock (&fsmm_watcher_lock);
  if (socket_path != NULL)
    g_unlink (socket_path);
  fsmm_unlock (&fsmm_watcher_lock);
}

void
fsmm_server_forget (void)
{
  socket_path = NULL;
  n_clients = 0;
}

#else

gboolean
fsmm_server_start (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "pools cannot be shown to other programs on this system");

  return FALSE;
}

void
fsmm_server_stop (void)
{
}

void
fsmm_server_forget (void)
{
}

#endif
