/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Requests for an object, which are answered in a main context. */

#include "thing.h"

#define SECOND G_USEC_PER_SEC

typedef struct {
  guint number;
  gboolean is_answered;
  FsmmLease *lease;
  GError *error;
  GString *order;
} Request;

static void
note_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Request *self = data;

  self->is_answered = TRUE;
  self->lease = fsmm_object_pool_borrow_finish (FSMM_OBJECT_POOL (source), result, &self->error);
  if (self->order != NULL)
    g_string_append_printf (self->order, "%u", self->number);
}

static void
ask (FsmmObjectPool *pool, int priority, GCancellable *cancellable, Request *request)
{
  request->is_answered = FALSE;
  fsmm_object_pool_borrow_async (pool, priority, cancellable, note_answer, request);
  g_assert_false (request->is_answered);
}

static void
test_async (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Request first = { .number = 1 }, second = { .number = 2 };

  ask (pool, 0, NULL, &first);
  ask (pool, 0, NULL, &second);
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 1);
  thing_run_context ();
  g_assert_nonnull (first.lease);
  g_assert_false (second.is_answered);
  thing_give_back (first.lease);
  g_assert_false (second.is_answered);
  thing_run_context ();
  g_assert_nonnull (second.lease);
  thing_give_back (second.lease);
}

static void
test_priorities (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GString) order = g_string_new (NULL);
  FsmmLease *lease = thing_borrow (pool);
  Request requests[3] = {
    { .number = 1, .order = order },
    { .number = 2, .order = order },
    { .number = 3, .order = order },
  };

  ask (pool, G_PRIORITY_DEFAULT, NULL, &requests[0]);
  ask (pool, G_PRIORITY_LOW, NULL, &requests[1]);
  ask (pool, G_PRIORITY_HIGH, NULL, &requests[2]);
  for (guint i = 0; i < 3; i++)
    {
      thing_give_back (lease);
      thing_run_context ();
      lease = NULL;
      for (guint k = 0; k < 3; k++)
        if (requests[k].lease != NULL)
          lease = g_steal_pointer (&requests[k].lease);
      g_assert_nonnull (lease);
    }
  g_assert_cmpstr (order->str, ==, "312");
  thing_give_back (lease);
}

/* Also if the object was handed to it already. */
static void
test_async_cancel (void)
{
  for (guint is_granted = 0; is_granted < 2; is_granted++)
    {
      g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      FsmmLease *lease = thing_borrow (pool);
      Request request = { .number = 1 };

      ask (pool, 0, cancellable, &request);
      if (is_granted)
        thing_give_back (g_steal_pointer (&lease));
      g_cancellable_cancel (cancellable);
      thing_run_context ();
      g_assert_error (request.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&request.error);
      g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 0);
      if (lease != NULL)
        thing_give_back (lease);
      thing_assert_counts (pool, 0, 1, 0);
    }
}

/* What was handed to it, an object or a place for one, goes back. */
static void
test_context_ends (void)
{
  for (guint is_discarded = 0; is_discarded < 2; is_discarded++)
    {
      g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
      GMainContext *context = g_main_context_new ();
      FsmmLease *lease = thing_borrow (pool);
      Request request = { .number = 1 };

      g_main_context_push_thread_default (context);
      ask (pool, 0, NULL, &request);
      g_main_context_pop_thread_default (context);
      if (is_discarded)
        fsmm_lease_discard (lease);
      else
        g_assert_true (fsmm_lease_release (lease, NULL));
      fsmm_lease_unref (lease);
      thing_assert_counts (pool, 1, 0, 0);
      g_main_context_unref (context);
      thing_assert_counts (pool, 0, !is_discarded, 0);
      g_assert_false (request.is_answered);
      thing_give_back (thing_borrow (pool));
    }
}

static void
ignore_answer (GObject *source, GAsyncResult *result, gpointer data)
{
}

static void
test_never_finished (void)
{
  FsmmObjectPool *pool = thing_pool_new (1);

  fsmm_object_pool_borrow_async (pool, 0, NULL, ignore_answer, NULL);
  fsmm_object_pool_borrow_async (pool, 0, NULL, NULL, NULL);
  thing_run_context ();
  thing_assert_counts (pool, 0, 1, 0);
  g_object_unref (pool);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static void
test_request_keeps_pool (void)
{
  FsmmObjectPool *pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  Request request = { .number = 1 };

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  ask (pool, 0, NULL, &request);
  g_object_unref (pool);
  thing_give_back (lease);
  thing_run_context ();
  g_assert_nonnull (request.lease);
  thing_give_back (request.lease);
  g_assert_null (pool);
}

static gboolean
refuse (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  return FALSE;
}

/* It waits again. */
static void
test_granted_is_of_no_use (void)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_FILE, 0);
  GFile *file = g_file_new_for_path ("/");
  Request request = { .number = 1 };

  fsmm_object_pool_set_validate_func (pool, refuse, NULL, NULL);
  ask (pool, 0, NULL, &request);
  g_assert_true (fsmm_object_pool_add (pool, G_OBJECT (file), NULL));
  thing_run_context ();
  g_assert_false (request.is_answered);
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 1);
  fsmm_object_pool_set_validate_func (pool, NULL, NULL, NULL);
  g_assert_true (fsmm_object_pool_add (pool, G_OBJECT (g_file_new_for_path ("/")), NULL));
  thing_run_context ();
  g_assert_nonnull (request.lease);
  thing_give_back (request.lease);
}

static void
ignore_toggle (gpointer data, GObject *object, gboolean is_last_ref)
{
}

/* A second toggle reference silences the pool's own: it looks now and then. */
static void
test_async_without_a_word (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = g_object_ref (fsmm_lease_get_object (lease));
  gint64 end = g_get_monotonic_time () + 10 * SECOND;
  Request request = { .number = 1 };

  thing_give_back (lease);
  g_object_add_toggle_ref (object, ignore_toggle, NULL);
  ask (pool, 0, NULL, &request);
  g_object_unref (object);
  while (!request.is_answered && g_get_monotonic_time () < end)
    {
      thing_run_context ();
      g_usleep (1000);
    }
  g_assert_nonnull (request.lease);
  thing_give_back (request.lease);
  g_object_remove_toggle_ref (object, ignore_toggle, NULL);
}

static void
test_async_close (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  Request request = { .number = 1 };

  ask (pool, 0, NULL, &request);
  fsmm_object_pool_close (pool);
  thing_run_context ();
  g_assert_error (request.error, FSMM_ERROR, FSMM_ERROR_CLOSED);
  g_clear_error (&request.error);
  thing_give_back (lease);

  ask (pool, 0, NULL, &request);
  thing_run_context ();
  g_assert_error (request.error, FSMM_ERROR, FSMM_ERROR_CLOSED);
  g_clear_error (&request.error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-requests/async", test_async);
  g_test_add_func ("/object-requests/priorities", test_priorities);
  g_test_add_func ("/object-requests/async-cancel", test_async_cancel);
  g_test_add_func ("/object-requests/context-ends", test_context_ends);
  g_test_add_func ("/object-requests/never-finished", test_never_finished);
  g_test_add_func ("/object-requests/request-keeps-pool", test_request_keeps_pool);
  g_test_add_func ("/object-requests/granted-is-of-no-use", test_granted_is_of_no_use);
  g_test_add_func ("/object-requests/async-without-a-word", test_async_without_a_word);
  g_test_add_func ("/object-requests/async-close", test_async_close);

  return g_test_run ();
}
