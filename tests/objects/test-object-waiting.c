/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whoever waits for an object gets one in the end, whoever runs the main context of the pool. */

#include "lending.h"

/* --- Nobody runs the context --- */

static gpointer
borrow_and_drop (gpointer pool)
{
  g_autoptr (GError) error = NULL;
  FsmmLease *lease = fsmm_object_pool_borrow_wait (pool, 10 * G_USEC_PER_SEC, NULL, &error);

  g_assert_no_error (error);
  fsmm_lease_unref (lease);

  return NULL;
}

static void
wait_for_sleeper (FsmmObjectPool *pool)
{
  while (fsmm_object_pool_get_n_waiting (pool) == 0)
    g_usleep (1000);
  g_usleep (10000);
}

/* What has to be reset is reset by whoever waits, each time. */
static void
test_reset (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);

  fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      FsmmLease *lease = thing_borrow (pool);
      GThread *thread = g_thread_new ("borrower", borrow_and_drop, pool);

      wait_for_sleeper (pool);
      fsmm_lease_unref (lease);
      g_thread_join (thread);
    }
}

static gpointer
hold_context (gpointer n_there)
{
  g_assert_true (g_main_context_acquire (NULL));
  lending_meet (n_there);
  g_usleep (50000);
  g_main_context_release (NULL);

  return NULL;
}

/* Its owner goes without having looked. */
static void
test_owner_goes (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GThread *borrower = g_thread_new ("borrower", borrow_and_drop, pool);
  gint n_there = 0;
  GThread *owner = g_thread_new ("owner", hold_context, &n_there);

  fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
  lending_meet (&n_there);
  wait_for_sleeper (pool);
  fsmm_lease_unref (lease);
  g_thread_join (owner);
  g_thread_join (borrower);
}

/* --- A request in a context that is not that of the pool, which nobody runs --- */

static void
run_until_lent (GMainContext *context, FsmmLease **lease)
{
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (*lease == NULL && g_get_monotonic_time () < end)
    if (!g_main_context_iteration (context, FALSE))
      g_usleep (1000);

  g_assert_nonnull (*lease);
}

static void
add_thing (FsmmObjectPool *pool, gpointer data)
{
  g_assert_true (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), NULL));
}

static void
request_in (GMainContext *context, FsmmObjectPool *pool, FsmmLease **lease)
{
  g_main_context_push_thread_default (context);
  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, lending_store_lease, lease);
  g_main_context_pop_thread_default (context);
}

static void
test_request_elsewhere (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GMainContext) context = g_main_context_new ();
  FsmmLease *lease = NULL, *other = NULL;

  g_signal_connect (pool, "needs-object", G_CALLBACK (add_thing), NULL);
  request_in (context, pool, &lease);
  run_until_lent (context, &lease);

  fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
  request_in (context, pool, &other);
  fsmm_lease_unref (lease);
  run_until_lent (context, &other);
  thing_give_back (other);
}

/* The owner of the pool's context goes without having looked. */
static void
test_request_elsewhere_and_owner_goes (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GMainContext) context = g_main_context_new ();
  gint n_there = 0;
  FsmmLease *lease = NULL;
  GThread *owner = g_thread_new ("owner", hold_context, &n_there);

  g_signal_connect (pool, "needs-object", G_CALLBACK (add_thing), NULL);
  lending_meet (&n_there);
  request_in (context, pool, &lease);
  run_until_lent (context, &lease);
  thing_give_back (lease);
  g_thread_join (owner);
}

/* --- How objects are made changes meanwhile --- */

static void
count_call (FsmmObjectPool *pool, guint *n_calls)
{
  ++*n_calls;
}

static GObject *
make_thing (FsmmObjectPool *pool, gpointer data, GError **error)
{
  return g_object_new (THING_TYPE, NULL);
}

typedef struct {
  FsmmObjectPool *pool;
  gint n_there;
} Meeting;

static gpointer
meet_and_borrow (gpointer data)
{
  Meeting *self = data;

  lending_meet (&self->n_there);
  return borrow_and_drop (self->pool);
}

/* Whoever has just found out how does not undo what is set at the same time. */
static void
test_function_set_meanwhile (void)
{
  guint n_rounds = fsmm_test_rounds (30000), n_calls = 0;

  for (guint i = 0; i < n_rounds; i++)
    {
      g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
      Meeting meeting = { pool, 0 };
      GThread *thread;

      g_signal_connect (pool, "needs-object", G_CALLBACK (count_call), &n_calls);
      thread = g_thread_new ("borrower", meet_and_borrow, &meeting);
      lending_meet (&meeting.n_there);
      lending_dally (i);
      fsmm_object_pool_set_create_func (pool, make_thing, NULL, NULL);
      g_thread_join (thread);
    }
}

/* What no handler has been told counts for nothing: another one is told anew. */
static void
test_handler_goes (void)
{
  g_autoptr (FsmmObjectPool) pool = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_ICON, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  FsmmLease *lease = NULL;
  guint n_calls = 0;
  gulong handler = g_signal_connect (pool, "needs-object", G_CALLBACK (count_call), &n_calls);

  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, cancellable, lending_store_lease, &lease);
  g_signal_handler_disconnect (pool, handler);
  thing_run_context ();
  g_cancellable_cancel (cancellable);
  thing_run_context ();
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 0);

  g_signal_connect (pool, "needs-object", G_CALLBACK (count_call), &n_calls);
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 10000, NULL, NULL));
  g_assert_cmpuint (n_calls, ==, 1);
}

/* Then the type says how one is made. */
static void
test_handler_goes_for_type (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = NULL;
  guint n_calls = 0;
  gulong handler = g_signal_connect (pool, "needs-object", G_CALLBACK (count_call), &n_calls);

  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, lending_store_lease, &lease);
  g_signal_handler_disconnect (pool, handler);
  lending_run_until_lent (&lease);
  thing_give_back (lease);
}

static void
add_something_else (FsmmObjectPool *pool, guint *n_calls)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (++*n_calls, <, 10);
  g_assert_false (fsmm_object_pool_add (pool, g_object_new (G_TYPE_OBJECT, NULL), &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
}

/* A handler whose answer is of no use is not asked again and again. It can still answer. */
static void
test_useless_answer (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  FsmmLease *lease = NULL;
  guint n_calls = 0;

  g_signal_connect (pool, "needs-object", G_CALLBACK (add_something_else), &n_calls);
  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, lending_store_lease, &lease);
  thing_run_context ();
  g_assert_cmpuint (n_calls, ==, 1);
  add_thing (pool, NULL);
  lending_run_until_lent (&lease);
  thing_give_back (lease);
}

/* --- Errors with something in them --- */

typedef struct {
  FsmmObjectPool *pool;
} ExtraPrivate;

GQuark extra_quark (void);

static void
extra_private_init (ExtraPrivate *self)
{
}

static void
extra_private_copy (const ExtraPrivate *self, ExtraPrivate *copy)
{
  copy->pool = self->pool;
  if (self->pool != NULL)
    g_assert_cmpuint (fsmm_object_pool_get_n_waiting (self->pool), ==, 1);
}

static void
extra_private_clear (ExtraPrivate *self)
{
}

G_DEFINE_EXTENDED_ERROR (Extra, extra)

/* What copies them is a function of the program, which may use the pool. */
static void
test_extended_error (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GError) error = g_error_new_literal (extra_quark (), 1, "not today");
  FsmmLease *lease = NULL;
  guint n_calls = 0;

  g_signal_connect (pool, "needs-object", G_CALLBACK (count_call), &n_calls);
  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, lending_store_lease, &lease);
  extra_get_private (error)->pool = pool;
  fsmm_object_pool_add_failed (pool, error);
  extra_get_private (error)->pool = NULL;
  thing_run_context ();
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 0);
}

/* --- Objects that linger without a word --- */

static void
ignore_toggle (gpointer data, GObject *object, gboolean is_last_ref)
{
}

/* It began to linger after somebody had begun to wait, and no toggle reference tells when that is over. */
static void
test_silent_object (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool), *other = NULL;
  GObject *object = fsmm_lease_get_object (lease);
  g_autoptr (GObject) kept = g_object_ref (object);

  g_object_add_toggle_ref (object, ignore_toggle, NULL);
  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, lending_store_lease, &other);
  thing_run_context ();
  thing_give_back (lease);
  thing_run_context ();
  g_clear_object (&kept);
  lending_run_until_lent (&other);
  thing_give_back (other);
  g_object_remove_toggle_ref (object, ignore_toggle, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-waiting/reset", test_reset);
  g_test_add_func ("/object-waiting/owner-goes", test_owner_goes);
  g_test_add_func ("/object-waiting/function-set-meanwhile", test_function_set_meanwhile);
  g_test_add_func ("/object-waiting/handler-goes", test_handler_goes);
  g_test_add_func ("/object-waiting/handler-goes-for-type", test_handler_goes_for_type);
  g_test_add_func ("/object-waiting/silent-object", test_silent_object);
  g_test_add_func ("/object-waiting/extended-error", test_extended_error);
  g_test_add_func ("/object-waiting/request-elsewhere", test_request_elsewhere);
  g_test_add_func ("/object-waiting/request-elsewhere-and-owner-goes",
                   test_request_elsewhere_and_owner_goes);
  g_test_add_func ("/object-waiting/useless-answer", test_useless_answer);

  return g_test_run ();
}
