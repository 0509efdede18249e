/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The functions of a program that make, reset and check the objects of a pool, and other ways in which
 * a pool comes to objects. */

#include "thing.h"

#define IO_ERROR_WORDS "no such device"

/* --- Making objects --- */

static GObject *
make_thing (FsmmObjectPool *pool, gpointer n_made, GError **error)
{
  g_assert_true (FSMM_IS_OBJECT_POOL (pool));
  (*(guint *) n_made)++;

  return g_object_new (THING_TYPE, NULL);
}

static void
note_destroyed (gpointer n_made)
{
  *(guint *) n_made += 1000;
}

static void
test_create (void)
{
  FsmmObjectPool *pool = thing_pool_new (2);
  guint n_made = 0, n_other = 0;

  fsmm_object_pool_set_create_func (pool, make_thing, &n_made, note_destroyed);
  thing_give_back (thing_borrow (pool));
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (n_made, ==, 1);

  fsmm_object_pool_set_create_func (pool, make_thing, &n_other, note_destroyed);
  g_assert_cmpuint (n_made, ==, 1001);
  g_object_unref (pool);
  g_assert_cmpuint (n_other, ==, 1000);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static GObject *
fail (FsmmObjectPool *pool, gpointer is_silent, GError **error)
{
  if (is_silent == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, IO_ERROR_WORDS);

  return NULL;
}

static void
test_create_fails (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GError) error = NULL;

  fsmm_object_pool_set_create_func (pool, fail, NULL, NULL);
  g_assert_null (fsmm_object_pool_borrow (pool, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, IO_ERROR_WORDS);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_null (fsmm_object_pool_borrow (pool, NULL));

  fsmm_object_pool_set_create_func (pool, fail, (gpointer) "silent", NULL);
  thing_assert_refused (pool, FSMM_ERROR_INVALID_ARGUMENT,
                        "the create function returned nothing, and set no error");

  /* Its place was not lost. */
  fsmm_object_pool_set_create_func (pool, NULL, NULL, NULL);
  thing_give_back (thing_borrow (pool));
}

static GObject *
make_other (FsmmObjectPool *pool, gpointer data, GError **error)
{
  return g_object_new (G_TYPE_CANCELLABLE, NULL);
}

static GObject *
make_same (FsmmObjectPool *pool, gpointer object, GError **error)
{
  return g_object_ref (object);
}

static void
test_create_makes_nonsense (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  g_autoptr (FsmmObjectPool) other_pool = thing_pool_new (2);
  GObject *same = g_object_new (THING_TYPE, NULL);
  FsmmLease *lease;

  fsmm_object_pool_set_create_func (pool, make_other, NULL, NULL);
  thing_assert_refused (pool, FSMM_ERROR_UNSUPPORTED_TYPE,
                        "a GCancellable cannot be one of its objects: it is no Thing");

  fsmm_object_pool_set_create_func (pool, make_same, same, NULL);
  fsmm_object_pool_set_create_func (other_pool, make_same, same, NULL);
  lease = thing_borrow (pool);
  thing_assert_refused (pool, FSMM_ERROR_INVALID_ARGUMENT, "is in a pool already");
  thing_assert_refused (other_pool, FSMM_ERROR_INVALID_ARGUMENT, "is in a pool already");
  g_assert_cmpuint (same->ref_count, ==, 2);
  g_object_unref (same);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 1, 0);
}

static GObject *
borrow_another (FsmmObjectPool *pool, gpointer depth, GError **error)
{
  if (++*(guint *) depth == 1)
    thing_give_back (thing_borrow (pool));
  else
    thing_assert_refused (pool, FSMM_ERROR_EXHAUSTED, "2 lent");

  return g_object_new (THING_TYPE, NULL);
}

static void
test_create_reenters (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  guint depth = 0;

  fsmm_object_pool_set_create_func (pool, borrow_another, &depth, NULL);
  thing_give_back (thing_borrow (pool));
  thing_assert_counts (pool, 0, 2, 0);
  g_assert_cmpuint (depth, ==, 2);
}

static GObject *
close_pool (FsmmObjectPool *pool, gpointer data, GError **error)
{
  fsmm_object_pool_close (pool);

  return g_object_new (THING_TYPE, NULL);
}

static void
test_create_closes (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);

  fsmm_object_pool_set_create_func (pool, close_pool, NULL, NULL);
  thing_assert_refused (pool, FSMM_ERROR_CLOSED, "it has been closed");
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static GObject *
replace_itself (FsmmObjectPool *pool, gpointer n_made, GError **error)
{
  fsmm_object_pool_set_create_func (pool, NULL, NULL, NULL);
  g_assert_cmpuint (*(guint *) n_made, ==, 0);

  return make_thing (pool, n_made, error);
}

static void
test_create_replaces_itself (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  guint n_made = 0;

  fsmm_object_pool_set_create_func (pool, replace_itself, &n_made, note_destroyed);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (n_made, ==, 1001);
}

/* --- Checking objects --- */

typedef struct {
  guint n_calls;
  gboolean result;
  GThread *thread;
} Check;

static gboolean
check (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  Check *self = data;

  g_assert_true (FSMM_IS_OBJECT_POOL (pool));
  g_assert_true (THING_IS (object));
  self->n_calls++;
  self->thread = g_thread_self ();

  return self->result;
}

static void
test_reset (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Check reset = { 0, TRUE, NULL };

  fsmm_object_pool_set_reset_func (pool, check, &reset, NULL);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (reset.n_calls, ==, 1);
  thing_assert_counts (pool, 0, 1, 0);

  reset.result = FALSE;
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (reset.n_calls, ==, 2);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
}

/* A collector may drop it: nothing of the program runs there. */
static void
test_reset_of_dropped_lease (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Check reset = { 0, TRUE, NULL };

  fsmm_object_pool_set_reset_func (pool, check, &reset, NULL);
  fsmm_lease_unref (thing_borrow (pool));
  g_assert_cmpuint (reset.n_calls, ==, 0);
  thing_assert_counts (pool, 0, 1, 0);
  thing_run_context ();
  g_assert_cmpuint (reset.n_calls, ==, 1);

  /* Or whoever comes next does it. */
  fsmm_lease_unref (thing_borrow (pool));
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (reset.n_calls, ==, 3);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
}

static gboolean
drop_reference (FsmmObjectPool *pool, GObject *object, gpointer kept)
{
  g_clear_object ((GObject **) kept);

  return TRUE;
}

/* A widget is taken out of its parent there. */
static void
test_reset_drops_references (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *kept = g_object_ref (fsmm_lease_get_object (lease));

  fsmm_object_pool_set_reset_func (pool, drop_reference, &kept, NULL);
  thing_give_back (lease);
  g_assert_null (kept);
  thing_assert_counts (pool, 0, 1, 0);
}

/* Once for each lease, also if it lingers. */
static void
test_reset_once (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Check reset = { 0, TRUE, NULL };
  FsmmLease *lease = thing_borrow (pool);
  GObject *kept = g_object_ref (fsmm_lease_get_object (lease));

  fsmm_object_pool_set_reset_func (pool, check, &reset, NULL);
  thing_give_back (lease);
  g_object_unref (kept);
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (reset.n_calls, ==, 2);
}

static void
test_validate (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  Check validate = { 0, TRUE, NULL };
  FsmmLease *lease;
  GObject *object;

  fsmm_object_pool_set_validate_func (pool, check, &validate, NULL);
  lease = thing_borrow (pool);
  object = fsmm_lease_get_object (lease);
  g_assert_cmpuint (validate.n_calls, ==, 0);
  thing_give_back (lease);

  lease = thing_borrow (pool);
  g_assert_true (fsmm_lease_get_object (lease) == object);
  g_assert_cmpuint (validate.n_calls, ==, 1);
  thing_give_back (lease);

  validate.result = FALSE;
  lease = thing_borrow (pool);
  g_assert_cmpuint (validate.n_calls, ==, 2);
  g_assert_cmpuint (fsmm_object_pool_get_n_discarded (pool), ==, 1);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 2);
  thing_give_back (lease);
}

static void
never (void)
{
  g_assert_not_reached ();
}

/* If nothing can be made in its place. */
static void
test_validate_refuses_all (void)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_OBJECT, 3);
  Check validate = { 0, FALSE, NULL };

  g_signal_connect (pool, "needs-object", G_CALLBACK (never), NULL);
  for (guint i = 0; i < 3; i++)
    g_assert_true (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), NULL));
  fsmm_object_pool_set_validate_func (pool, check, &validate, NULL);
  thing_assert_refused (pool, FSMM_ERROR_EXHAUSTED, "it cannot make one by itself");
  g_assert_cmpuint (validate.n_calls, ==, 3);
  thing_assert_counts (pool, 0, 0, 0);
  g_assert_cmpuint (thing_count (), ==, 0);
}

/* --- Objects that come in --- */

static void
test_add (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (2);
  g_autoptr (GError) error = NULL;
  GObject *kept = g_object_new (THING_TYPE, NULL);

  g_assert_true (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), NULL));
  thing_assert_counts (pool, 0, 1, 0);
  g_assert_true (fsmm_object_pool_add (pool, g_object_ref (kept), NULL));
  thing_assert_counts (pool, 0, 1, 1);
  g_assert_false (fsmm_object_pool_add (pool, g_object_ref (kept), &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpuint (kept->ref_count, ==, 2);
  g_object_unref (kept);
  thing_assert_counts (pool, 0, 2, 0);
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 0);
  g_clear_error (&error);

  fsmm_object_pool_close (pool);
  g_assert_false (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_CLOSED);
  g_assert_cmpuint (thing_count (), ==, 0);
}

static void
test_add_known (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GObject) kept = g_object_new (THING_TYPE, NULL);

  g_assert_true (fsmm_object_pool_add_known (pool, g_object_ref (kept), 1, NULL));
  thing_assert_counts (pool, 0, 1, 0);
}

static void
test_reserve (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (3);
  g_autoptr (GError) error = NULL;
  FsmmLease *lease;

  g_assert_true (fsmm_object_pool_reserve (pool, 2, NULL));
  g_assert_true (fsmm_object_pool_reserve (pool, 1, NULL));
  thing_assert_counts (pool, 0, 2, 0);
  lease = thing_borrow (pool);
  g_assert_true (fsmm_object_pool_reserve (pool, 2, NULL));
  thing_assert_counts (pool, 1, 2, 0);
  g_assert_false (fsmm_object_pool_reserve (pool, 3, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_clear_error (&error);
  thing_give_back (lease);

  fsmm_object_pool_set_max_idle (pool, 1);
  thing_assert_counts (pool, 0, 1, 0);
  g_assert_false (fsmm_object_pool_reserve (pool, 2, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-functions/create", test_create);
  g_test_add_func ("/object-functions/create-fails", test_create_fails);
  g_test_add_func ("/object-functions/create-makes-nonsense", test_create_makes_nonsense);
  g_test_add_func ("/object-functions/create-reenters", test_create_reenters);
  g_test_add_func ("/object-functions/create-closes", test_create_closes);
  g_test_add_func ("/object-functions/create-replaces-itself", test_create_replaces_itself);
  g_test_add_func ("/object-functions/reset", test_reset);
  g_test_add_func ("/object-functions/reset-of-dropped-lease", test_reset_of_dropped_lease);
  g_test_add_func ("/object-functions/reset-drops-references", test_reset_drops_references);
  g_test_add_func ("/object-functions/reset-once", test_reset_once);
  g_test_add_func ("/object-functions/validate", test_validate);
  g_test_add_func ("/object-functions/validate-refuses-all", test_validate_refuses_all);
  g_test_add_func ("/object-functions/add", test_add);
  g_test_add_func ("/object-functions/add-known", test_add_known);
  g_test_add_func ("/object-functions/reserve", test_reserve);

  return g_test_run ();
}
