/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects, leases and pools end while others are still busy with them. */

#include "fsmm-glib/objects/fsmm-pooled-object.h"
#include "lending.h"

/* --- A lease --- */

#define N_LEASES 3000

typedef struct {
  FsmmLease *lease;
  FsmmObjectPool *other_pool;
  FsmmLease *leases[N_LEASES];
} Exchange;

static void
borrow_all (Exchange *self)
{
  for (guint i = 0; i < N_LEASES; i++)
    self->leases[i] = thing_borrow (self->other_pool);
}

static void
give_all_back (Exchange *self)
{
  for (guint i = 0; i < N_LEASES; i++)
    thing_give_back (self->leases[i]);
}

/* Returns: (transfer full): with a lease among others, whose memory is used again after them */
static Exchange *
exchange_new (FsmmObjectPool *pool)
{
  Exchange *self = g_new0 (Exchange, 1);

  self->other_pool = thing_pool_new (0);
  self->lease = thing_borrow (pool);
  borrow_all (self);
  give_all_back (self);

  return self;
}

/* One of so many lies where the first was. */
static void
exchange_leases (Exchange *self)
{
  fsmm_lease_unref (self->lease);
  borrow_all (self);
}

static gboolean
exchange_in_reset (FsmmObjectPool *pool, GObject *object, gpointer exchange)
{
  exchange_leases (exchange);

  return TRUE;
}

static void
assert_other_is_intact_and_free (Exchange *self)
{
  g_object_add_weak_pointer (G_OBJECT (self->other_pool), (gpointer *) &self->other_pool);
  g_object_unref (self->other_pool);
  for (guint i = 0; i < N_LEASES; i++)
    {
      g_assert_nonnull (self->other_pool);
      thing_give_back (self->leases[i]);
    }
  g_assert_null (self->other_pool);
  g_free (self);
}

/* The function that resets its object drops the last reference to it. */
static void
test_lease_dropped_in_reset (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Exchange *exchange = exchange_new (pool);

  fsmm_object_pool_set_reset_func (pool, exchange_in_reset, exchange, NULL);
  g_assert_true (fsmm_lease_release (exchange->lease, NULL));
  assert_other_is_intact_and_free (exchange);
}

/* So does whoever is told that its object ends. */
static void
test_lease_dropped_in_discard (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Exchange *exchange = exchange_new (pool);

  g_object_set_data_full (fsmm_lease_get_object (exchange->lease), "exchange", exchange,
                          (GDestroyNotify) exchange_leases);
  fsmm_lease_discard (exchange->lease);
  assert_other_is_intact_and_free (exchange);
}

/* --- An object --- */

static void
ignore_toggle (gpointer data, GObject *object, gboolean is_last_ref)
{
}

static void
discard_lease (gpointer lease, GObject *object)
{
  fsmm_lease_discard (*(FsmmLease **) lease);
}

/* Who is told that it is disposed of ends its lease, and is told before the pool is. */
static void
test_lease_ended_in_dispose (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  GObject *thing = g_object_new (THING_TYPE, NULL);
  g_autoptr (FsmmLease) lease = NULL;

  g_object_weak_ref (thing, discard_lease, &lease);
  g_assert_true (fsmm_object_pool_add (pool, thing, NULL));
  lease = thing_borrow (pool);
  g_object_run_dispose (thing);
  g_assert_cmpuint (thing_count (), ==, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
}

/* What comes in again is listened to again, and only once. */
static void
test_disposal_of_one_that_came_again (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);

  for (guint i = 0; i < 3; i++)
    {
      GObject *object = fsmm_lease_steal (lease);

      fsmm_lease_unref (lease);
      if (i == 1)
        g_object_run_dispose (object);
      g_assert_true (fsmm_object_pool_add (pool, object, NULL));
      lease = thing_borrow (pool);
      g_assert_true (fsmm_lease_get_object (lease) == object);
    }
  g_object_run_dispose (fsmm_lease_get_object (lease));
  thing_give_back (lease);
  g_assert_cmpuint (thing_count (), ==, 0);
}

/* Somebody drops a reference that was the pool's. */
static void
unref_too_often (GObject *object)
{
  fsmm_test_expect_report ("object pool \"things\" (Thing): the object at * is finalized while it "
                           "belongs to the pool*");
  g_object_unref (object);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "double-free");
}

static void
test_finalized_while_lent (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);

  unref_too_often (fsmm_lease_get_object (lease));
  thing_give_back (lease);
  thing_give_back (thing_borrow (pool));

  lease = thing_borrow (pool);
  unref_too_often (fsmm_lease_get_object (lease));
  g_assert_null (fsmm_lease_steal (lease));
  fsmm_lease_unref (lease);
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, 0);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static void
test_finalized_while_idle (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);

  thing_give_back (lease);
  unref_too_often (object);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
}

static void
test_finalized_while_lingering (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *kept = g_object_ref (fsmm_lease_get_object (lease));

  g_object_add_toggle_ref (kept, ignore_toggle, NULL);
  thing_give_back (lease);
  g_assert_cmpuint (fsmm_object_pool_get_n_lingering (pool), ==, 1);
  g_object_unref (kept);
  g_object_remove_toggle_ref (kept, ignore_toggle, NULL);
  unref_too_often (kept);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
}

/* --- A pool --- */

typedef struct {
  FsmmLease *lease;
  GObject *object;
  gint n_there;
} Last;

static gpointer
end_last_lease (gpointer data)
{
  Last *last = data;

  lending_meet (&last->n_there);
  thing_give_back (last->lease);

  return NULL;
}

/* The last reference to the pool is dropped while the last lease is released. */
static void
test_last_reference_and_lease (void)
{
  guint n_rounds = fsmm_test_rounds (30000);

  for (guint i = 0; i < n_rounds; i++)
    {
      FsmmObjectPool *pool = thing_pool_new (2);
      Last last = { NULL, NULL, 0 };
      GThread *thread;

      g_assert_true (fsmm_object_pool_reserve (pool, 2, NULL));
      last.lease = thing_borrow (pool);
      thread = g_thread_new ("borrower", end_last_lease, &last);
      lending_meet (&last.n_there);
      lending_dally (i);
      g_object_unref (pool);
      g_thread_join (thread);
      g_assert_cmpuint (thing_count (), ==, 0);
    }
}

static gpointer
drop_object (gpointer data)
{
  Last *last = data;

  lending_meet (&last->n_there);
  g_object_unref (last->object);

  return NULL;
}

/* It is dropped while the last other reference to an object that lingers is. */
static void
drop_last_references (guint n_rounds)
{
  for (guint i = 0; i < n_rounds; i++)
    {
      FsmmObjectPool *pool = thing_pool_new (1);
      FsmmLease *lease = thing_borrow (pool);
      Last last = { NULL, g_object_ref (fsmm_lease_get_object (lease)), 0 };
      GThread *thread;

      thing_give_back (lease);
      thread = g_thread_new ("dropper", drop_object, &last);
      lending_meet (&last.n_there);
      lending_dally (i);
      g_object_unref (pool);
      g_thread_join (thread);
      g_assert_cmpuint (thing_count (), ==, 0);
    }
}

static void
test_last_references (void)
{
  drop_last_references (fsmm_test_rounds (10000));
}

/* The thread that drops the other one is put aside before it tells: the object is there until it has. */
static void
test_last_references_slowly (void)
{
  g_atomic_int_set (&fsmm_toggle_delay, 1000);
  drop_last_references (fsmm_test_rounds (500));
  g_atomic_int_set (&fsmm_toggle_delay, 0);
}

/* --- A main context --- */

static FsmmObjectPool *
new_pool_in (GMainContext *context)
{
  FsmmObjectPool *pool;

  g_main_context_push_thread_default (context);
  pool = thing_pool_new (1);
  g_main_context_pop_thread_default (context);

  return pool;
}

/* What a request there was handed is for others then, also if the pool was made there. */
static void
test_context_of_request_ends (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (FsmmObjectPool) pool = new_pool_in (context);
  FsmmLease *lease = thing_borrow (pool), *other = NULL;

  g_main_context_push_thread_default (context);
  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, lending_store_lease, &other);
  g_main_context_pop_thread_default (context);
  thing_give_back (lease);
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, 1);
  g_main_context_unref (context);
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_waiting (pool), ==, 0);
  thing_give_back (thing_borrow (pool));
}

/* What was to be done there is done in the default one. */
static void
test_context_of_pool_ends (void)
{
  GMainContext *context = g_main_context_new ();
  FsmmObjectPool *pool = new_pool_in (context);
  FsmmLease *lease = thing_borrow (pool);

  g_object_unref (pool);
  fsmm_lease_unref (lease);
  g_assert_cmpuint (thing_count (), ==, 1);
  g_main_context_unref (context);
  thing_run_context ();
  g_assert_cmpuint (thing_count (), ==, 0);
}

static void
test_context_ends_before_pool (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (FsmmObjectPool) pool = new_pool_in (context);
  FsmmLease *lease = thing_borrow (pool);

  g_main_context_unref (context);
  fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
  fsmm_object_pool_set_idle_timeout (pool, 1);
  fsmm_lease_unref (lease);
  while (fsmm_object_pool_get_n_discarded (pool) == 0)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
end_context (FsmmObjectPool *pool, GObject *object, gpointer context)
{
  g_clear_pointer ((GMainContext **) context, g_main_context_unref);

  return TRUE;
}

/* A function that is called in place of the context ends that. */
static void
test_context_ends_meanwhile (void)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (FsmmObjectPool) pool = new_pool_in (context);

  fsmm_object_pool_set_reset_func (pool, end_context, &context, NULL);
  fsmm_lease_unref (thing_borrow (pool));
  thing_give_back (thing_borrow (pool));
  g_assert_null (context);
  g_assert_cmpuint (fsmm_object_pool_get_n_reused (pool), ==, 1);
}

static gpointer
unref_context (gpointer data)
{
  gpointer *pair = data;

  lending_meet (pair[1]);
  g_main_context_unref (pair[0]);

  return NULL;
}

/* At the same time as the pool, which other threads use. */
static void
test_context_and_pool_end (void)
{
  guint n_rounds = fsmm_test_rounds (4000);

  for (guint i = 0; i < n_rounds; i++)
    {
      GMainContext *context = g_main_context_new ();
      FsmmObjectPool *pool = new_pool_in (context);
      FsmmLease *lease = thing_borrow (pool);
      gint n_there = 0;
      gpointer pair[] = { context, &n_there };
      GThread *thread = g_thread_new ("context", unref_context, pair);

      fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
      lending_meet (&n_there);
      lending_dally (i);
      fsmm_lease_unref (lease);
      if (i % 2 == 0)
        thing_give_back (thing_borrow (pool));
      g_object_unref (pool);
      g_thread_join (thread);
      thing_run_context ();
      g_assert_cmpuint (thing_count (), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-ends/lease-dropped-in-reset", test_lease_dropped_in_reset);
  g_test_add_func ("/object-ends/lease-dropped-in-discard", test_lease_dropped_in_discard);
  g_test_add_func ("/object-ends/lease-ended-in-dispose", test_lease_ended_in_dispose);
  g_test_add_func ("/object-ends/disposal-of-one-that-came-again", test_disposal_of_one_that_came_again);
  g_test_add_func ("/object-ends/finalized-while-lent", test_finalized_while_lent);
  g_test_add_func ("/object-ends/finalized-while-idle", test_finalized_while_idle);
  g_test_add_func ("/object-ends/finalized-while-lingering", test_finalized_while_lingering);
  g_test_add_func ("/object-ends/last-reference-and-lease", test_last_reference_and_lease);
  g_test_add_func ("/object-ends/last-references", test_last_references);
  g_test_add_func ("/object-ends/last-references-slowly", test_last_references_slowly);
  g_test_add_func ("/object-ends/context-of-request-ends", test_context_of_request_ends);
  g_test_add_func ("/object-ends/context-of-pool-ends", test_context_of_pool_ends);
  g_test_add_func ("/object-ends/context-ends-before-pool", test_context_ends_before_pool);
  g_test_add_func ("/object-ends/context-ends-meanwhile", test_context_ends_meanwhile);
  g_test_add_func ("/object-ends/context-and-pool-end", test_context_and_pool_end);

  return g_test_run ();
}
