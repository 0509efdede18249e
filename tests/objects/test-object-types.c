/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Objects of different kinds of types, and what else can be attached to them. */

#include "thing.h"

static GObject *
make_floating (FsmmObjectPool *pool, gpointer data, GError **error)
{
  return g_object_new (G_TYPE_INITIALLY_UNOWNED, NULL);
}

static void
test_floating (void)
{
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_INITIALLY_UNOWNED, 1);
      FsmmLease *lease;
      GObject *object;

      if (i == 0)
        fsmm_object_pool_set_create_func (pool, make_floating, NULL, NULL);
      if (i == 1)
        g_assert_true (fsmm_object_pool_add (pool, make_floating (pool, NULL, NULL), NULL));

      lease = thing_borrow (pool);
      object = fsmm_lease_get_object (lease);
      g_assert_false (g_object_is_floating (object));
      g_assert_cmpuint (object->ref_count, ==, 1);
      thing_give_back (lease);
      thing_assert_counts (pool, 0, 1, 0);
    }
}

/* What it takes is the reference, also if it takes no object. */
static void
test_floating_refused (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  g_autoptr (GError) error = NULL;
  GObject *object = make_floating (pool, NULL, NULL);

  g_object_add_weak_pointer (object, (gpointer *) &object);
  g_assert_false (fsmm_object_pool_add (pool, object, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  g_assert_null (object);

  fsmm_object_pool_close (pool);
  object = make_floating (pool, NULL, NULL);
  g_object_add_weak_pointer (object, (gpointer *) &object);
  g_assert_false (fsmm_object_pool_add (pool, object, NULL));
  g_assert_null (object);
}

static GObject *
make_file (FsmmObjectPool *pool, gpointer data, GError **error)
{
  return G_OBJECT (g_file_new_for_path ("/"));
}

static void
test_interface (void)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_FILE, 1);
  FsmmLease *lease;

  thing_assert_refused (pool, FSMM_ERROR_EXHAUSTED, "it cannot make one by itself");
  fsmm_object_pool_set_create_func (pool, make_file, NULL, NULL);
  lease = thing_borrow (pool);
  g_assert_true (G_IS_FILE (fsmm_lease_get_object (lease)));
  thing_give_back (lease);
}

typedef struct {
  Thing parent_instance;
} SubThing;

typedef ThingClass SubThingClass;

static GType sub_thing_get_type (void);

G_DEFINE_TYPE (SubThing, sub_thing, THING_TYPE)

static void
sub_thing_init (SubThing *self)
{
}

static void
sub_thing_class_init (SubThingClass *klass)
{
}

static void
test_subclass (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease;

  g_assert_true (fsmm_object_pool_add (pool, g_object_new (sub_thing_get_type (), NULL), NULL));
  lease = thing_borrow (pool);
  g_assert_cmpstr (G_OBJECT_TYPE_NAME (fsmm_lease_get_object (lease)), ==, "SubThing");
  thing_give_back (lease);
}

/* A subprocess cannot be made without a command line: what the type says itself is the error. */
static void
test_initable (void)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_SOCKET, 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_object_pool_borrow (pool, &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == G_IO_ERROR);
}

static void
test_no_objects (void)
{
  const GType types[] = { G_TYPE_NONE, G_TYPE_INT, G_TYPE_STRV };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (types[i], 1);
      g_autoptr (GError) error = NULL;

      thing_assert_refused (pool, FSMM_ERROR_UNSUPPORTED_TYPE, g_type_name (types[i]));
      g_assert_false (fsmm_object_pool_reserve (pool, 1, NULL));
      g_assert_null (fsmm_object_pool_borrow_wait (pool, 0, NULL, NULL));
      g_assert_false (fsmm_object_pool_add (pool, g_object_new (THING_TYPE, NULL), &error));
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
    }
  g_assert_cmpuint (thing_count (), ==, 0);
}

typedef struct {
  GObject parent_instance;
} LastThing;

typedef GObjectClass LastThingClass;

static GType last_thing_get_type (void);

G_DEFINE_FINAL_TYPE (LastThing, last_thing, G_TYPE_OBJECT)

static void
last_thing_init (LastThing *self)
{
}

static void
last_thing_class_init (LastThingClass *klass)
{
}

static void
test_final (void)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (last_thing_get_type (), 1);

  thing_give_back (thing_borrow (pool));
  thing_give_back (thing_borrow (pool));
  g_assert_cmpuint (fsmm_object_pool_get_n_created (pool), ==, 1);
}

/* --- Weak references --- */

/* They are no reason to linger, and stay as long as the object does. */
static void
test_weak_references (void)
{
  FsmmObjectPool *pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *object = fsmm_lease_get_object (lease);
  GWeakRef weak;

  g_weak_ref_init (&weak, object);
  g_object_add_weak_pointer (object, (gpointer *) &object);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 1, 0);
  thing_give_back (thing_borrow (pool));
  g_assert_nonnull (object);

  g_object_unref (pool);
  g_assert_null (object);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
}

/* What is revived from one while it is idle may be lent as well: nothing can know of that. When it comes
 * back, it lingers. */
static void
test_revived (void)
{
  g_autoptr (FsmmObjectPool) pool = thing_pool_new (1);
  FsmmLease *lease = thing_borrow (pool);
  GObject *revived;
  GWeakRef weak;

  g_weak_ref_init (&weak, fsmm_lease_get_object (lease));
  thing_give_back (lease);
  revived = g_weak_ref_get (&weak);
  g_assert_nonnull (revived);

  lease = thing_borrow (pool);
  g_assert_true (fsmm_lease_get_object (lease) == revived);
  thing_give_back (lease);
  thing_assert_counts (pool, 0, 0, 1);
  g_object_unref (revived);
  thing_assert_counts (pool, 0, 1, 0);

  /* The same while it lingers. */
  lease = thing_borrow (pool);
  revived = g_object_ref (fsmm_lease_get_object (lease));
  thing_give_back (lease);
  g_assert_true (g_weak_ref_get (&weak) == revived);
  g_object_unref (revived);
  thing_assert_counts (pool, 0, 0, 1);
  g_object_unref (revived);
  thing_assert_counts (pool, 0, 1, 0);
  g_weak_ref_clear (&weak);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-types/floating", test_floating);
  g_test_add_func ("/object-types/floating-refused", test_floating_refused);
  g_test_add_func ("/object-types/interface", test_interface);
  g_test_add_func ("/object-types/subclass", test_subclass);
  g_test_add_func ("/object-types/initable", test_initable);
  g_test_add_func ("/object-types/no-objects", test_no_objects);
  g_test_add_func ("/object-types/final", test_final);
  g_test_add_func ("/object-types/weak-references", test_weak_references);
  g_test_add_func ("/object-types/revived", test_revived);

  return g_test_run ();
}
