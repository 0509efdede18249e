/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file of any size is read by one thread and hashed by others, in the memory of 16 blocks: where
 * all of them are under way, the thread that reads waits for one. The main loop puts the results in
 * order, and never waits. Ctrl-C ends all of it; a second one does so at once.
 *
 * usage: pipeline [FILE]
 *
 * Without a file, it hashes 16 MiB of the letter x. */

#include <fsmm-glib/fsmm-glib.h>
#include <glib-unix.h>
#include <stdio.h>
#include <unistd.h>

#define MAX_BLOCKS 16
#define PIECE_BYTES (64 * 1024)
#define DIGEST_BYTES 32
#define N_OWN_PIECES 256
#define UPDATE_INTERVAL 100 /* milliseconds */
#define INTERRUPTED 130     /* what shells expect of a program that SIGINT has ended */

typedef struct _Piece Piece;

typedef struct {
  FsmmPool *pool;
  GCancellable *cancellable;
  GInputStream *input;
  goffset size; /* of the input; 0 where that is not known */
  GThreadPool *hashers;
  GMainLoop *loop;

  /* The reader's, until the main loop is told that it has ended. */
  guint64 n_read;
  GError *error;

  /* The main loop's. Of the pieces that are under way, no two have the same place in the array: the
   * next one to be written has a block as well, and there are no more blocks than places. */
  Piece *hashed[MAX_BLOCKS];
  gboolean is_read;
  guint64 n_written;
  guint64 n_bytes;
  GChecksum *total;
} Pipeline;

/* What is in a block. All that a piece of the file needs on its way is there, so that nothing else
 * grows with the file, wherever pieces gather. */
struct _Piece {
  Pipeline *pipeline;
  guint64 number;
  guint8 digest[DIGEST_BYTES];
  gsize n_bytes;
  guint8 bytes[PIECE_BYTES];
};

/* --- The main loop: results, in order --- */

static void
write_result (Pipeline *self, Piece *piece)
{
  g_checksum_update (self->total, piece->digest, DIGEST_BYTES);
  self->n_bytes += piece->n_bytes;
  self->n_written++;
  fsmm_pool_free (self->pool, piece, NULL); /* wakes the reader, if it waits */
}

static void
quit_if_complete (Pipeline *self)
{
  if (self->is_read && self->n_written == self->n_read)
    g_main_loop_quit (self->loop);
}

static gboolean
on_hashed (gpointer data)
{
  Piece *piece = data;
  Pipeline *self = piece->pipeline;

  self->hashed[piece->number % MAX_BLOCKS] = piece;
  while ((piece = g_steal_pointer (&self->hashed[self->n_written % MAX_BLOCKS])) != NULL)
    write_result (self, piece);
  quit_if_complete (self);

  return G_SOURCE_REMOVE;
}

/* What has been read is still hashed, whether or not that was all. */
static gboolean
on_read (gpointer data)
{
  Pipeline *self = data;

  self->is_read = TRUE;
  quit_if_complete (self);

  return G_SOURCE_REMOVE;
}

static gboolean
show_progress (gpointer data)
{
  Pipeline *self = data;
  double size = (double) MAX (self->size, 1);

  fprintf (stderr, "\r%3.0f %%, %2zu of %d blocks are live", (double) self->n_bytes / size * 100,
           fsmm_pool_get_n_allocated (self->pool), MAX_BLOCKS);

  return G_SOURCE_CONTINUE;
}

/* --- The threads that hash --- */

static void
hash (gpointer data, gpointer user_data)
{
  Piece *piece = data;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = DIGEST_BYTES;

  g_checksum_update (checksum, piece->bytes, (gssize) piece->n_bytes);
  g_checksum_get_digest (checksum, piece->digest, &length);
  g_idle_add_full (G_PRIORITY_DEFAULT, on_hashed, piece, NULL);
}

/* --- The thread that reads --- */

/* Waits until there is a block, and fills it. Returns NULL at the end, or with @error set. */
static Piece *
read_piece (Pipeline *self, GError **error)
{
  Piece *piece = fsmm_pool_alloc_wait (self->pool, -1, self->cancellable, error);

  if (piece == NULL)
    return NULL;

  if (g_input_stream_read_all (self->input, piece->bytes, PIECE_BYTES, &piece->n_bytes,
                               self->cancellable, error) &&
      piece->n_bytes > 0)
    return piece;

  fsmm_pool_free (self->pool, piece, NULL);
  return NULL;
}

static gpointer
read_input (gpointer data)
{
  Pipeline *self = data;
  Piece *piece;

  while ((piece = read_piece (self, &self->error)) != NULL)
    {
      piece->pipeline = self;
      piece->number = self->n_read++;
      g_thread_pool_push (self->hashers, piece, NULL);
    }
  g_idle_add_full (G_PRIORITY_DEFAULT, on_read, self, NULL);

  return NULL;
}

/* --- All of it --- */

/* The next SIGINT finds no handler, and ends the program at once. */
static gboolean
on_interrupt (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);

  return G_SOURCE_REMOVE;
}

static void
run (Pipeline *self)
{
  GThread *reader;

  self->pool = fsmm_pool_new_full ("pieces", sizeof (Piece), 0, 0, MAX_BLOCKS, NULL);
  self->cancellable = g_cancellable_new ();
  self->hashers = g_thread_pool_new (hash, NULL, (gint) g_get_num_processors (), FALSE, NULL);
  self->loop = g_main_loop_new (NULL, FALSE);
  self->total = g_checksum_new (G_CHECKSUM_SHA256);

  g_unix_signal_add (SIGINT, on_interrupt, self->cancellable);
  if (isatty (STDERR_FILENO))
    g_timeout_add (UPDATE_INTERVAL, show_progress, self);

  reader = g_thread_new ("reader", read_input, self);
  g_main_loop_run (self->loop);
  g_thread_join (reader);
  g_thread_pool_free (self->hashers, FALSE, TRUE);
}

static void
print_result (const Pipeline *self)
{
  printf ("bytes: %" G_GUINT64_FORMAT "\n", self->n_bytes);
  printf ("blocks: %" G_GUINT64_FORMAT ", at most %d at a time\n", self->n_written, MAX_BLOCKS);
  printf ("SHA-256 of the SHA-256 of each: %s\n", g_checksum_get_string (self->total));
  printf ("still live: %zu\n", fsmm_pool_get_n_allocated (self->pool));
}

/* Returns the exit status. */
static int
report (Pipeline *self)
{
  g_autofree char *size = g_format_size (self->n_bytes);

  if (isatty (STDERR_FILENO))
    {
      show_progress (self);
      fputc ('\n', stderr);
    }

  if (self->error == NULL)
    {
      print_result (self);
      return 0;
    }
  if (g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      fprintf (stderr, "pipeline: cancelled after %s\n", size);
      return INTERRUPTED;
    }

  fprintf (stderr, "pipeline: after %s: %s\n", size, self->error->message);
  return 1;
}

static void
pipeline_clear (Pipeline *self)
{
  g_clear_pointer (&self->total, g_checksum_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_object (&self->pool);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->input);
  g_clear_error (&self->error);
}

static gboolean
open_file (Pipeline *self, const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GFileInfo) info = NULL;
  GFileInputStream *input = g_file_read (file, NULL, &self->error);

  if (input == NULL)
    return FALSE;

  self->input = G_INPUT_STREAM (input);
  info = g_file_input_stream_query_info (input, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, NULL);
  self->size = info != NULL ? g_file_info_get_size (info) : 0;

  return TRUE;
}

static void
open_own (Pipeline *self)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_strnfill (PIECE_BYTES, 'x'), PIECE_BYTES);

  self->input = g_memory_input_stream_new ();
  self->size = N_OWN_PIECES * PIECE_BYTES;
  for (int i = 0; i < N_OWN_PIECES; i++)
    g_memory_input_stream_add_bytes (G_MEMORY_INPUT_STREAM (self->input), bytes);
}

int
main (int argc, char *argv[])
{
  Pipeline pipeline = { 0 };
  int status;

  if (argc < 2)
    open_own (&pipeline);
  else if (!open_file (&pipeline, argv[1]))
    {
      fprintf (stderr, "pipeline: %s\n", pipeline.error->message);
      g_error_free (pipeline.error);
      return 1;
    }

  run (&pipeline);
  status = report (&pipeline);
  pipeline_clear (&pipeline);

  return status;
}
