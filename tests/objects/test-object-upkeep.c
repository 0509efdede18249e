/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is kept in reserve, and for how long. */

#include "lending.h"

/* --- Used again --- */

/* Also where there is room for more, and nobody runs the context: it is reset by whoever borrows. */
static void
test_reset_rather_than_made (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    fsmm_lease_unref (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_reused (pool), ==, 2);
}

static gpointer
borrow_in_thread (gpointer pool)
{
  return thing_borrow (pool);
}

/* But if another thread has the context, one is made: who borrows does not wait for that. */
static void
test_made_meanwhile (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  fsmm_object_pool_set_reset_func (pool, lending_accept, NULL, NULL);
  fsmm_lease_unref (thing_borrow (pool));
  g_assert_true (g_main_context_acquire (NULL));
  thing_give_back (g_thread_join (g_thread_new ("borrower", borrow_in_thread, pool)));
  g_main_context_release (NULL);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
}

/* --- Limits --- */

static GObject *
lower_max_idle (FsmmObjectPool *pool, gpointer n_made, GError **error)
{
  g_assert_cmpuint (++*(guint *) n_made, <, 10);
  fsmm_object_pool_set_max_idle (pool, 1);

  return g_object_new (THING_TYPE, NULL);
}

/* It does not make objects for ever that cannot be kept. */
static void
test_limit_lowered_meanwhile (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  g_autoptr (GError) error = NULL;
  guint n_made = 0;

  fsmm_object_pool_set_create_func (pool, lower_max_idle, &n_made, NULL);
  g_assert_false (fsmm_object_pool_reserve (pool, 2, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, 1);
}

/* --- Times --- */

/* One that had to stay for as long as it was the only one goes as soon as it is not. */
static void
test_one_too_many (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *first = thing_borrow (pool);
  FsmmLease *second = thing_borrow (pool);

  fsmm_object_pool_set_min_idle (pool, 1);
  fsmm_object_pool_set_idle_timeout (pool, 200);
  thing_give_back (first);
  g_usleep (250000);
  thing_run_context ();
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, 1);
  thing_give_back (second);
  thing_run_context ();
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, 1);
}

/* What a request was handed that did not want it any more is idle as it was: also if its binding has a
 * reference that nobody uses. */
static void
test_not_taken (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  g_autoptr (GObject) wrapper = g_object_ref (fsmm_lease_get_object (lease));
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  FsmmLease *other = NULL;

  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, cancellable, lending_store_lease, &other);
  g_assert_true (fsmm_lease_release_known (lease, 1, NULL));
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, 1);
  g_cancellable_cancel (cancellable);
  thing_run_context ();
  g_assert_null (other);
  g_assert_cmpuint (fsmm_object_pool_get_n_lent (pool), ==, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_lingering (pool), ==, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-upkeep/reset-rather-than-made", test_reset_rather_than_made);
  g_test_add_func ("/object-upkeep/made-meanwhile", test_made_meanwhile);
  g_test_add_func ("/object-upkeep/limit-lowered-meanwhile", test_limit_lowered_meanwhile);
  g_test_add_func ("/object-upkeep/one-too-many", test_one_too_many);
  g_test_add_func ("/object-upkeep/not-taken", test_not_taken);

  return g_test_run ();
}
