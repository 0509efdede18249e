/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects that are dropped while nobody uses them: for how long they are kept, and where they end. */

#include "thing.h"

#include "fsmm-glib/objects/fsmm-object-pool-private.h"

static void
run_for (guint milliseconds)
{
  gint64 end = g_get_monotonic_time () + milliseconds * 1000;

  while (g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (500);
    }
}

/* Until so many are idle, or ten seconds have passed. */
static void
run_until_idle (FsmmObjectPool *pool, guint n_idle)
{
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

  while (fsmm_object_pool_get_n_idle (pool) != n_idle && g_get_monotonic_time () < end)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (500);
    }
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, n_idle);
  g_assert_cmpuint (thing_count (), ==, n_idle);
}

/* --- Time --- */

static void
test_idle_timeout (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  gint64 start = g_get_monotonic_time ();

  fsmm_object_pool_set_idle_timeout (pool, 200);
  g_assert_true (fsmm_object_pool_reserve (pool, 3, NULL));
  run_for (20);
  thing_assert_counts (pool, 0, 3, 0);
  run_until_idle (pool, 0);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 200000);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 3);

  /* The source is asked again. */
  thing_give_back (thing_borrow (pool));
  run_until_idle (pool, 0);
}

/* It counts from when an object was last used, and for those that are idle when it is set from then. */
static void
test_idle_timeout_restarts (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  g_assert_true (fsmm_object_pool_reserve (pool, 2, NULL));
  g_usleep (50000);
  fsmm_object_pool_set_idle_timeout (pool, 5000);
  run_for (50);
  thing_assert_counts (pool, 0, 2, 0);
  fsmm_object_pool_set_idle_timeout (pool, 100);
  run_until_idle (pool, 0);
  fsmm_object_pool_set_idle_timeout (pool, G_MAXUINT);
  thing_give_back (thing_borrow (pool));
  run_for (20);
  thing_assert_counts (pool, 0, 1, 0);
}

static void
test_min_idle (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  fsmm_object_pool_set_min_idle (pool, 2);
  fsmm_object_pool_set_idle_timeout (pool, 1);
  g_assert_true (fsmm_object_pool_reserve (pool, 5, NULL));
  run_until_idle (pool, 2);
  run_for (20);
  thing_assert_counts (pool, 0, 2, 0);
  fsmm_object_pool_set_min_idle (pool, 1);
  run_until_idle (pool, 1);
}

static void
test_max_age (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *lease;

  fsmm_object_pool_set_min_idle (pool, 1);
  fsmm_object_pool_set_max_age (pool, 50);
  thing_give_back (thing_borrow (pool));
  run_until_idle (pool, 0);

  /* Also if nobody runs the context, and if it is lent meanwhile. */
  thing_give_back (thing_borrow (pool));
  g_usleep (60000);
  lease = thing_borrow (pool);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 3);
  g_usleep (60000);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 0);
  fsmm_object_pool_set_max_age (pool, G_MAXUINT);
  thing_give_back (thing_borrow (pool));
  run_for (10);
  thing_assert_counts (pool, 0, 1, 0);
}

/* --- Numbers --- */

static void
test_max_idle (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *leases[] = { thing_borrow (pool), thing_borrow (pool), thing_borrow (pool) };

  fsmm_object_pool_set_max_idle (pool, 2);
  for (guint i = 0; i < 3; i++)
    thing_give_back (leases[i]);
  thing_assert_counts (pool, 0, 2, 0);
  fsmm_object_pool_set_max_idle (pool, 1);
  thing_assert_counts (pool, 0, 1, 0);
}

static void
test_trim (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  g_assert_true (fsmm_object_pool_reserve (pool, 5, NULL));
  fsmm_object_pool_set_min_idle (pool, 2);
  g_assert_cmpuint (fsmm_object_pool_trim (pool), ==, 3);
  g_assert_cmpuint (fsmm_object_pool_trim (pool), ==, 0);
  thing_assert_counts (pool, 0, 2, 0);
}

/* Each level is for more than the one before. */
static void
test_trimmer (void)
{
  g_autoptr (FsmmTrimmer) trimmer = g_object_new (FSMM_TYPE_TRIMMER, NULL);
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  fsmm_object_pool_set_min_idle (pool, 2);
  g_assert_true (fsmm_object_pool_reserve (pool, 5, NULL));
  fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_LOW);
  thing_run_context ();
  thing_assert_counts (pool, 0, 5, 0);
  fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);
  thing_assert_counts (pool, 0, 2, 0);
  fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);
  thing_assert_counts (pool, 0, 0, 0);
}

/* --- Threads --- */

static void
note_thread (gpointer thread, GObject *object)
{
  *(GThread **) thread = g_thread_self ();
}

static gpointer
trim_in_thread (gpointer trimmer)
{
  fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL);

  return NULL;
}

/* An object may belong to the thread of the pool's context. */
static void
test_trimmed_in_context (void)
{
  g_autoptr (FsmmTrimmer) trimmer = g_object_new (FSMM_TYPE_TRIMMER, NULL);
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *lease = thing_borrow (pool);
  GThread *thread = NULL;

  g_object_weak_ref (fsmm_lease_get_object (lease), note_thread, &thread);
  thing_give_back (lease);
  g_assert_true (g_main_context_acquire (NULL));
  g_thread_join (g_thread_new ("trimmer", trim_in_thread, trimmer));
  thing_assert_counts (pool, 0, 1, 0);
  thing_run_context ();
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_true (thread == g_thread_self ());
  g_main_context_release (NULL);
}

static gpointer
trim_a_little_in_thread (gpointer trimmer)
{
  fsmm_trimmer_trim (trimmer, G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM);

  return NULL;
}

/* The highest level counts of those that have come before the context gets to it. */
static void
test_trimmed_twice (void)
{
  g_autoptr (FsmmTrimmer) trimmer = g_object_new (FSMM_TYPE_TRIMMER, NULL);
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  fsmm_object_pool_set_min_idle (pool, 1);
  thing_give_back (thing_borrow (pool));
  g_assert_true (g_main_context_acquire (NULL));
  g_thread_join (g_thread_new ("trimmer", trim_in_thread, trimmer));
  g_thread_join (g_thread_new ("trimmer", trim_a_little_in_thread, trimmer));
  thing_run_context ();
  thing_assert_counts (pool, 0, 0, 0);
  g_main_context_release (NULL);
}

static gpointer
drop_lease (gpointer lease)
{
  fsmm_lease_unref (lease);

  return NULL;
}

/* A collector of another thread drops the lease of an object that cannot be used again. */
static void
test_dropped_in_context (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *lease = thing_borrow (pool);
  GThread *thread = NULL;

  g_object_weak_ref (fsmm_lease_get_object (lease), note_thread, &thread);
  fsmm_object_pool_set_max_age (pool, 1);
  g_usleep (2000);
  g_thread_join (g_thread_new ("collector", drop_lease, lease));
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_null (thread);
  g_assert_cmpuint (thing_count (), ==, 1);
  thing_run_context ();
  g_assert_true (thread == g_thread_self ());
  g_assert_cmpuint (thing_count (), ==, 0);
}

/* The pool is gone before a thread that brings an object back is done with it. */
static void
test_dropped_after_pool (void)
{
  FsmmObjectPool *pool = thing_pool_new (0);
  FsmmLease *lease = thing_borrow (pool);
  GObject *kept = g_object_ref (fsmm_lease_get_object (lease));
  FsmmPooled *pooled;

  thing_give_back (lease);
  pooled = fsmm_pooled_ref (g_queue_peek_head (&pool->store->lingering));
  g_assert_true (fsmm_object_store_note_last_reference (pooled));
  g_object_unref (pool);

  fsmm_pooled_come_back (pooled);
  fsmm_pooled_unref (pooled);
  g_object_unref (kept);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static gboolean
note_reset (FsmmObjectPool *pool, GObject *object, gpointer thread)
{
  *(GThread **) thread = g_thread_self ();

  return TRUE;
}

static gpointer
release_lease (gpointer lease)
{
  thing_give_back (lease);

  return NULL;
}

static void
test_reset_where_released (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  GThread *reset_in = NULL, *thread;

  fsmm_object_pool_set_reset_func (pool, note_reset, &reset_in, NULL);
  thread = g_thread_new ("releaser", release_lease, thing_borrow (pool));
  g_thread_join (thread);
  g_assert_true (reset_in == thread);

  g_thread_join (g_thread_new ("collector", drop_lease, thing_borrow (pool)));
  g_assert_true (reset_in == thread);
  thing_run_context ();
  g_assert_true (reset_in == g_thread_self ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-care/idle-timeout", test_idle_timeout);
  g_test_add_func ("/object-care/idle-timeout-restarts", test_idle_timeout_restarts);
  g_test_add_func ("/object-care/min-idle", test_min_idle);
  g_test_add_func ("/object-care/max-age", test_max_age);
  g_test_add_func ("/object-care/max-idle", test_max_idle);
  g_test_add_func ("/object-care/trim", test_trim);
  g_test_add_func ("/object-care/trimmer", test_trimmer);
  g_test_add_func ("/object-care/trimmed-in-context", test_trimmed_in_context);
  g_test_add_func ("/object-care/trimmed-twice", test_trimmed_twice);
  g_test_add_func ("/object-care/dropped-in-context", test_dropped_in_context);
  g_test_add_func ("/object-care/dropped-after-pool", test_dropped_after_pool);
  g_test_add_func ("/object-care/reset-where-released", test_reset_where_released);

  return g_test_run ();
}
