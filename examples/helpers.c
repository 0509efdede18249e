/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Processes that answer questions over pipes are lent to whoever has one, since starting a process
 * takes far longer than asking it. The pool starts no more than two of them, lends none that has
 * ended, and gives up one that has not answered in time.
 *
 * A helper is an object of its own, and not just a GSubprocess: GLib has a reference to each of
 * those while it runs, so that a pool would take it for one that is still in use. */

#include <fsmm-glib/fsmm-glib.h>
#include <signal.h>
#include <stdio.h>

#define MAX_HELPERS 2
#define N_THREADS 3
#define N_ROUNDS 5
#define PATIENCE (10 * G_TIME_SPAN_SECOND) /* for an answer, in microseconds */
#define IMPATIENCE (20 * G_TIME_SPAN_MILLISECOND)

/* Answers each line. But to an empty one it says nothing. */
#define SCRIPT "while read -r word; do test -z \"$word\" || echo \"$word: ${#word} letters\"; done"

/* --- A helper --- */

typedef struct
{
  GObject parent_instance;
  GSubprocess *process;
  GDataInputStream *answers;
  gboolean owes_answer;
} Helper;

typedef GObjectClass HelperClass;

#define HELPER_TYPE (helper_get_type ())
static GType helper_get_type (void);
G_DEFINE_TYPE (Helper, helper, G_TYPE_OBJECT)

static void
helper_init (Helper *self)
{
}

/* The process ends when there are no more questions. */
static void
helper_finalize (GObject *object)
{
  Helper *self = (Helper *) object;

  g_output_stream_close (g_subprocess_get_stdin_pipe (self->process), NULL, NULL);
  g_object_unref (self->answers);
  g_object_unref (self->process);

  G_OBJECT_CLASS (helper_parent_class)->finalize (object);
}

static void
helper_class_init (HelperClass *klass)
{
  klass->finalize = helper_finalize;
}

static GObject *
start_helper (FsmmObjectPool *pool, gpointer data, GError **error)
{
  GSubprocess *process =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error, "sh",
                        "-c", SCRIPT, NULL);
  Helper *self;

  if (process == NULL)
    return NULL;

  self = g_object_new (HELPER_TYPE, NULL);
  self->process = process;
  self->answers = g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));

  return G_OBJECT (self);
}

/* Before it is lent. */
static gboolean
is_running (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  Helper *self = (Helper *) object;

  return g_subprocess_get_identifier (self->process) != NULL;
}

/* When it comes back. Whoever asks next would be given an answer that comes late. */
static gboolean
is_done (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  Helper *self = (Helper *) object;

  return !self->owes_answer;
}

/* --- Questions --- */

static GSource *
start_deadline (gint64 timeout, GCancellable *cancellable)
{
  GSource *source = g_timeout_source_new ((guint) (timeout / G_TIME_SPAN_MILLISECOND));

  g_source_set_callback (source, G_SOURCE_FUNC (g_cancellable_cancel), g_object_ref (cancellable),
                         g_object_unref);
  g_source_attach (source, NULL);

  return source;
}

/* Returns: (transfer full) (nullable) */
static char *
ask_helper (Helper *self, const char *question, gint64 timeout, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) deadline = start_deadline (timeout, cancellable);
  char *answer = NULL;

  self->owes_answer = TRUE;
  if (g_output_stream_printf (g_subprocess_get_stdin_pipe (self->process), NULL, cancellable, error,
                              "%s\n", question))
    answer = g_data_input_stream_read_line (self->answers, NULL, cancellable, error);
  self->owes_answer = answer == NULL;
  g_source_destroy (deadline);

  return answer;
}

/* The same, of whichever helper there is. If none is, waits as long for that. */
static char *
ask (FsmmObjectPool *pool, const char *question, gint64 timeout, GError **error)
{
  g_autoptr (FsmmLease) lease = fsmm_object_pool_borrow_wait (pool, timeout, NULL, error);
  char *answer;

  if (lease == NULL)
    return NULL;

  answer = ask_helper ((Helper *) fsmm_lease_get_object (lease), question, timeout, error);
  fsmm_lease_release (lease, NULL);

  return answer;
}

/* Returns: (transfer full) */
static char *
ask_patiently (FsmmObjectPool *pool, const char *question)
{
  g_autoptr (GError) error = NULL;
  char *answer = ask (pool, question, PATIENCE, &error);

  if (answer == NULL)
    g_error ("%s", error != NULL ? error->message : "it has ended");

  return answer;
}

/* --- What the program shows --- */

static const char *questions[] = { "pool", "object", "lease", "helper", "thread", "deadline" };
static char *answers[G_N_ELEMENTS (questions)];

static void
answer (gpointer data, gpointer pool)
{
  guint number = GPOINTER_TO_UINT (data);

  answers[number - 1] = ask_patiently (pool, questions[number - 1]);
}

static void
ask_in_threads (FsmmObjectPool *pool)
{
  GThreadPool *threads = g_thread_pool_new (answer, pool, N_THREADS, TRUE, NULL);
  gboolean are_few;

  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    g_thread_pool_push (threads, GUINT_TO_POINTER (i + 1), NULL);
  g_thread_pool_free (threads, FALSE, TRUE);

  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    {
      printf ("%s\n", answers[i]);
      g_free (answers[i]);
    }
  are_few = fsmm_object_pool_get_n_created (pool) <= MAX_HELPERS;
  printf ("asked by %d threads, of %s helpers\n", N_THREADS,
          are_few ? "no more than two" : "too many");
}

static void
ask_while_all_are_lent (FsmmObjectPool *pool)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmLease) first = fsmm_object_pool_borrow (pool, NULL);
  g_autoptr (FsmmLease) second = fsmm_object_pool_borrow (pool, NULL);
  g_autoptr (FsmmLease) third = fsmm_object_pool_borrow_wait (pool, IMPATIENCE, NULL, &error);

  printf ("\n%s\n", third == NULL ? error->message : "there are three");
}

static void
ask_again (FsmmObjectPool *pool, const char *when)
{
  g_autofree char *text = ask_patiently (pool, "again");

  printf ("%s: %s; %" G_GUINT64_FORMAT " discarded\n", when, text,
          fsmm_object_pool_get_n_discarded (pool));
}

/* Whoever borrows next gets another one. This one has to be waited for: the main loop is to reset
 * those whose leases were dropped. */
static void
lose_a_helper (FsmmObjectPool *pool)
{
  g_autoptr (FsmmLease) lease = fsmm_object_pool_borrow_wait (pool, PATIENCE, NULL, NULL);
  Helper *helper = (Helper *) fsmm_lease_get_object (lease);

  g_subprocess_force_exit (helper->process);
  g_subprocess_wait (helper->process, NULL, NULL);
  fsmm_lease_release (lease, NULL);
  ask_again (pool, "\nafter one has ended");
}

static void
ask_in_vain (FsmmObjectPool *pool)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *none = ask (pool, "", IMPATIENCE, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    ask_again (pool, "after one has not answered in time");
}

/* Returns: in microseconds, how long a question takes at best; with a new helper for each, if they
 * are not kept */
static gint64
measure (FsmmObjectPool *pool, gboolean are_kept)
{
  gint64 best = G_MAXINT64;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      gint64 start;

      if (!are_kept)
        fsmm_object_pool_trim (pool);
      start = g_get_monotonic_time ();
      g_free (ask_patiently (pool, "time"));
      best = MIN (best, g_get_monotonic_time () - start);
    }

  return best;
}

static void
compare (FsmmObjectPool *pool)
{
  gint64 with_new = measure (pool, FALSE);
  gint64 with_lent = measure (pool, TRUE);

  printf ("\na helper that is there answers %s one that has to be started\n",
          with_lent * 2 < with_new ? "in less than half the time of" : "no sooner than");
}

static gpointer
run (gpointer loop)
{
  g_autoptr (FsmmObjectPool) pool =
      g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "helpers", "item-type", HELPER_TYPE,
                    "max-objects", MAX_HELPERS, NULL);

  fsmm_object_pool_set_create_func (pool, start_helper, NULL, NULL);
  fsmm_object_pool_set_validate_func (pool, is_running, NULL, NULL);
  fsmm_object_pool_set_reset_func (pool, is_done, NULL, NULL);

  ask_in_threads (pool);
  ask_while_all_are_lent (pool);
  lose_a_helper (pool);
  ask_in_vain (pool);
  compare (pool);

  g_main_loop_quit (loop);
  return NULL;
}

/* The main loop has the deadlines. */
int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  GThread *thread;

  signal (SIGPIPE, SIG_IGN); /* a question to a process that has just ended is an error */
  thread = g_thread_new ("run", run, loop);
  g_main_loop_run (loop);
  g_thread_join (thread);

  return 0;
}
