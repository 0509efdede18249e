/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads that wait for an object. */

#include "thing.h"

#define SECOND G_USEC_PER_SEC

/* --- A thread that waits --- */

typedef struct {
  FsmmObjectPool *pool;
  gint64 timeout_us;
  GCancellable *cancellable;
  GThread *thread;
  FsmmLease *lease;
  GError *error;
} Sleeper;

static gpointer
sleep_for_object (gpointer data)
{
  Sleeper *self = data;

  self->lease =
      fsmm_object_pool_borrow_wait (self->pool, self->timeout_us, self->cancellable, &self->error);

  return NULL;
}

static void
wait_until_waiting (FsmmObjectPool *pool, guint n)
{
  while (fsmm_object_pool_get_n_waiting (pool) != n)
    g_usleep (100);
}

static void
start (Sleeper *self, FsmmObjectPool *pool, GCancellable *cancellable)
{
  guint n_waiting = fsmm_object_pool_get_n_waiting (pool);

  *self = (Sleeper) { .pool = pool, .timeout_us = 20 * SECOND, .cancellable = cancellable };
  self->thread = g_thread_new ("sleeper", sleep_for_object, self);
  wait_until_waiting (pool, n_waiting + 1);
}

static GObject *
join_served (Sleeper *self)
{
  GObject *object;

  g_thread_join (self->thread);
  g_assert_no_error (self->error);
  g_assert_nonnull (self->lease);
  object = fsmm_lease_get_object (self->lease);
  thing_give_back (self->lease);

  return object;
}

static void
join_refused (Sleeper *self, GQuark domain, gint code)
{
  g_thread_join (self->thread);
  g_assert_null (self->lease);
  g_assert_error (self->error, domain, code);
  g_clear_error (&self->error);
}

/* --- What lets it go on --- */

static void
test_release (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);
  Sleeper sleeper;

  start (&sleeper, pool, NULL);
  thing_give_back (lease);
  g_assert_true (join_served (&sleeper) == object);
}

static void
test_last_reference (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = g_object_ref (fsmm_lease_get_object (lease));
  Sleeper sleeper;

  start (&sleeper, pool, NULL);
  thing_give_back (lease);
  g_usleep (30000);
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 1);
  g_object_unref (object);
  g_assert_true (join_served (&sleeper) == object);
}

static void
test_discard (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  Sleeper sleeper;

  start (&sleeper, pool, NULL);
  fsmm_lease_discard (lease);
  join_served (&sleeper);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
}

static void
test_steal (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  g_autoptr (GObject) object = NULL;
  Sleeper sleeper;

  start (&sleeper, pool, NULL);
  object = fsmm_lease_steal (lease);
  g_assert_true (join_served (&sleeper) != object);
}

static void
test_raised_limit (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  Sleeper sleepers[3];

  for (guint i = 0; i < 3; i++)
    start (&sleepers[i], pool, NULL);
  fsmm_object_pool_set_max_objects (pool, 0);
  for (guint i = 0; i < 3; i++)
    join_served (&sleepers[i]);
  thing_give_back (lease);
}

static void
test_add (void)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_FILE, 1);
  GFile *file = g_file_new_for_path ("/");
  Sleeper sleeper;

  start (&sleeper, pool, NULL);
  g_assert_true (fsmm_object_pool_add (pool, G_OBJECT (file), NULL));
  g_assert_true (join_served (&sleeper) == (gpointer) file);
}

/* --- What ends the wait --- */

static void
test_timeout (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  FsmmLease *leases[] = { thing_borrow (pool), thing_borrow (pool) };
  g_autoptr (GObject) kept = g_object_ref (fsmm_lease_get_object (leases[1]));
  g_autoptr (GError) error = NULL;

  thing_give_back (leases[1]);
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 250000, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_cmpstr (error->message, ==,
                   "object pool \"things\" (Thing): no object came back within 0.25 s: 1 lent, 1 released "
                   "but still referenced of at most 2, and 0 others wait; release some, drop those "
                   "references, wait longer, or raise max-objects");
  g_clear_error (&error);
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 0, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 0, NULL, NULL));
  thing_give_back (leases[0]);
}

static void
test_cancel (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  FsmmLease *lease = thing_borrow (pool);
  Sleeper sleeper;
  GError *error = NULL;

  start (&sleeper, pool, cancellable);
  g_cancellable_cancel (cancellable);
  join_refused (&sleeper, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  thing_give_back (lease);

  g_assert_null (fsmm_object_pool_borrow_wait (pool, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_error_free (error);
}

static void
test_close (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);
  Sleeper sleepers[2];

  fsmm_object_pool_set_max_objects (pool, 1);
  for (guint i = 0; i < 2; i++)
    start (&sleepers[i], pool, NULL);
  fsmm_object_pool_close (pool);
  for (guint i = 0; i < 2; i++)
    join_refused (&sleepers[i], FSMM_ERROR, FSMM_ERROR_CLOSED);

  /* What is lent stays usable, and is dropped when it comes back. */
  g_assert_true (fsmm_lease_get_object (lease) == object);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (thing_count (), ==, 0);
  thing_assert_refused (pool, FSMM_ERROR_CLOSED, "it has been closed");
  fsmm_object_pool_close (pool);
}

/* --- Whoever makes objects --- */

static GObject *
fail_once (FsmmObjectPool *pool, gpointer n_calls, GError **error)
{
  if (g_atomic_int_add ((gint *) n_calls, 1) == 0)
    return g_object_new (THING_TYPE, NULL);
  if (g_atomic_int_add ((gint *) n_calls, 1) > 2)
    return g_object_new (THING_TYPE, NULL);

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not there");
  return NULL;
}

/* The first that waits is told, and the next one tries again. */
static void
test_create_fails (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  gint n_calls = 0;
  g_autoptr (FsmmLease) lease = NULL;
  Sleeper sleepers[2];

  fsmm_object_pool_set_create_func (pool, fail_once, &n_calls, NULL);
  lease = thing_borrow (pool);
  for (guint i = 0; i < 2; i++)
    start (&sleepers[i], pool, NULL);
  g_usleep (2000);
  fsmm_lease_discard (lease);
  join_refused (&sleepers[0], G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  join_served (&sleepers[1]);
  thing_assert_counts (pool, 0, 1, 0);
}

typedef struct {
  FsmmObjectPool *pool;
  guint n_emitted;
  gboolean adds_at_once;
} Needs;

static void
on_needs_object (FsmmObjectPool *pool, gpointer data)
{
  Needs *self = data;

  self->n_emitted++;
  if (self->adds_at_once)
    g_assert_true (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), NULL));
}

/* The context's own thread borrows: then the handler runs there. */
static void
test_needs_object_at_once (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  Needs needs = { pool, 0, TRUE };
  FsmmLease *lease;

  g_signal_connect (pool, "needs-object", G_CALLBACK (on_needs_object), &needs);
  thing_assert_refused (pool, FSMM_ERROR_EXHAUSTED, "cannot make one by itself");
  g_assert_cmpuint (needs.n_emitted, ==, 0);
  lease = fsmm_object_pool_borrow_wait (pool, -1, NULL, NULL);
  g_assert_nonnull (lease);
  g_assert_cmpuint (needs.n_emitted, ==, 1);
  thing_give_back (lease);
  thing_give_back (fsmm_object_pool_borrow_wait (pool, -1, NULL, NULL));
  g_assert_cmpuint (needs.n_emitted, ==, 1);
}

/* Once for each that waits, up to the limit. */
static void
test_needs_object_later (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not there");
  Needs needs = { pool, 0, FALSE };
  Sleeper sleepers[3];

  g_signal_connect (pool, "needs-object", G_CALLBACK (on_needs_object), &needs);
  g_assert_true (g_main_context_acquire (NULL));
  for (guint i = 0; i < 3; i++)
    start (&sleepers[i], pool, NULL);
  thing_run_context ();
  g_assert_cmpuint (needs.n_emitted, ==, 2);

  fsmm_object_pool_add_failed (pool, error);
  join_refused (&sleepers[0], G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  thing_run_context ();
  g_assert_cmpuint (needs.n_emitted, ==, 3);

  for (guint i = 1; i < 3; i++)
    g_assert_true (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), NULL));
  for (guint i = 1; i < 3; i++)
    join_served (&sleepers[i]);
  thing_run_context ();
  g_assert_cmpuint (needs.n_emitted, ==, 3);
  g_main_context_release (NULL);
}

/* Also if the pool has made some by itself before. */
static void
test_needs_object_from_now_on (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  Needs needs = { pool, 0, TRUE };
  FsmmLease *leases[2] = { thing_borrow (pool), NULL };

  g_signal_connect (pool, "needs-object", G_CALLBACK (on_needs_object), &needs);
  leases[1] = fsmm_object_pool_borrow_wait (pool, 20 * SECOND, NULL, NULL);
  g_assert_nonnull (leases[1]);
  g_assert_cmpuint (needs.n_emitted, ==, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
  for (guint i = 0; i < 2; i++)
    thing_give_back (leases[i]);
}

/* Who was asked has never answered. */
static void
test_needs_object_again (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Needs needs = { pool, 0, FALSE };
  FsmmLease *lease;

  g_signal_connect (pool, "needs-object", G_CALLBACK (on_needs_object), &needs);
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 1000, NULL, NULL));
  g_assert_cmpuint (needs.n_emitted, ==, 1);
  needs.adds_at_once = TRUE;
  lease = fsmm_object_pool_borrow_wait (pool, 20 * SECOND, NULL, NULL);
  g_assert_nonnull (lease);
  g_assert_cmpuint (needs.n_emitted, ==, 2);
  thing_give_back (lease);
}

/* --- What is to be done in the context --- */

static gboolean
count_reset (FsmmObjectPool *pool, GObject *object, gpointer n_resets)
{
  g_atomic_int_inc ((gint *) n_resets);

  return TRUE;
}

static gpointer
drop_lease_late (gpointer lease)
{
  g_usleep (20000);
  fsmm_lease_unref (lease);

  return NULL;
}

/* The thread of the context sleeps: it wakes to do it. */
static void
test_dropped_while_context_sleeps (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  gint n_resets = 0;
  FsmmLease *lease;
  GThread *thread;

  fsmm_object_pool_set_reset_func (pool, count_reset, &n_resets, NULL);
  thread = g_thread_new ("dropper", drop_lease_late, thing_borrow (pool));
  lease = fsmm_object_pool_borrow_wait (pool, 20 * SECOND, NULL, NULL);
  g_thread_join (thread);
  g_assert_nonnull (lease);
  g_assert_cmpint (n_resets, ==, 1);
  thing_give_back (lease);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-wait/release", test_release);
  g_test_add_func ("/object-wait/last-reference", test_last_reference);
  g_test_add_func ("/object-wait/discard", test_discard);
  g_test_add_func ("/object-wait/steal", test_steal);
  g_test_add_func ("/object-wait/raised-limit", test_raised_limit);
  g_test_add_func ("/object-wait/add", test_add);
  g_test_add_func ("/object-wait/timeout", test_timeout);
  g_test_add_func ("/object-wait/cancel", test_cancel);
  g_test_add_func ("/object-wait/close", test_close);
  g_test_add_func ("/object-wait/create-fails", test_create_fails);
  g_test_add_func ("/object-wait/needs-object-at-once", test_needs_object_at_once);
  g_test_add_func ("/object-wait/needs-object-later", test_needs_object_later);
  g_test_add_func ("/object-wait/needs-object-from-now-on", test_needs_object_from_now_on);
  g_test_add_func ("/object-wait/needs-object-again", test_needs_object_again);
  g_test_add_func ("/object-wait/dropped-while-context-sleeps", test_dropped_while_context_sleeps);

  return g_test_run ();
}
