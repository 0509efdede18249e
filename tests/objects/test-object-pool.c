/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects that are borrowed and come back, in one thread. */

#include "thing.h"

/* --- Borrowing --- */

static void
test_reuse (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);

  g_assert_true (THING_IS (object));
  g_assert_true (fsmm_lease_is_live (lease));
  thing_assert_counts (pool, 1, 0, 0);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 1, 0);

  lease = thing_borrow (pool);
  g_assert_true (fsmm_lease_get_object (lease) == object);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_reused (pool), ==, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 0);
  thing_give_back (lease);
}

static void
test_last_used_first (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *first = thing_borrow (pool);
  FsmmLease *second = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (first);

  thing_give_back (second);
  thing_give_back (first);
  first = thing_borrow (pool);
  g_assert_true (fsmm_lease_get_object (first) == object);
  thing_give_back (first);
}

static void
test_limit (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);

  thing_assert_refused (pool, FSMM_ERROR_EXHAUSTED,
                  "object pool \"things\" (Thing): no object is idle: 1 lent, and max-objects is "
                        "1; release one, wait for one, or raise it");
  fsmm_object_pool_set_max_objects (pool, 2);
  thing_give_back (thing_borrow (pool));
  thing_give_back (lease);

  /* Lower than there are. */
  fsmm_object_pool_set_max_objects (pool, 1);
  thing_assert_counts (pool, 0, 1, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
}

static void
test_lowered_limit_drains (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *first = thing_borrow (pool);
  FsmmLease *second = thing_borrow (pool);

  fsmm_object_pool_set_max_objects (pool, 1);
  thing_give_back (first);
  thing_assert_counts (pool, 1, 0, 0);
  thing_give_back (second);
  thing_assert_counts (pool, 0, 1, 0);
}

/* --- The end of a lease --- */

static void
test_ended_lease (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  g_autoptr (GError) error = NULL;

  g_assert_true (fsmm_lease_release (lease, NULL));
  g_assert_false (fsmm_lease_is_live (lease));
  g_assert_null (fsmm_lease_get_object (lease));
  g_assert_null (fsmm_lease_steal (lease));
  fsmm_lease_discard (lease);
  g_assert_false (fsmm_lease_release (lease, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  thing_assert_counts (pool, 0, 1, 0);
}

static void
test_dropped_lease (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);

  fsmm_lease_unref (thing_borrow (pool));
  thing_assert_counts (pool, 0, 1, 0);
  fsmm_lease_unref (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
}

static gboolean
accept (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  return TRUE;
}

/* What has come back is reset, rather than that another one is made, also if there is room for that and
 * nobody runs the main loop. */
static void
test_dropped_lease_with_room (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);

  fsmm_object_pool_set_reset_func (pool, accept, NULL, NULL);
  fsmm_lease_unref (thing_borrow (pool));
  thing_assert_counts (pool, 0, 1, 0);
  fsmm_lease_unref (thing_borrow (pool));
  thing_assert_counts (pool, 0, 1, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
}

static void
test_lease_keeps_pool (void)
{
  FsmmObjectPool *pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_add_weak_pointer (object, (gpointer *) &object);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  g_assert_nonnull (object);
  thing_give_back (lease);
  g_assert_null (pool);
  g_assert_null (object);
}

/* Nothing is finalized where a collector may run: its context does that. */
static void
test_dropped_lease_keeps_pool (void)
{
  FsmmObjectPool *pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  fsmm_lease_unref (lease);
  g_assert_nonnull (pool);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (pool);
}

static void
test_discard (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);

  g_object_add_weak_pointer (object, (gpointer *) &object);
  fsmm_lease_discard (lease);
  g_assert_null (object);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
  thing_give_back (thing_borrow (pool));
}

static void
test_steal (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  g_autoptr (GObject) object = fsmm_lease_steal (lease);

  g_assert_true (THING_IS (object));
  g_assert_cmpuint (object->ref_count, ==, 1);
  thing_assert_counts (pool, 0, 0, 0);
  thing_give_back (thing_borrow (pool));

  /* It is nobody's, so it can come in again. */
  fsmm_object_pool_set_max_objects (pool, 2);
  g_assert_true (fsmm_object_pool_add (pool, g_steal_pointer (&object), NULL));
  thing_assert_counts (pool, 0, 2, 0);
}

/* --- References that are left --- */

static void
test_lingering (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  g_autoptr (GObject) kept = g_object_ref (fsmm_lease_get_object (lease));

  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 1);
  thing_assert_refused (pool, FSMM_ERROR_EXHAUSTED, "0 lent, 1 released but still referenced");
  g_clear_object (&kept);
  thing_assert_counts (pool, 0, 1, 0);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
}

static void
test_lingering_of_dropped_lease (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  g_autoptr (GObject) kept = g_object_ref (fsmm_lease_get_object (lease));

  fsmm_lease_unref (lease);
  thing_assert_counts (pool, 0, 0, 1);
  g_clear_object (&kept);
  thing_assert_counts (pool, 0, 1, 0);
}

static void
test_lingering_outlives_pool (void)
{
  FsmmObjectPool *pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *kept = g_object_ref (fsmm_lease_get_object (lease));

  thing_give_back (lease);
  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  g_assert_null (pool);
  g_assert_cmpuint (kept->ref_count, ==, 1);
  g_object_add_weak_pointer (kept, (gpointer *) &kept);
  g_object_unref (kept);
  g_assert_null (kept);
}

static void
test_known_references (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (FsmmLease) lease = thing_borrow (pool);
  g_autoptr (GObject) kept = g_object_ref (fsmm_lease_get_object (lease));

  g_assert_true (fsmm_lease_release_known (lease, 1, NULL));
  thing_assert_counts (pool, 0, 1, 0);
}

static void
test_sharing (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  g_autoptr (GObject) kept = g_object_ref (fsmm_lease_get_object (lease));

  fsmm_object_pool_set_sharing (pool, FSMM_SHARING_IGNORE);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 1, 0);
  lease = thing_borrow (pool);
  g_assert_true (fsmm_lease_get_object (lease) == kept);
  fsmm_object_pool_set_sharing (pool, FSMM_SHARING_DISCARD);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (kept->ref_count, ==, 1);
}

static void
ignore_toggle (gpointer data, GObject *object, gboolean is_last_ref)
{
}

/* What a script has added something to has a toggle reference for as long as it lives. */
static void
test_toggle_of_binding (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);
  g_autoptr (GObject) kept = g_object_ref (object);

  g_object_add_toggle_ref (object, ignore_toggle, NULL);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 1);
  g_clear_object (&kept);
  thing_give_back (thing_borrow (pool));
  thing_assert_counts (pool, 0, 1, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
  g_object_remove_toggle_ref (object, ignore_toggle, NULL);
}

/* Nothing tells that it is nobody's any more. So it is looked at before another one is made, also if
 * there is room for that. */
static void
test_toggle_of_binding_with_room (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (0);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);
  g_autoptr (GObject) kept = g_object_ref (object);

  g_object_add_toggle_ref (object, ignore_toggle, NULL);
  thing_give_back (lease);
  thing_give_back (thing_borrow (pool));
  thing_assert_counts (pool, 0, 1, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);

  lease = thing_borrow (pool);
  g_clear_object (&kept);
  thing_give_back (thing_borrow (pool));
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 2, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
  g_object_remove_toggle_ref (object, ignore_toggle, NULL);
}

/* The second silences the first. */
static void
test_toggle_while_lingering (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);
  g_autoptr (GObject) kept = g_object_ref (object);
  g_autoptr (GError) error = NULL;

  thing_give_back (lease);
  g_object_add_toggle_ref (object, ignore_toggle, NULL);
  g_clear_object (&kept);
  lease = fsmm_object_pool_borrow_wait (pool, 10 * G_USEC_PER_SEC, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (fsmm_lease_get_object (lease) == object);
  thing_give_back (lease);
  g_object_remove_toggle_ref (object, ignore_toggle, NULL);
}

static void
test_run_dispose (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);

  g_object_run_dispose (fsmm_lease_get_object (lease));
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
  thing_give_back (thing_borrow (pool));
}

/* Another one takes its place, and is as good as the first was. */
static void
test_disposed_while_idle (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);

  thing_give_back (lease);
  g_object_run_dispose (object);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_reused (pool), ==, 0);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
  g_assert_cmpuint (fsmm_object_pool_get_n_reused (pool), ==, 1);
}

/* A class that keeps the reference which its objects begin with, as classes of scripts do. */

typedef GInitiallyUnowned Sunk;
typedef GInitiallyUnownedClass SunkClass;

static GType sunk_get_type (void);
G_DEFINE_TYPE (Sunk, sunk, G_TYPE_INITIALLY_UNOWNED)

static void
sunk_init (Sunk *self)
{
  g_object_ref_sink (self);
}

static void
sunk_class_init (SunkClass *klass)
{
}

static void
test_class_that_sinks (void)
{
  FsmmObjectPool *pool = fsmm_object_pool_new (sunk_get_type (), 1);
  FsmmLease *lease = fsmm_object_pool_borrow (pool, NULL);
  GObject *object = fsmm_lease_get_object (lease);

  g_assert_cmpuint (object->ref_count, ==, 2);
  g_assert_true (fsmm_lease_release_known (lease, 1, NULL));
  fsmm_lease_unref (lease);
  g_assert_cmpuint (fsmm_object_pool_get_n_idle (pool), ==, 1);
  g_object_unref (pool);

  g_assert_cmpuint (object->ref_count, ==, 1);
  g_object_unref (object);

  /* Any other class lets the pool have it. */
  pool = fsmm_object_pool_new (G_TYPE_INITIALLY_UNOWNED, 1);
  lease = fsmm_object_pool_borrow (pool, NULL);
  object = fsmm_lease_get_object (lease);
  g_assert_cmpuint (object->ref_count, ==, 1);
  g_assert_false (g_object_is_floating (object));
  fsmm_lease_unref (lease);
  g_object_unref (pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-pool/reuse", test_reuse);
  g_test_add_func ("/object-pool/last-used-first", test_last_used_first);
  g_test_add_func ("/object-pool/limit", test_limit);
  g_test_add_func ("/object-pool/lowered-limit-drains", test_lowered_limit_drains);
  g_test_add_func ("/object-pool/ended-lease", test_ended_lease);
  g_test_add_func ("/object-pool/dropped-lease", test_dropped_lease);
  g_test_add_func ("/object-pool/dropped-lease-with-room", test_dropped_lease_with_room);
  g_test_add_func ("/object-pool/lease-keeps-pool", test_lease_keeps_pool);
  g_test_add_func ("/object-pool/dropped-lease-keeps-pool", test_dropped_lease_keeps_pool);
  g_test_add_func ("/object-pool/discard", test_discard);
  g_test_add_func ("/object-pool/steal", test_steal);
  g_test_add_func ("/object-pool/lingering", test_lingering);
  g_test_add_func ("/object-pool/lingering-of-dropped-lease", test_lingering_of_dropped_lease);
  g_test_add_func ("/object-pool/lingering-outlives-pool", test_lingering_outlives_pool);
  g_test_add_func ("/object-pool/known-references", test_known_references);
  g_test_add_func ("/object-pool/sharing", test_sharing);
  g_test_add_func ("/object-pool/toggle-of-binding", test_toggle_of_binding);
  g_test_add_func ("/object-pool/toggle-of-binding-with-room", test_toggle_of_binding_with_room);
  g_test_add_func ("/object-pool/toggle-while-lingering", test_toggle_while_lingering);
  g_test_add_func ("/object-pool/run-dispose", test_run_dispose);
  g_test_add_func ("/object-pool/disposed-while-idle", test_disposed_while_idle);
  g_test_add_func ("/object-pool/class-that-sinks", test_class_that_sinks);

  return g_test_run ();
}
