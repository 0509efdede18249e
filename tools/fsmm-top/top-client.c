/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-client.h"

#include <gio/gunixsocketaddress.h>

/* For all of an answer, however slowly it drips. */
#define MAX_SECONDS 2
#define MAX_ANSWER (64 * 1024 * 1024)

/* Counted, because a question may outlive its client. */
struct _TopClient {
  char *path;
  char *label;
  GSocketConnection *connection; /* (owned) (nullable): for the thread that asks */
};

typedef struct {
  TopClient *client; /* (owned) */
  FsmmAsk ask;
  guint deadline; /* a source of the main context */
} Question;

G_DEFINE_QUARK (fsmm-top-error-quark, top_error)

TopClient *
top_client_new (const char *path, const char *label)
{
  TopClient *self = g_atomic_rc_box_new0 (TopClient);

  self->path = g_strdup (path);
  self->label = g_strdup (label);

  return self;
}

static void
clear_client (gpointer client)
{
  TopClient *self = client;

  g_free (self->path);
  g_free (self->label);
  g_clear_object (&self->connection);
}

void
top_client_free (TopClient *self)
{
  g_atomic_rc_box_release_full (self, clear_client);
}

/* --- In the thread --- */

static gboolean
connect_to_program (TopClient *self, GCancellable *cancellable, GError **error)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (self->path);

  if (self->connection == NULL)
    self->connection =
        g_socket_client_connect (client, G_SOCKET_CONNECTABLE (address), cancellable, error);

  return self->connection != NULL;
}

static gboolean
read_exactly (TopClient *self, gpointer bytes, gsize n_bytes, GCancellable *cancellable, GError **error)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (self->connection));
  gsize n_read;

  if (!g_input_stream_read_all (stream, bytes, n_bytes, &n_read, cancellable, error))
    return FALSE;
  if (n_read == n_bytes)
    return TRUE;

  g_set_error (error, TOP_ERROR, TOP_ERROR_CLOSED,
               "PID %s closes the connection: others may look at it already", self->label);

  return FALSE;
}

static gboolean
read_head (TopClient *self, FsmmAnswer *answer, GCancellable *cancellable, GError **error)
{
  if (!read_exactly (self, answer, sizeof *answer, cancellable, error))
    return FALSE;
  if (answer->magic == FSMM_PROTOCOL_MAGIC && answer->n_bytes <= MAX_ANSWER)
    return TRUE;

  g_set_error (error, TOP_ERROR, TOP_ERROR_RUBBISH,
               "PID %s does not answer in the language of this version", self->label);

  return FALSE;
}

/* Returns: (transfer full) (nullable) */
static GVariant *
read_answer (TopClient *self, FsmmAskKind kind, GCancellable *cancellable, GError **error)
{
  const GVariantType *type = kind == FSMM_ASK_MAP ? FSMM_ANSWER_MAP : FSMM_ANSWER_FIGURES;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GBytes) bytes = NULL;
  FsmmAnswer answer;
  guint8 *buffer;

  if (!read_head (self, &answer, cancellable, error))
    return NULL;
  buffer = g_malloc (MAX (answer.n_bytes, 1));
  bytes = g_bytes_new_take (buffer, answer.n_bytes);
  if (!read_exactly (self, buffer, answer.n_bytes, cancellable, error))
    return NULL;

  variant = g_variant_ref_sink (g_variant_new_from_bytes (type, bytes, FALSE));
  if (g_variant_is_normal_form (variant))
    return g_steal_pointer (&variant);

  g_set_error (error, TOP_ERROR, TOP_ERROR_RUBBISH, "PID %s sends what is no answer", self->label);

  return NULL;
}

/* What is left of a failed answer would pass for the next one, so nothing is left. */
static GVariant *
ask_once (Question *question, GCancellable *cancellable, GError **error)
{
  TopClient *self = question->client;
  GVariant *answer = NULL;

  if (connect_to_program (self, cancellable, error) &&
      g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (self->connection)),
                                 &question->ask, sizeof question->ask, NULL, cancellable, error))
    answer = read_answer (self, (FsmmAskKind) question->ask.kind, cancellable, error);
  if (answer == NULL)
    g_clear_object (&self->connection);

  return answer;
}

static gboolean
has_hung_up (const GError *error)
{
  return g_error_matches (error, TOP_ERROR, TOP_ERROR_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

/* A program that hangs up may have ended: who connects again will know. */
static void
ask_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Question *question = data;
  gboolean was_connected = question->client->connection != NULL;
  g_autoptr (GError) error = NULL;
  GVariant *answer = ask_once (question, cancellable, &error);

  if (answer == NULL && was_connected && has_hung_up (error))
    {
      g_clear_error (&error);
      answer = ask_once (question, cancellable, &error);
    }

  if (answer != NULL)
    g_task_return_pointer (task, answer, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* --- Outside it --- */

static void
question_free (gpointer data)
{
  Question *question = data;

  top_client_free (question->client);
  g_free (question);
}

static gboolean
give_up (gpointer task)
{
  Question *question = g_task_get_task_data (task);

  question->deadline = 0;
  g_cancellable_cancel (g_task_get_cancellable (task));

  return G_SOURCE_REMOVE;
}

void
top_client_ask_async (TopClient *self, FsmmAskKind kind, guint64 id, GAsyncReadyCallback callback,
                      gpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, data);
  Question *question = g_new0 (Question, 1);

  question->client = g_atomic_rc_box_acquire (self);
  question->ask = (FsmmAsk) { FSMM_PROTOCOL_MAGIC, kind, id };
  question->deadline = g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, MAX_SECONDS, give_up,
                                                   g_object_ref (task), g_object_unref);
  g_task_set_task_data (task, question, question_free);
  /* An answer that came in time may be looked at later. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_run_in_thread (task, ask_in_thread);
}

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

/* Where nothing can connect any more since nobody accepts what did, that is no answer either. */
static gboolean
is_late (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

/* Returns: (transfer full): the failure in the words of whoever looks at the program */
static GError *
explain (const TopClient *self, const GError *failure)
{
  if (failure->domain == TOP_ERROR)
    return g_error_copy (failure);
  if (is_gone (failure))
    return g_error_new (TOP_ERROR, TOP_ERROR_ENDED, "PID %s has ended", self->label);
  if (is_late (failure))
    return g_error_new (TOP_ERROR, TOP_ERROR_SILENT, "PID %s does not answer", self->label);

  return g_error_new (TOP_ERROR, TOP_ERROR_CLOSED, "PID %s cannot be asked: %s", self->label,
                      failure->message);
}

GVariant *
top_client_ask_finish (GAsyncResult *result, GError **error)
{
  Question *question = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) failure = NULL;
  GVariant *answer = g_task_propagate_pointer (G_TASK (result), &failure);

  g_clear_handle_id (&question->deadline, g_source_remove);
  if (answer == NULL)
    g_propagate_error (error, explain (question->client, failure));

  return answer;
}
