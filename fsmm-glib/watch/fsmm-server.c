/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-server.h"

#include <gio/gio.h>

#ifdef G_OS_UNIX

#include <errno.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sys/socket.h>

#include "base/fsmm-lock.h"
#include "watch/fsmm-answers.h"
#include "watch/fsmm-socket.h"
#include "watch/fsmm-watcher.h"

#define MAX_CLIENTS 8
#define PAUSE_SECONDS 1

/* Writing to who is gone is to be no signal. Where this is missing, it is enough that the thread takes
 * none. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* Set with the watcher's lock, before the thread has anything to do with them. */
static GMainContext *server_context; /* (not owned) */
static FsmmOwnFile listener = { .fd = -1 };
static char *socket_path; /* (owned) (nullable): NULL: not shown */

/* Who goes makes room before who comes is looked at. */
static void
wait_for (const FsmmOwnFile *file, GIOCondition condition, GUnixFDSourceFunc func, gpointer data)
{
  g_autoptr (GSource) source = g_unix_fd_source_new (file->fd, condition | G_IO_HUP | G_IO_ERR);

  g_source_set_callback (source, G_SOURCE_FUNC (func), data, NULL);
  g_source_set_static_name (source, "[fsmm-glib] server");
  g_source_set_priority (source, file == &listener ? G_PRIORITY_DEFAULT + 1 : G_PRIORITY_DEFAULT);
  g_source_attach (source, server_context);
}

static gboolean
is_for_later (void)
{
  return errno == EAGAIN || errno == EINTR;
}

/* --- Clients, in the thread. A child of fork () has them as they are while the thread waits. --- */

/* Somebody who asks. */
typedef struct {
  FsmmOwnFile file;
  FsmmAsk ask;
  gsize n_read;       /* of the question */
  GByteArray *answer; /* (owned) (nullable) */
  gsize n_sent;       /* of the answer */
} Client;

static Client *clients[MAX_CLIENTS]; /* (owned) (nullable) */

static Client **
find_client (const Client *client)
{
  for (guint i = 0; i < MAX_CLIENTS; i++)
    if (clients[i] == client)
      return &clients[i];

  return NULL;
}

static void
client_free (Client *client)
{
  *find_client (client) = NULL;
  fsmm_own_file_close (&client->file);
  g_clear_pointer (&client->answer, g_byte_array_unref);
  g_free (client);
}

static gboolean on_ask (int fd, GIOCondition condition, gpointer data);

static void
wait_for_ask (Client *client)
{
  g_clear_pointer (&client->answer, g_byte_array_unref);
  client->n_read = 0;
  wait_for (&client->file, G_IO_IN, on_ask, client);
}

static gboolean
on_room (int fd, GIOCondition condition, gpointer data)
{
  Client *client = data;
  gssize n = send (fd, client->answer->data + client->n_sent, client->answer->len - client->n_sent,
                   MSG_NOSIGNAL);

  if (n < 0 && is_for_later ())
    return G_SOURCE_CONTINUE;
  if (n < 0)
    {
      client_free (client);
      return G_SOURCE_REMOVE;
    }

  client->n_sent += (gsize) n;
  if (client->n_sent < client->answer->len)
    return G_SOURCE_CONTINUE;

  wait_for_ask (client);

  return G_SOURCE_REMOVE;
}

/* FALSE: there is no answer to that. */
static gboolean
client_begin_answer (Client *client)
{
  g_autoptr (GBytes) bytes = fsmm_answer_to (&client->ask);
  FsmmAnswer head = { .magic = FSMM_PROTOCOL_MAGIC };

  if (bytes == NULL)
    return FALSE;

  head.n_bytes = (guint32) g_bytes_get_size (bytes);
  client->answer = g_byte_array_sized_new (sizeof head + head.n_bytes);
  g_byte_array_append (client->answer, (const guint8 *) &head, sizeof head);
  g_byte_array_append (client->answer, g_bytes_get_data (bytes, NULL), head.n_bytes);
  client->n_sent = 0;
  wait_for (&client->file, G_IO_OUT, on_room, client);

  return TRUE;
}

static gboolean
on_ask (int fd, GIOCondition condition, gpointer data)
{
  Client *client = data;
  gssize n = recv (fd, (char *) &client->ask + client->n_read, sizeof client->ask - client->n_read, 0);

  if (n < 0 && is_for_later ())
    return G_SOURCE_CONTINUE;

  client->n_read += n > 0 ? (gsize) n : 0;
  if (n > 0 && client->n_read < sizeof client->ask)
    return G_SOURCE_CONTINUE;
  if (n <= 0 || !client_begin_answer (client))
    client_free (client);

  return G_SOURCE_REMOVE;
}

static void
serve_client (FsmmOwnFile file)
{
  Client **place = find_client (NULL);

  if (place == NULL || !fsmm_socket_is_of_user (&file))
    {
      fsmm_own_file_close (&file);
      return;
    }

  *place = g_new0 (Client, 1);
  (*place)->file = file;
  wait_for_ask (*place);
}

static gboolean listen_again (gpointer data);

/* Whoever connects stays in line until there is a number for their file: where the program has no more
 * of them, trying at once would be all that the thread does. */
static gboolean
on_incoming (int fd, GIOCondition condition, gpointer data)
{
  FsmmOwnFile file = fsmm_own_file_accept (fsmm_receive (data));
  g_autoptr (GSource) pause = NULL;

  if (file.fd >= 0)
    serve_client (file);
  if (file.fd >= 0 || is_for_later () || errno == ECONNABORTED)
    return G_SOURCE_CONTINUE;

  pause = g_timeout_source_new_seconds (PAUSE_SECONDS);
  g_source_set_callback (pause, listen_again, NULL, NULL);
  g_source_attach (pause, server_context);

  return G_SOURCE_REMOVE;
}

static gboolean
listen_again (gpointer data)
{
  wait_for (&listener, G_IO_IN, on_incoming, &listener);

  return G_SOURCE_REMOVE;
}

/* --- Starting and stopping --- */

static gboolean
start_locked (GError **error)
{
  g_autofree char *path = NULL;

  if (socket_path != NULL)
    return fsmm_watcher_start (error) != NULL;

  listener = fsmm_socket_listen (&path, error);
  if (listener.fd < 0)
    return FALSE;

  server_context = fsmm_watcher_start (error);
  if (server_context == NULL)
    {
      g_unlink (path);
      fsmm_own_file_close (&listener);
      return FALSE;
    }

  socket_path = g_steal_pointer (&path);
  wait_for (&listener, G_IO_IN, on_incoming, fsmm_publish (&listener));

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

/* Nobody is here who would answer: so whoever is connected is not to believe so. */
void
fsmm_server_forget (void)
{
  fsmm_own_file_close (&listener);
  for (guint i = 0; i < MAX_CLIENTS; i++)
    if (clients[i] != NULL)
      {
        fsmm_own_file_close (&clients[i]->file);
        clients[i] = NULL;
      }
  socket_path = NULL;
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
