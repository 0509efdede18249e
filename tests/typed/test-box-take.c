/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An instance that somebody has is put into a box: that succeeds once, and with an instance of that
 * pool alone. Two threads that do it at the same moment are in test-races.c. */

#include "fsmm-test.h"

#include <string.h>

static gint n_cleared; /* (atomic) */

typedef struct {
  char *text; /* (owned) */
} Note;

/* What a clear function tries to put into a box, if it shall. */
static FsmmTypedPool *pool_of_clear; /* (nullable) */
static gpointer notes[2];
static const char *words_of_other, *words_of_self;

static void
assert_not_taken (gpointer instance, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_box_new_take (pool_of_clear, instance, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_nonnull (strstr (error->message, words));
}

static void
note_clear (Note *self)
{
  g_free (self->text);
  g_atomic_int_inc (&n_cleared);

  /* The first one that is cleared. */
  if (pool_of_clear != NULL && n_cleared == 1)
    {
      assert_not_taken (self == notes[0] ? notes[1] : notes[0], words_of_other);
      assert_not_taken (self, words_of_self);
    }
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Note, note, NULL, note_clear)

typedef struct {
  double x, y;
} Point;

GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

typedef GType (*TypeFunc) (void);

static FsmmTypedPool *
pool_new (gconstpointer get_type)
{
  n_cleared = 0;

  return fsmm_typed_pool_new_full ("boxes", ((TypeFunc) get_type) (), 1024, 0, NULL);
}

static FsmmBox *
take (FsmmTypedPool *pool, gpointer instance)
{
  g_autoptr (GError) error = NULL;
  FsmmBox *box = fsmm_box_new_take (pool, instance, &error);

  g_assert_no_error (error);
  g_assert_true (fsmm_box_get (box) == instance);
  g_assert_true (fsmm_box_is_live (box));

  return box;
}

/* The message names the pool, the address, and what has to be done. */
static void
assert_refused (FsmmTypedPool *pool, gpointer instance, FsmmError code, const char *words)
{
  g_autofree char *address = g_strdup_printf ("cannot put %p", instance);
  g_autoptr (GError) error = NULL;
  gsize n_live = fsmm_typed_pool_get_n_allocated (pool);

  g_assert_null (fsmm_box_new_take (pool, instance, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  g_assert_true (g_str_has_prefix (error->message, "pool \"boxes\" ("));
  g_assert_nonnull (strstr (error->message, address));
  g_assert_nonnull (strstr (error->message, " into a box: "));
  g_assert_nonnull (strstr (error->message, words));
  fsmm_test_assert_live (pool, n_live);
}

static void
test_owns_what_it_takes (gconstpointer type)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (type);
  gpointer instance = fsmm_test_construct (pool);
  g_autoptr (GError) error = NULL;
  FsmmBox *box = take (pool, instance);

  g_assert_false (fsmm_typed_pool_destroy (pool, instance, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER);
  fsmm_test_assert_live (pool, 1);

  fsmm_box_unref (box);
  fsmm_test_assert_live (pool, 0);
}

static void
test_clears_once (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type);
  FsmmBox *box = take (pool, fsmm_test_construct (pool));

  fsmm_box_drop (box);
  g_assert_cmpint (n_cleared, ==, 1);
  fsmm_box_unref (box);
  g_assert_cmpint (n_cleared, ==, 1);
}

/* The way there and back again, as often as you like. */
static void
test_after_steal (gconstpointer type)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (type);
  gpointer instance = fsmm_test_construct (pool);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (FsmmBox) box = take (pool, instance);

      g_assert_true (fsmm_box_steal (box) == instance);
    }
  fsmm_test_assert_live (pool, 1);
  fsmm_test_destroy (pool, instance);
}

static void
test_keeps_its_pool_alive (void)
{
  FsmmTypedPool *pool = pool_new (note_get_type);
  FsmmBox *box = take (pool, fsmm_test_construct (pool));

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  fsmm_box_unref (box);
  g_assert_null (pool);
  g_assert_cmpint (n_cleared, ==, 1);
}

static void
test_owned_already (gconstpointer type)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (type);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  g_autoptr (FsmmBox) taken = take (pool, fsmm_test_construct (pool));

  assert_refused (pool, fsmm_box_get (box), FSMM_ERROR_INVALID_POINTER, "fsmm_box_steal ()");
  assert_refused (pool, fsmm_box_get (taken), FSMM_ERROR_INVALID_POINTER, "fsmm_box_steal ()");
  g_assert_true (fsmm_box_is_live (box) && fsmm_box_is_live (taken));
}

static void
test_gone (gconstpointer type)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (type);
  gpointer kept = fsmm_test_construct (pool);
  gpointer instance = fsmm_test_construct (pool);

  fsmm_test_destroy (pool, instance);
  assert_refused (pool, instance, FSMM_ERROR_RELEASED, "it is free already");
  assert_refused (pool, (guint8 *) instance + fsmm_pool_get_block_size (
                                                fsmm_typed_pool_get_pool (pool)),
                  FSMM_ERROR_RELEASED, "never handed out");
  fsmm_test_destroy (pool, kept);
}

static void
test_elsewhere (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (point_get_type);
  g_autoptr (FsmmTypedPool) other =
      fsmm_typed_pool_new_full ("other", point_get_type (), 0, 0, NULL);
  gpointer instance = fsmm_test_construct (pool);
  gpointer foreign = fsmm_test_construct (other);
  Point on_stack = { 1, 2 };

  assert_refused (pool, foreign, FSMM_ERROR_INVALID_POINTER, "pool \"other\"");
  assert_refused (pool, &on_stack, FSMM_ERROR_INVALID_POINTER, "in no chunk of this pool");
  assert_refused (pool, (guint8 *) instance + 8, FSMM_ERROR_INVALID_POINTER, "offset 8");
  fsmm_test_destroy (other, foreign);
  fsmm_test_destroy (pool, instance);
}

static void
test_dropped (gconstpointer type)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (type);
  gpointer instance = fsmm_test_construct (pool);
  g_autoptr (GError) error = NULL;
  FsmmBox *box;

  fsmm_typed_pool_free_all (pool);
  g_assert_null (fsmm_box_new_take (pool, instance, &error));
  g_assert_nonnull (error);
  fsmm_test_assert_live (pool, 0);

  /* A box that has taken an instance finds out like any other. */
  box = take (pool, fsmm_test_construct (pool));
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 1);
  g_assert_false (fsmm_box_is_live (box));
  g_assert_null (fsmm_box_get (box));
  g_assert_null (fsmm_box_get_as (box, ((TypeFunc) type) ()));
  fsmm_box_unref (box);
  fsmm_test_assert_live (pool, 0);
}

static FsmmTypedPool *
pool_new_to_clear (const char *other, const char *self)
{
  FsmmTypedPool *pool = pool_new (note_get_type);

  for (guint i = 0; i < G_N_ELEMENTS (notes); i++)
    notes[i] = fsmm_test_construct (pool);
  words_of_other = other;
  words_of_self = self;
  pool_of_clear = pool;

  return pool;
}

/* A clear function tries to rescue what is dropped with its own instance. */
static void
test_while_all_are_dropped (void)
{
  g_autoptr (FsmmTypedPool) pool =
      pool_new_to_clear ("everything is being dropped", "at this moment");

  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 2);
  pool_of_clear = NULL;
  g_assert_cmpint (n_cleared, ==, 2);
  fsmm_test_assert_live (pool, 0);
}

static void
test_while_pool_ends (void)
{
  FsmmTypedPool *pool = pool_new_to_clear ("is being finalized", "is being finalized");

  g_object_unref (pool);
  pool_of_clear = NULL;
  g_assert_cmpint (n_cleared, ==, 2);
}

static void
test_null (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (point_get_type);
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_box_new_take (pool, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (error->message, ==,
                   "pool \"boxes\" (Point, alloc-size 16): instance is NULL: it must be a Point "
                   "that lives in this pool");
}

/* As for construct (): the pool says what was wrong with it when it was made. */
static void
test_broken_pool (void)
{
  g_autoptr (FsmmTypedPool) pool =
      g_object_new (FSMM_TYPE_TYPED_POOL, "item-type", G_TYPE_INT, NULL);
  g_autoptr (GError) error = NULL;
  int instance = 0;

  g_assert_null (fsmm_box_new_take (pool, &instance, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
}

static void
test_misuse_is_logged (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (point_get_type);
  gpointer instance = fsmm_test_construct (pool);

  fsmm_test_destroy (pool, instance);
  fsmm_test_expect_report (
      "fsmm_box_new_take: pool \"boxes\" (Point, alloc-size 16): cannot put *");
  g_assert_null (fsmm_box_new_take (pool, instance, NULL));
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "invalid-pointer");
}

#define ADD_FOR_BOTH(path, func)                                                                   \
  g_test_add_data_func (path "/with-clear", note_get_type, func);                                  \
  g_test_add_data_func (path "/without-clear", point_get_type, func)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  ADD_FOR_BOTH ("/box-take/owns-what-it-takes", test_owns_what_it_takes);
  g_test_add_func ("/box-take/clears-once", test_clears_once);
  ADD_FOR_BOTH ("/box-take/after-steal", test_after_steal);
  g_test_add_func ("/box-take/keeps-its-pool-alive", test_keeps_its_pool_alive);
  ADD_FOR_BOTH ("/box-take/owned-already", test_owned_already);
  ADD_FOR_BOTH ("/box-take/gone", test_gone);
  g_test_add_func ("/box-take/elsewhere", test_elsewhere);
  ADD_FOR_BOTH ("/box-take/dropped", test_dropped);
  g_test_add_func ("/box-take/while-all-are-dropped", test_while_all_are_dropped);
  g_test_add_func ("/box-take/while-pool-ends", test_while_pool_ends);
  g_test_add_func ("/box-take/null", test_null);
  g_test_add_func ("/box-take/broken-pool", test_broken_pool);
  g_test_add_func ("/box-take/misuse-is-logged", test_misuse_is_logged);

  return g_test_run ();
}
