/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"

#include "fsmm-error.h"
#include "pool/fsmm-reply-private.h"

/* Calls that wait until an object can be lent. */

/* --- A thread that sleeps --- */

static void
cancel_borrowing_thread (GCancellable *cancellable, gpointer data)
{
  gpointer *pair = data;

  fsmm_object_wait_cancel (pair[0], pair[1]);
}

static void
sleep_until_over (FsmmObjectPool *self, FsmmObjectWait *wait, gint64 end)
{
  do
    fsmm_object_care_for_borrower (self);
  while (!fsmm_object_wait_nap (self->store, wait, end));
}

/* Waits again if what it has been handed is of no use. */
static FsmmLease *
wait_for_lease (FsmmObjectPool *self, FsmmObjectWait *wait, gint64 timeout_us, GError **error)
{
  gint64 end = fsmm_waiters_get_time_limit (timeout_us);
  GError *own_error = NULL;
  FsmmLease *lease = NULL;

  do
    {
      if (fsmm_object_wait_begin (self->store, wait))
        sleep_until_over (self, wait, end);
      if (wait->result == FSMM_LEND_OK)
        lease = fsmm_object_pool_finish_loan (self, g_steal_pointer (&wait->granted), &own_error);
      else
        fsmm_object_store_report_wait (self->store, wait, timeout_us, &own_error);
    }
  while (lease == NULL && own_error == NULL);

  if (own_error != NULL)
    g_propagate_error (error, own_error);

  return lease;
}

static FsmmLease *
wait_with_cancellable (FsmmObjectPool *self,
                       gint64 timeout_us,
                       GCancellable *cancellable,
                       GError **error)
{
  FsmmLease *lease;
  gpointer pair[2];
  gulong handler;
  FsmmObjectWait wait;

  fsmm_object_store_warn_of_wait (self->store);
  fsmm_object_wait_init (&wait, G_PRIORITY_DEFAULT, NULL, NULL);
  pair[0] = self->store;
  pair[1] = &wait;

  g_object_ref (self);
  handler = cancellable != NULL
                ? g_cancellable_connect (cancellable, G_CALLBACK (cancel_borrowing_thread), pair, NULL)
                : 0;
  lease = wait_for_lease (self, &wait, timeout_us, error);
  g_cancellable_disconnect (cancellable, handler);
  fsmm_object_wait_clear (&wait);
  g_object_unref (self);

  return lease;
}

/* Where many threads share few objects for short times, the next one is back before this thread would
 * be asleep. */
#define N_TRIES 4

static FsmmLease *
try_to_borrow_again (FsmmObjectPool *self, GError **error)
{
  FsmmLendResult result = FSMM_LEND_FULL;
  FsmmLease *lease = NULL;

  for (guint i = 0; i < N_TRIES && lease == NULL && result == FSMM_LEND_FULL; i++)
    {
      FsmmPooled *pooled;

      g_thread_yield ();
      pooled = fsmm_object_store_take (self->store, TRUE, &result);
      if (pooled != NULL)
        lease = fsmm_object_pool_finish_loan (self, pooled, error);
    }

  return lease;
}

static void
report_no_time_to_borrow (FsmmObjectPool *self, GError **error)
{
  FsmmObjectWait wait = {
    .result = FSMM_LEND_TIMED_OUT,
    .n_lent = fsmm_object_pool_get_n_lent (self),
    .n_lingering = fsmm_object_pool_get_n_lingering (self),
    .n_others = fsmm_object_pool_get_n_waiting (self),
  };

  fsmm_object_store_report_wait (self->store, &wait, 0, error);
}

static FsmmLease *
borrow_patiently (FsmmObjectPool *self,
                  gint64 timeout_us,
                  GCancellable *cancellable,
                  GError **error)
{
  GError *own_error = NULL;
  FsmmLendResult result;
  FsmmLease *lease;

  lease = fsmm_object_pool_try_borrow (self, &result, &own_error);
  if (lease == NULL && result == FSMM_LEND_CLOSED)
    fsmm_object_store_report (self->store, result, &own_error);
  else if (lease == NULL && own_error == NULL && timeout_us == 0)
    report_no_time_to_borrow (self, &own_error);
  if (lease == NULL && own_error == NULL)
    lease = try_to_borrow_again (self, &own_error);

  if (own_error != NULL)
    g_propagate_error (error, own_error);
  else if (lease == NULL)
    lease = wait_with_cancellable (self, timeout_us, cancellable, error);

  return lease;
}

/**
 * fsmm_object_pool_borrow_wait:
 * @self: an object pool
 * @timeout_us: for how long to wait at most, in microseconds; -1 for ever, 0 not at all
 * @cancellable: (nullable): for another thread to end the wait, or %NULL
 * @error: return location for an error
 *
 * Borrows an object, and sleeps until one comes back if there is none.
 *
 * Threads are served in the order in which they came, but one that comes may be faster than one
 * that has just been woken; nobody overtakes a thread that has waited for a millisecond. If an object is
 * discarded, or could not be made, its place is for the first that waits, who makes another one.
 *
 * The functions to validate and to create an object run in the calling thread. With a main loop in this
 * thread, use [method@Fsmm.ObjectPool.borrow_async].
 *
 * Errors: `FSMM_ERROR_TIMED_OUT`, `FSMM_ERROR_CLOSED`, `G_IO_ERROR_CANCELLED`,
 * `FSMM_ERROR_NO_MEMORY`, `FSMM_ERROR_UNSUPPORTED_TYPE` for a pool of something that is no object, and
 * those of whoever creates objects.
 *
 * Returns: (transfer full): a lease of the object, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmLease *
fsmm_object_pool_borrow_wait (FsmmObjectPool *self,
                              gint64 timeout_us,
                              GCancellable *cancellable,
                              GError **error)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (fsmm_object_pool_is_broken (self, error) ||
      g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  return borrow_patiently (self, timeout_us, cancellable, error);
}

/* --- Not sleeping --- */

typedef struct {
  FsmmObjectWait wait; /* the first, so that it leads here */
  gint ref_count;
  FsmmObjectPool *pool; /* the owner of the reply */
  FsmmReply reply;
} FsmmBorrowing;

static void
borrowing_unref (FsmmBorrowing *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  fsmm_reply_clear (&self->reply);
  fsmm_object_wait_clear (&self->wait);
  g_free (self);
}

/* The queue has had a reference. */
static void
notify_borrowing (FsmmWaiter *waiter)
{
  FsmmBorrowing *self = (FsmmBorrowing *) (gpointer) waiter;

  fsmm_reply_set_ready (&self->reply, TRUE);
  borrowing_unref (self);
}

static void
have_borrowing_look (FsmmObjectWait *wait, gint64 at)
{
  FsmmBorrowing *self = (FsmmBorrowing *) (gpointer) wait;

  fsmm_reply_look_at (&self->reply, at);
}

static gboolean
begin_borrowing (FsmmBorrowing *self)
{
  fsmm_reply_set_ready (&self->reply, FALSE);
  g_atomic_int_inc (&self->ref_count);
  if (fsmm_object_wait_begin (self->pool->store, &self->wait))
    return TRUE;

  borrowing_unref (self);
  return FALSE;
}

static FsmmLendResult
end_borrowing (FsmmBorrowing *self)
{
  if (fsmm_object_wait_end (self->pool->store, &self->wait, FSMM_LEND_CANCELLED))
    borrowing_unref (self);

  return self->wait.result;
}

/* What has not been taken. Nobody has used it since it became idle: whatever references there are, they
 * have been known. */
static void
give_granted_back (FsmmBorrowing *self)
{
  FsmmPooled *granted = g_steal_pointer (&self->wait.granted);

  if (granted == NULL)
    return;

  if (granted->object == NULL)
    fsmm_object_store_remove (granted, FALSE, NULL);
  else if (!fsmm_object_store_put_idle (granted))
    fsmm_pooled_drop (granted, FSMM_CALLS_FORBIDDEN);
}

static void
refuse_borrowing (FsmmBorrowing *self, FsmmLendResult result)
{
  GError *error = NULL;

  self->wait.result = result;
  fsmm_object_store_report_wait (self->pool->store, &self->wait, -1, &error);
  fsmm_reply_answer_in_context (&self->reply, NULL, NULL, error);
}

/* Returns FALSE if what it has been handed was of no use: then it waits again. */
static gboolean
answer (FsmmBorrowing *self)
{
  GError *error = NULL;
  FsmmLease *lease;

  lease = fsmm_object_pool_finish_loan (self->pool, g_steal_pointer (&self->wait.granted), &error);
  if (lease == NULL && error == NULL && begin_borrowing (self))
    return FALSE;

  if (lease == NULL && error == NULL)
    refuse_borrowing (self, FSMM_LEND_CLOSED);
  else
    fsmm_reply_answer_in_context (&self->reply, lease, (GDestroyNotify) fsmm_lease_unref, error);

  return TRUE;
}

/* As a thread that sleeps does: there may be nobody else. */
static void
look_for_something_to_do (FsmmBorrowing *self)
{
  gint64 next_look;

  fsmm_reply_note_look (&self->reply);
  fsmm_object_care_for_borrower (self->pool);
  next_look = fsmm_object_wait_get_next_look (self->pool->store);
  if (next_look >= 0)
    fsmm_reply_look_at (&self->reply, next_look);
}

/* Called when it is ready, when it may have been cancelled, and when there may be something to do. */
static gboolean
look_at_borrowing (gpointer data)
{
  FsmmBorrowing *self = data;
  gboolean is_cancelled = fsmm_reply_is_cancelled (&self->reply);
  FsmmLendResult result;

  if (!fsmm_reply_is_ready (&self->reply) && !is_cancelled)
    {
      look_for_something_to_do (self);
      return G_SOURCE_CONTINUE;
    }

  result = end_borrowing (self);
  if (result == FSMM_LEND_OK && !is_cancelled)
    return answer (self) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;

  give_granted_back (self);
  refuse_borrowing (self, result == FSMM_LEND_OK ? FSMM_LEND_CANCELLED : result);
  return G_SOURCE_REMOVE;
}

/* The source has been destroyed, by its context if nothing has been answered. */
static void
abandon_borrowing (gpointer data)
{
  FsmmBorrowing *self = data;

  fsmm_reply_lose_source (&self->reply);
  if (!self->reply.is_over && end_borrowing (self) == FSMM_LEND_OK)
    give_granted_back (self);
  borrowing_unref (self);
}

static void
start_borrowing (FsmmBorrowing *self)
{
  GSource *source = fsmm_reply_make_source (&self->reply, "fsmm_object_pool_borrow_async",
                                            look_at_borrowing, self, abandon_borrowing);

  if (!begin_borrowing (self))
    fsmm_reply_set_ready (&self->reply, TRUE);

  fsmm_reply_attach (source);
}

static FsmmBorrowing *
borrowing_new (FsmmObjectPool *pool,
               int io_priority,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  FsmmBorrowing *self = g_new0 (FsmmBorrowing, 1);

  self->ref_count = 1;
  self->pool = pool;
  fsmm_object_wait_init (&self->wait, io_priority, notify_borrowing, have_borrowing_look);
  fsmm_reply_init (&self->reply, pool, fsmm_object_pool_borrow_async, io_priority, cancellable, callback,
                   user_data);

  return self;
}

/* Borrows one, if that can be done at once. NULL without an error: it has to wait. */
static FsmmLease *
borrow_at_once (FsmmObjectPool *self, GCancellable *cancellable, GError **error)
{
  FsmmLendResult result;
  FsmmLease *lease;

  if (fsmm_object_pool_is_broken (self, error) ||
      g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  lease = fsmm_object_pool_try_borrow (self, &result, error);
  if (lease == NULL && result == FSMM_LEND_CLOSED)
    fsmm_object_store_report (self->store, result, error);

  return lease;
}

/**
 * fsmm_object_pool_borrow_async:
 * @self: an object pool
 * @io_priority: the priority of the request, such as `G_PRIORITY_DEFAULT`: who asks with a lower
 *   number is served first, and a thread that sleeps has `G_PRIORITY_DEFAULT`
 * @cancellable: (nullable): to end the wait, or %NULL
 * @callback: (scope async) (closure user_data) (nullable): to be called when there is an object, or an
 *   error; %NULL to leave the object alone
 * @user_data: (nullable): for @callback, or %NULL
 *
 * Asks for an object, without sleeping until there is one.
 *
 * @callback is called in the thread-default main context of the thread that asks, never by whoever
 * gives an object back, and never before this returns. The functions to validate and to create an
 * object run in that context, or, if there is room, before this returns. An object that is handed to a
 * request which was cancelled, or whose main context has ended, goes to the next one, or back. The
 * request keeps the pool alive.
 *
 * Since: 1.2
 */
void
fsmm_object_pool_borrow_async (FsmmObjectPool *self,
                               int io_priority,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GError *error = NULL;
  FsmmBorrowing *borrowing;
  FsmmLease *lease;

  g_return_if_fail (FSMM_IS_OBJECT_POOL (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  borrowing = borrowing_new (self, io_priority, cancellable, callback, user_data);
  lease = borrow_at_once (self, cancellable, &error);
  if (lease == NULL && error == NULL)
    {
      start_borrowing (borrowing);
      return;
    }

  fsmm_reply_answer (&borrowing->reply, lease, (GDestroyNotify) fsmm_lease_unref, error);
  borrowing_unref (borrowing);
}

/**
 * fsmm_object_pool_borrow_finish:
 * @self: an object pool
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Ends [method@Fsmm.ObjectPool.borrow_async]. If this is never called, the object goes back.
 *
 * Errors: those of [method@Fsmm.ObjectPool.borrow_wait], but for `FSMM_ERROR_TIMED_OUT`.
 *
 * Returns: (transfer full): a lease of the object, or %NULL with @error set
 *
 * Since: 1.2
 */
FsmmLease *
fsmm_object_pool_borrow_finish (FsmmObjectPool *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (FSMM_IS_OBJECT_POOL (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, fsmm_object_pool_borrow_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
