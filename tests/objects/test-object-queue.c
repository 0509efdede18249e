/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is decided behind the lock of an object pool, step by step: in one thread, which stands for all
 * of them. */

#include "thing.h"

#include "fsmm-glib/objects/fsmm-object-pool-private.h"

/* Longer than the time for which it does not matter who came first, whatever else this machine does. */
#define LONG (60 * G_USEC_PER_SEC)

typedef struct {
  FsmmObjectPool *pool;
  FsmmLease *lease; /* of the only object */
  FsmmObjectWait waits[2];
} Scene;

static void
set_up (Scene *self)
{
  self->pool = thing_pool_new (1);
  self->lease = thing_borrow (self->pool);
}

/* As if it came only now for as long as the test takes. */
static void
begin (Scene *self, guint i, int priority)
{
  fsmm_object_wait_init (&self->waits[i], priority, NULL, NULL);
  self->waits[i].waiter.since = g_get_monotonic_time () + LONG;
  g_assert_true (fsmm_object_wait_begin (self->pool->store, &self->waits[i]));
}

/* As if it had waited. */
static void
age (Scene *self, guint i)
{
  self->waits[i].waiter.since -= 2 * LONG;
  self->waits[i].waiter.first_since -= 2 * LONG;
}

static void
release (Scene *self)
{
  thing_give_back (g_steal_pointer (&self->lease));
}

static gboolean
nap (Scene *self, guint i, gint64 microseconds)
{
  return fsmm_object_wait_nap (self->pool->store, &self->waits[i],
                               g_get_monotonic_time () + microseconds);
}

static void
assert_state (Scene *self, guint i, FsmmWaiterState state)
{
  g_assert_cmpint (self->waits[i].waiter.state, ==, state);
}

static void
end (Scene *self, guint i)
{
  fsmm_object_wait_end (self->pool->store, &self->waits[i], FSMM_LEND_CANCELLED);
  if (self->waits[i].granted != NULL)
    fsmm_pooled_settle (self->waits[i].granted, 0, FSMM_CALLS_ALLOWED);
  fsmm_object_wait_clear (&self->waits[i]);
}

static void
tear_down (Scene *self)
{
  if (self->lease != NULL)
    release (self);
  thing_assert_counts (self->pool, 0, 1, 0);
  g_object_unref (self->pool);
}

/* --- Who is served --- */

/* One that has just come is woken, and may be too late. */
static void
test_woken (void)
{
  Scene scene;
  FsmmLease *other;

  set_up (&scene);
  begin (&scene, 0, G_PRIORITY_DEFAULT);
  release (&scene);
  assert_state (&scene, 0, FSMM_WAITER_WOKEN);

  other = thing_borrow (scene.pool);
  g_assert_false (nap (&scene, 0, G_USEC_PER_SEC));
  assert_state (&scene, 0, FSMM_WAITER_ASLEEP);
  thing_give_back (other);
  assert_state (&scene, 0, FSMM_WAITER_WOKEN);
  g_assert_true (nap (&scene, 0, G_USEC_PER_SEC));
  assert_state (&scene, 0, FSMM_WAITER_SERVED);
  end (&scene, 0);
  tear_down (&scene);
}

/* One that has waited for long has the next one. */
static void
test_served (void)
{
  Scene scene;

  set_up (&scene);
  begin (&scene, 0, G_PRIORITY_DEFAULT);
  age (&scene, 0);
  release (&scene);
  assert_state (&scene, 0, FSMM_WAITER_SERVED);
  thing_assert_refused (scene.pool, FSMM_ERROR_EXHAUSTED, "1 lent");
  end (&scene, 0);
  tear_down (&scene);
}

/* One that was woken lets another one go first that has come before it in the queue, and waited. */
static void
test_priority (void)
{
  Scene scene;

  set_up (&scene);
  begin (&scene, 0, G_PRIORITY_DEFAULT);
  release (&scene);
  begin (&scene, 1, G_PRIORITY_HIGH);
  assert_state (&scene, 0, FSMM_WAITER_WOKEN);
  age (&scene, 1);
  g_assert_false (nap (&scene, 0, 0) && scene.waits[0].result == FSMM_LEND_OK);
  assert_state (&scene, 1, FSMM_WAITER_SERVED);
  end (&scene, 0);
  end (&scene, 1);
  tear_down (&scene);
}

/* --- Sleeping --- */

/* What is asked for after a thread has looked, and before it sleeps, is not lost. */
static void
test_look_before_sleep (void)
{
  gint64 start = g_get_monotonic_time ();
  Scene scene;

  set_up (&scene);
  begin (&scene, 0, G_PRIORITY_DEFAULT);
  fsmm_lock (&scene.pool->store->lock);
  fsmm_object_store_schedule (scene.pool->store, 0);
  fsmm_unlock (&scene.pool->store->lock);
  g_assert_false (nap (&scene, 0, 20 * G_USEC_PER_SEC));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_USEC_PER_SEC);

  /* It sleeps if nothing is new. */
  g_assert_true (nap (&scene, 0, 5000));
  g_assert_cmpint (scene.waits[0].result, ==, FSMM_LEND_TIMED_OUT);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 5000);
  end (&scene, 0);
  tear_down (&scene);
}

/* --- Lingering --- */

/* The last other reference goes before the pool has exchanged its own. */
static void
test_told_while_watch_begins (void)
{
  Scene scene;
  FsmmPooled *pooled;

  set_up (&scene);
  pooled = g_queue_peek_head (&scene.pool->store->lent);
  fsmm_pooled_watch (pooled);
  g_assert_false (fsmm_object_store_let_linger (pooled));
  fsmm_pooled_unwatch (pooled);
  g_assert_cmpuint (fsmm_pooled_count_others (pooled, 0), ==, 0);
  tear_down (&scene);
}

static void
test_closed_while_watch_begins (void)
{
  Scene scene;
  FsmmPooled *pooled;
  g_autoptr (GObject) kept = NULL;

  set_up (&scene);
  kept = g_object_ref (fsmm_lease_get_object (scene.lease));
  pooled = g_queue_peek_head (&scene.pool->store->lent);
  fsmm_pooled_watch (pooled);
  fsmm_object_store_close (scene.pool->store);
  g_assert_false (fsmm_object_store_let_linger (pooled));
  fsmm_pooled_unwatch (pooled);
  release (&scene);
  thing_assert_counts (scene.pool, 0, 0, 0);
  g_object_unref (scene.pool);
  g_assert_cmpuint (kept->ref_count, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-queue/woken", test_woken);
  g_test_add_func ("/object-queue/served", test_served);
  g_test_add_func ("/object-queue/priority", test_priority);
  g_test_add_func ("/object-queue/look-before-sleep", test_look_before_sleep);
  g_test_add_func ("/object-queue/told-while-watch-begins", test_told_while_watch_begins);
  g_test_add_func ("/object-queue/closed-while-watch-begins", test_closed_while_watch_begins);

  return g_test_run ();
}
