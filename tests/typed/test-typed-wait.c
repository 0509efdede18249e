/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting until an instance can be made. What is the same for all blocks: tests/pool/test-wait.c. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-lock.h"

#include <gio/gio.h>

typedef struct {
  char *text;
  GThread *made_by;
} Job;

static gint n_init, n_cleared; /* (atomic) */

static void
job_init (Job *self)
{
  g_assert_null (self->text);
  self->text = g_strdup ("to do");
  self->made_by = g_thread_self ();
  g_atomic_int_inc (&n_init);
}

static void
job_copy (const Job *source, Job *destination)
{
  destination->text = g_strdup (source->text);
}

static void
job_clear (Job *self)
{
  g_clear_pointer (&self->text, g_free);
  self->made_by = (gpointer) self;
  g_atomic_int_inc (&n_cleared);
}

GType job_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Job, job, job_init, job_copy, job_clear, NULL, {})

/* A type that is made without a function. */
typedef struct {
  double x, y, z;
} Point;

GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

static FsmmTypedPool *
pool_new (GType type, gsize max_blocks)
{
  return fsmm_typed_pool_new_full ("jobs", type, 1024, max_blocks, NULL);
}

static void
destroy (FsmmTypedPool *pool, gpointer instance)
{
  g_assert_true (fsmm_typed_pool_destroy (pool, instance, NULL));
}

/* --- Threads --- */

static gpointer
construct_in_thread (gpointer data)
{
  return fsmm_typed_pool_construct_wait (data, -1, NULL, NULL);
}

static void
wait_until_waiting (FsmmTypedPool *pool, guint n)
{
  while (fsmm_typed_pool_get_n_waiting (pool) != n)
    g_usleep (100);
}

/* What is made is whole, and made by the thread that waits. */
static void
test_construct (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (job_get_type (), 1);
  gpointer first = fsmm_typed_pool_construct_wait (pool, 0, NULL, NULL);
  GThread *thread = g_thread_new ("wait", construct_in_thread, pool);
  Job *job;

  wait_until_waiting (pool, 1);
  destroy (pool, first);
  job = g_thread_join (thread);
  g_assert_cmpstr (job->text, ==, "to do");
  g_assert_true (job->made_by == thread);
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, 1);
  destroy (pool, job);
}

static void
test_plain (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (point_get_type (), 1);
  Point *point = fsmm_typed_pool_construct (pool, NULL);
  GThread *thread = g_thread_new ("wait", construct_in_thread, pool);

  point->x = 1.5;
  wait_until_waiting (pool, 1);
  destroy (pool, point);
  point = g_thread_join (thread);
  g_assert_cmpfloat (point->x, ==, 0);
  destroy (pool, point);
}

static void
test_box (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (job_get_type (), 1);
  g_autoptr (GError) error = NULL;
  FsmmBox *box = fsmm_typed_pool_alloc_wait (pool, 0, NULL, NULL);
  GThread *thread = g_thread_new ("wait", construct_in_thread, pool);

  wait_until_waiting (pool, 1);
  fsmm_box_unref (box);
  destroy (pool, g_thread_join (thread));

  box = fsmm_typed_pool_alloc_wait (pool, -1, NULL, NULL);
  g_assert_cmpstr (((Job *) fsmm_box_get (box))->text, ==, "to do");
  g_assert_null (fsmm_typed_pool_alloc_wait (pool, 1000, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "pool \"jobs\" (Job"));
  fsmm_box_unref (box);
}

/* A thread that waits keeps the pool alive. */
static void
test_keeps_the_pool (void)
{
  FsmmTypedPool *pool = pool_new (job_get_type (), 1);
  g_autoptr (FsmmPool) raw = g_object_ref (fsmm_typed_pool_get_pool (pool));
  GThread *thread;
  Job *job;

  fsmm_typed_pool_construct (pool, NULL);
  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  thread = g_thread_new ("wait", construct_in_thread, pool);
  wait_until_waiting (pool, 1);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  fsmm_pool_set_max_blocks (raw, 2);
  job = g_thread_join (thread);
  g_assert_nonnull (job);
  g_assert_null (pool);
}

static void
test_properties (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (job_get_type (), 1);
  Job *job = fsmm_typed_pool_construct (pool, NULL);
  g_autoptr (GError) error = NULL;
  gboolean flushing;
  guint n_waiting;
  guint64 max_blocks;

  g_object_set (pool, "max-blocks", (guint64) 2, "flushing", TRUE, NULL);
  g_object_get (pool, "max-blocks", &max_blocks, "flushing", &flushing, "n-waiting", &n_waiting, NULL);
  g_assert_cmpuint (max_blocks, ==, 2);
  g_assert_true (flushing);
  g_assert_cmpuint (n_waiting, ==, 0);
  g_assert_cmpuint (fsmm_pool_get_max_blocks (fsmm_typed_pool_get_pool (pool)), ==, 2);

  g_assert_null (fsmm_typed_pool_construct_wait (pool, -1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_CLOSED);
  fsmm_typed_pool_set_flushing (pool, FALSE);
  destroy (pool, fsmm_typed_pool_construct_wait (pool, -1, NULL, NULL));
  destroy (pool, job);
}

/* Not a GAsyncQueue: ThreadSanitizer cannot see what GLib locks. */
typedef struct {
  FsmmTypedPool *pool;
  GMutex lock;
  GCond filled;
  GQueue jobs;
} Pipe;

static void
push_job (Pipe *self, gpointer job)
{
  fsmm_lock (&self->lock);
  g_queue_push_tail (&self->jobs, job);
  g_cond_signal (&self->filled);
  fsmm_unlock (&self->lock);
}

static gpointer
pop_job (Pipe *self)
{
  gpointer job;

  fsmm_lock (&self->lock);
  while (self->jobs.length == 0)
    fsmm_wait (&self->filled, &self->lock);
  job = g_queue_pop_head (&self->jobs);
  fsmm_unlock (&self->lock);

  return job;
}

/* What is dropped while it is made is not there: then another one is made. */
static gpointer
make_job (FsmmTypedPool *pool)
{
  g_autoptr (GError) error = NULL;
  gpointer job;

  while ((job = fsmm_typed_pool_construct_wait (pool, -1, NULL, &error)) == NULL)
    {
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
      g_clear_error (&error);
    }

  return job;
}

static gpointer
produce (gpointer data)
{
  Pipe *pipe = data;

  for (guint i = fsmm_test_rounds (5000); i > 0; i--)
    push_job (pipe, make_job (pipe->pool));

  return NULL;
}

/* What the function that clears an instance cannot be used for: there, its block is not free yet. */
static void
test_pipeline (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (job_get_type (), 1);
  Pipe pipe = { .pool = pool, .jobs = G_QUEUE_INIT };
  gint before = g_atomic_int_get (&n_cleared);
  GThread *thread = g_thread_new ("produce", produce, &pipe);
  guint n = fsmm_test_rounds (5000);

  for (guint i = n; i > 0; i--)
    destroy (pool, pop_job (&pipe));
  g_thread_join (thread);
  g_assert_cmpint (g_atomic_int_get (&n_cleared) - before, ==, (gint) n);
  g_assert_cmpuint (fsmm_typed_pool_get_peak_allocated (pool), ==, 1);
}

/* All that is live is dropped while others wait, and make what they get. */
static void
test_free_all_beside (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (job_get_type (), 3);
  Pipe pipe = { .pool = pool, .jobs = G_QUEUE_INIT };
  GThread *thread = g_thread_new ("produce", produce, &pipe);
  guint n = fsmm_test_rounds (5000);

  for (guint i = 0; i < n; i++)
    {
      pop_job (&pipe);
      fsmm_typed_pool_free_all (pool);
    }
  g_thread_join (thread);
  fsmm_typed_pool_free_all (pool);
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&n_cleared), ==, g_atomic_int_get (&n_init));
}

/* --- Requests --- */

typedef struct {
  FsmmBox *box;
  GError *error;
  gboolean is_answered;
} Request;

static void
note_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Request *self = data;

  self->box = fsmm_typed_pool_alloc_finish (FSMM_TYPED_POOL (source), result, &self->error);
  self->is_answered = TRUE;
}

static void
iterate_until_answered (Request *self)
{
  while (!self->is_answered)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_async (gconstpointer is_dropped)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (job_get_type (), 1);
  Job *job = fsmm_typed_pool_construct (pool, NULL);
  gint before = g_atomic_int_get (&n_init);
  Request one = { 0 };

  fsmm_typed_pool_alloc_async (pool, G_PRIORITY_DEFAULT, NULL, note_answer, &one);
  g_main_context_iteration (NULL, FALSE);
  g_assert_false (one.is_answered);

  /* The function that makes an instance is not called by who frees a block. */
  destroy (pool, job);
  g_assert_cmpint (g_atomic_int_get (&n_init), ==, before);
  if (is_dropped != NULL)
    fsmm_typed_pool_free_all (pool);
  iterate_until_answered (&one);
  g_assert_no_error (one.error);
  g_assert_cmpint (g_atomic_int_get (&n_init), ==, before + 1);
  g_assert_cmpstr (((Job *) fsmm_box_get (one.box))->text, ==, "to do");
  fsmm_box_unref (one.box);
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, 0);
}

/* What the object that it asks has been disposed of does not keep the block that it was handed. */
static void
test_disposed (void)
{
  FsmmTypedPool *pool = pool_new (job_get_type (), 1);
  Job *job = fsmm_typed_pool_construct (pool, NULL);
  Request one = { 0 };

  fsmm_typed_pool_alloc_async (pool, G_PRIORITY_DEFAULT, NULL, note_answer, &one);
  destroy (pool, job);
  g_object_run_dispose (G_OBJECT (pool));
  iterate_until_answered (&one);
  g_assert_null (one.box);
  g_assert_error (one.error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_clear_error (&one.error);
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, 0);
  g_object_unref (pool);
}

static void
test_unsupported (void)
{
  FsmmTypedPool *broken = g_object_new (FSMM_TYPE_TYPED_POOL, "item-type", G_TYPE_STRV, NULL);
  g_autoptr (GError) error = NULL;
  Request one = { 0 };

  g_assert_null (fsmm_typed_pool_construct_wait (broken, -1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  fsmm_typed_pool_alloc_async (broken, G_PRIORITY_DEFAULT, NULL, note_answer, &one);
  iterate_until_answered (&one);
  g_assert_error (one.error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  g_clear_error (&one.error);
  g_object_unref (broken);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/typed-wait/construct", test_construct);
  g_test_add_func ("/typed-wait/plain", test_plain);
  g_test_add_func ("/typed-wait/box", test_box);
  g_test_add_func ("/typed-wait/keeps-the-pool", test_keeps_the_pool);
  g_test_add_func ("/typed-wait/properties", test_properties);
  g_test_add_func ("/typed-wait/pipeline", test_pipeline);
  g_test_add_func ("/typed-wait/free-all-beside", test_free_all_beside);
  g_test_add_data_func ("/typed-wait/async", NULL, test_async);
  g_test_add_data_func ("/typed-wait/async-when-dropped", "", test_async);
  g_test_add_func ("/typed-wait/disposed", test_disposed);
  g_test_add_func ("/typed-wait/unsupported", test_unsupported);

  return g_test_run ();
}
