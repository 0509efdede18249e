/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is in a box, by its type: in a property or a signal argument, which can have any box. */

#include "fsmm-test.h"

typedef struct {
  guint level;
} Record;

FSMM_DECLARE_BOXED_TYPE (Record, record)
FSMM_DEFINE_BOXED_TYPE (Record, record, NULL, NULL)

typedef struct {
  double x;
} Point;

FSMM_DECLARE_BOXED_TYPE (Point, point)
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

/* --- An object with a property and a signal for boxes --- */

G_DECLARE_FINAL_TYPE (Row, row, TEST, ROW, GObject)

struct _Row {
  GObject parent_instance;
  FsmmBox *box; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (Row, row, G_TYPE_OBJECT)

static void
row_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_boxed (value, TEST_ROW (object)->box);
}

static void
row_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  g_clear_pointer (&TEST_ROW (object)->box, fsmm_box_unref);
  TEST_ROW (object)->box = g_value_dup_boxed (value);
}

static void
row_finalize (GObject *object)
{
  g_clear_pointer (&TEST_ROW (object)->box, fsmm_box_unref);
  G_OBJECT_CLASS (row_parent_class)->finalize (object);
}

static void
row_class_init (RowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = row_get_property;
  object_class->set_property = row_set_property;
  object_class->finalize = row_finalize;
  g_object_class_install_property (
      object_class, 1, g_param_spec_boxed ("box", NULL, NULL, FSMM_TYPE_BOX, G_PARAM_READWRITE));
  g_signal_new ("shown", row_get_type (), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                FSMM_TYPE_BOX);
}

static void
row_init (Row *self)
{
}

/* --- Tests --- */

static FsmmTypedPool *
pool_new (void)
{
  return fsmm_typed_pool_new_full ("document", record_get_type (), 0, 0, NULL);
}

static void
test_get_as (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new ();
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);

  g_assert_nonnull (fsmm_box_get (box));
  g_assert_true (fsmm_box_get_as (box, record_get_type ()) == fsmm_box_get (box));
  g_assert_true (record_from_box (box) == fsmm_box_get (box));
}

static void
expect_other_type (const Record *record, const char *type)
{
  g_autofree char *pattern = g_strdup_printf (
      "fsmm_box_get_as: pool \"document\" (Record, alloc-size 4): the box of %p has a Record, and "
      "not a %s", (gpointer) record, type);

  fsmm_test_expect_report (pattern);
}

static void
test_other_type (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new ();
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  Record *record = fsmm_box_get (box);

  expect_other_type (record, "Point");
  g_assert_null (point_from_box (box));
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "invalid-argument");
  fsmm_test_assert_field ("FSMM_POOL", "document");

  expect_other_type (record, "gint");
  g_assert_null (fsmm_box_get_as (box, G_TYPE_INT));
  expect_other_type (record, "FsmmBox");
  g_assert_null (fsmm_box_get_as (box, FSMM_TYPE_BOX));
  fsmm_test_assert_reported ();
}

/* What is gone is no mistake, but another type is one all the same. */
static void
test_gone (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new ();
  g_autoptr (FsmmBox) dropped = fsmm_typed_pool_alloc (pool, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  Record *record = fsmm_box_get (box);

  fsmm_box_drop (dropped);
  g_assert_null (record_from_box (dropped));
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 1);
  g_assert_null (record_from_box (box));
  expect_other_type (record, "Point");
  g_assert_null (point_from_box (box));
  fsmm_test_assert_reported ();
}

static void
test_get_pool (void)
{
  FsmmTypedPool *pool = pool_new ();
  FsmmBox *box = fsmm_typed_pool_alloc (pool, NULL);

  g_assert_true (fsmm_box_get_pool (box) == pool);
  fsmm_box_drop (box);
  g_assert_true (fsmm_box_get_pool (box) == pool);

  /* The box alone keeps it. */
  g_object_unref (pool);
  g_assert_cmpstr (fsmm_typed_pool_get_name (fsmm_box_get_pool (box)), ==, "document");
  g_assert_true (fsmm_typed_pool_get_item_type (fsmm_box_get_pool (box)) == record_get_type ());
  fsmm_box_unref (box);
}

/* A reference that is taken when only boxes keep the pool is one like any other. */
static void
test_pool_from_last_box (void)
{
  FsmmTypedPool *pool = pool_new ();
  FsmmBox *box = fsmm_typed_pool_alloc (pool, NULL);
  FsmmTypedPool *again;

  g_object_unref (pool);
  again = g_object_ref (fsmm_box_get_pool (box));
  g_object_add_weak_pointer (G_OBJECT (again), (gpointer *) &pool);
  fsmm_box_unref (box);
  g_assert_true (pool == again);
  fsmm_test_assert_live (again, 0);
  box = fsmm_typed_pool_alloc (again, NULL);
  g_assert_nonnull (box);
  fsmm_box_unref (box);
  g_object_unref (again);
  g_assert_null (pool);
}

/* Nothing is copied on the way, into whichever pool. */
static void
test_property (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new ();
  FsmmTypedPool *common = fsmm_typed_pool_get_default (record_get_type ());
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  g_autoptr (Row) row = g_object_new (row_get_type (), "box", box, NULL);
  g_autoptr (Row) other = g_object_new (row_get_type (), NULL);
  g_autoptr (FsmmBox) got = NULL;

  g_object_bind_property (row, "box", other, "box", G_BINDING_SYNC_CREATE);
  g_object_get (other, "box", &got, NULL);
  g_assert_true (got == box);
  g_assert_true (record_from_box (got) == fsmm_box_get (box));
  fsmm_test_assert_live (pool, 1);
  fsmm_test_assert_live (common, 0);
}

static void
on_shown (Row *row, FsmmBox *box, gpointer seen)
{
  *(Record **) seen = record_from_box (box);
  record_from_box (box)->level = 7;
}

static void
test_signal (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new ();
  FsmmTypedPool *common = fsmm_typed_pool_get_default (record_get_type ());
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  g_autoptr (Row) row = g_object_new (row_get_type (), NULL);
  Record *seen = NULL;

  g_signal_connect (row, "shown", G_CALLBACK (on_shown), &seen);
  g_signal_emit_by_name (row, "shown", box);
  g_assert_true (seen == fsmm_box_get (box));
  g_assert_cmpuint (seen->level, ==, 7);
  fsmm_test_assert_live (pool, 1);
  fsmm_test_assert_live (common, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/box-types/get-as", test_get_as);
  g_test_add_func ("/box-types/other-type", test_other_type);
  g_test_add_func ("/box-types/gone", test_gone);
  g_test_add_func ("/box-types/get-pool", test_get_pool);
  g_test_add_func ("/box-types/pool-from-last-box", test_pool_from_last_box);
  g_test_add_func ("/box-types/property", test_property);
  g_test_add_func ("/box-types/signal", test_signal);

  return g_test_run ();
}
