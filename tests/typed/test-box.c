/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <string.h>

typedef struct {
  char *text;
  int number;
} Note;

static gint n_made, n_cleared; /* (atomic) */
static void (*on_copy) (void);

static void
note_init (Note *self)
{
  self->text = g_strdup ("new");
  g_atomic_int_inc (&n_made);
}

static void
note_copy (const Note *source, Note *destination)
{
  g_assert_null (destination->text);
  if (on_copy != NULL)
    on_copy ();
  destination->text = g_strdup (source->text);
  destination->number = source->number;
  g_atomic_int_inc (&n_made);
}

static void
note_clear (Note *self)
{
  g_assert_nonnull (self->text);
  g_free (self->text);
  g_atomic_int_inc (&n_cleared);
}

static char *
note_to_string (const Note *self)
{
  return g_strdup_printf ("<%s %d>", self->text, self->number);
}

#define NOTE_TYPE (note_get_type ())
GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Note, note, note_init, note_copy, note_clear, note_to_string, {})

typedef struct {
  double x, y;
} Point;

#define POINT_TYPE (point_get_type ())
GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

static FsmmTypedPool *
pool_new (GType type)
{
  n_made = n_cleared = 0;
  on_copy = NULL;

  return fsmm_typed_pool_new_full ("test", type, 1024, 0, NULL);
}

static FsmmBox *
box_new (FsmmTypedPool *pool)
{
  g_autoptr (GError) error = NULL;
  FsmmBox *box = fsmm_typed_pool_alloc (pool, &error);

  g_assert_no_error (error);
  g_assert_true (fsmm_box_is_live (box));

  return box;
}

static void
assert_live (FsmmTypedPool *pool, gsize n_live)
{
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, n_live);
}

static void
assert_released (FsmmBox *box)
{
  g_autoptr (GError) peek_error = NULL;
  g_autoptr (GError) set_error = NULL;
  g_autofree char *string = fsmm_box_to_string (box);
  g_auto (GValue) value = G_VALUE_INIT;

  g_assert_false (fsmm_box_is_live (box));
  g_assert_null (fsmm_box_get (box));
  g_assert_null (fsmm_box_steal (box));
  g_assert_nonnull (strstr (string, "(released)"));
  g_assert_null (fsmm_box_peek (box, &peek_error));
  g_assert_error (peek_error, FSMM_ERROR, FSMM_ERROR_RELEASED);

  g_value_init (&value, NOTE_TYPE);
  g_value_take_boxed (&value, fsmm_typed_pool_construct (fsmm_typed_pool_get_default (NOTE_TYPE),
                                                         NULL));
  g_assert_false (fsmm_box_set_value (box, &value, &set_error));
  g_assert_error (set_error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  fsmm_box_drop (box);
}

static void
test_scope_drops (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);

  {
    g_autoptr (FsmmBox) box = box_new (pool);

    g_assert_cmpstr (((Note *) fsmm_box_get (box))->text, ==, "new");
    assert_live (pool, 1);
  }
  assert_live (pool, 0);
  g_assert_cmpint (n_cleared, ==, 1);
}

static void
test_drop_clears_once (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);

  fsmm_box_drop (box);
  g_assert_cmpint (n_cleared, ==, 1);
  assert_live (pool, 0);
  fsmm_box_drop (box);
  g_assert_cmpint (n_cleared, ==, 1);
  assert_released (box);

  /* The next one may get the same memory: the old box must not reach it. */
  {
    g_autoptr (FsmmBox) other = box_new (pool);

    g_assert_true (fsmm_box_is_live (other));
    assert_released (box);
    assert_live (pool, 1);
  }
}

static void
test_copy_is_a_reference (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  FsmmBox *box = box_new (pool);
  FsmmBox *copy = g_boxed_copy (FSMM_TYPE_BOX, box);

  g_assert_true (copy == box);
  fsmm_box_unref (box);
  assert_live (pool, 1);
  g_boxed_free (FSMM_TYPE_BOX, copy);
  assert_live (pool, 0);
}

static void
test_without_functions (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (POINT_TYPE);
  FsmmBox *box = box_new (pool);
  Point *point = fsmm_box_get (box);
  g_autofree char *string = fsmm_box_to_string (box);
  g_autofree char *expected = g_strdup_printf ("Point at %p", (gpointer) point);

  g_assert_cmpfloat (point->y, ==, 0);
  g_assert_cmpstr (string, ==, expected);
  fsmm_box_unref (box);
  assert_live (pool, 0);
}

static void
test_keeps_its_pool_alive (void)
{
  FsmmTypedPool *pool = pool_new (NOTE_TYPE);
  FsmmBox *box = box_new (pool);

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  g_assert_cmpstr (((Note *) fsmm_box_get (box))->text, ==, "new");
  fsmm_box_unref (box);
  g_assert_null (pool);
  g_assert_cmpint (n_cleared, ==, 1);
}

static void
test_free_all_empties_boxes (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);

  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 1);
  g_assert_cmpint (n_cleared, ==, 1);
  assert_released (box);
  g_assert_cmpint (n_cleared, ==, 2); /* the value in there */

  fsmm_typed_pool_construct (pool, NULL);
  assert_released (box);
  assert_live (pool, 1);
}

/* After everything was dropped, a new box gets the memory of the old one: that has no right to
 * it. */
static void
test_old_box_does_not_drop_a_new_one (gconstpointer data)
{
  GType (*get_type) (void) = (GType (*) (void)) data;
  g_autoptr (FsmmTypedPool) pool = pool_new (get_type ());
  FsmmBox *old = box_new (pool);
  gpointer address = fsmm_box_get (old);
  g_autoptr (FsmmBox) other = NULL;

  fsmm_typed_pool_free_all (pool);
  for (guint i = 0; i < 1000 && (other == NULL || fsmm_box_get (other) != address); i++)
    {
      g_clear_pointer (&other, fsmm_box_unref);
      fsmm_typed_pool_free_all (pool);
      other = box_new (pool);
    }
  g_assert_true (fsmm_box_get (other) == address);

  fsmm_box_unref (old);
  g_assert_true (fsmm_box_is_live (other));
  assert_live (pool, 1);
}

static void
test_steal (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  FsmmBox *box = box_new (pool);
  Note *note = fsmm_box_steal (box);

  g_assert_cmpstr (note->text, ==, "new");
  g_assert_null (fsmm_box_steal (box));
  g_assert_false (fsmm_box_is_live (box));
  fsmm_box_unref (box);
  assert_live (pool, 1);
  g_assert_cmpint (n_cleared, ==, 0);
  g_assert_true (fsmm_typed_pool_destroy (pool, note, NULL));
  g_assert_cmpint (n_cleared, ==, 1);
}

static void
test_peek (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  const GValue *value = fsmm_box_peek (box, NULL);

  g_assert_true (G_VALUE_HOLDS (value, NOTE_TYPE));
  g_assert_true (g_value_get_boxed (value) == fsmm_box_get (box));
  g_assert_true (fsmm_box_peek (box, NULL) == value);
  assert_live (pool, 1);
}

static void
test_alloc_value (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  g_autoptr (FsmmBox) copy = NULL;

  ((Note *) fsmm_box_get (box))->number = 5;
  copy = fsmm_typed_pool_alloc_value (pool, fsmm_box_peek (box, NULL), NULL);
  g_assert_true (fsmm_box_get (copy) != fsmm_box_get (box));
  g_assert_cmpint (((Note *) fsmm_box_get (copy))->number, ==, 5);
  assert_live (pool, 2);
}

static void
test_wrong_values_are_refused (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  g_auto (GValue) number = G_VALUE_INIT;
  g_auto (GValue) nothing = G_VALUE_INIT;
  GValue unset = G_VALUE_INIT;
  const GValue *const wrong[] = { &number, &nothing, &unset, NULL };

  g_value_init (&number, G_TYPE_INT);
  g_value_init (&nothing, NOTE_TYPE);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) alloc_error = NULL;
      g_autoptr (GError) set_error = NULL;

      g_assert_null (fsmm_typed_pool_alloc_value (pool, wrong[i], &alloc_error));
      g_assert_error (alloc_error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
      g_assert_false (fsmm_box_set_value (box, wrong[i], &set_error));
      g_assert_error (set_error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
    }
  assert_live (pool, 1);
}

static void
set_note (GValue *value, const char *text, int number)
{
  Note note = { (char *) text, number };

  g_value_init (value, NOTE_TYPE);
  g_value_set_boxed (value, &note);
}

static void
test_set_value (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *string = NULL;
  g_autofree char *same = NULL;

  set_note (&value, "other", 7);
  g_assert_true (fsmm_box_set_value (box, &value, NULL));
  string = fsmm_box_to_string (box);
  g_assert_cmpstr (string, ==, "<other 7>");
  g_assert_cmpint (n_cleared, ==, 1);

  /* Its own value: nothing happens. */
  g_assert_true (fsmm_box_set_value (box, fsmm_box_peek (box, NULL), NULL));
  same = fsmm_box_to_string (box);
  g_assert_cmpstr (same, ==, "<other 7>");
  g_assert_cmpint (n_cleared, ==, 1);
  assert_live (pool, 1);
}

static FsmmBox *target_box;
static FsmmTypedPool *target_pool;

static void
drop_target (void)
{
  on_copy = NULL;
  fsmm_box_drop (target_box);
  g_assert_false (fsmm_box_is_live (target_box));
}

static void
free_all_of_target (void)
{
  on_copy = NULL;
  fsmm_typed_pool_free_all (target_pool);
}

/* What happens to a box while its instance is being replaced: each is cleared once all the same. */
static void
test_dropped_while_being_set (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  g_auto (GValue) value = G_VALUE_INIT;

  set_note (&value, "other", 7);
  target_box = box;
  target_pool = pool;
  on_copy = (void (*) (void)) data;
  g_assert_false (fsmm_box_set_value (box, &value, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);

  g_assert_false (fsmm_box_is_live (box));
  assert_live (pool, 0);
  g_value_unset (&value);
  g_assert_cmpint (n_cleared, ==, n_made);
}

static void
unref_target (void)
{
  on_copy = NULL;
  g_clear_pointer (&target_box, fsmm_box_unref);
}

static void
unref_target_and_pool (void)
{
  unref_target ();
  g_object_unref (target_pool);
  g_assert_nonnull (target_pool);
}

/* What is called to set a box drops the last reference to it, and to its pool: the box goes, its
 * instances are cleared, and the pool ends with the call. */
static void
test_gone_while_being_set (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  target_pool = pool_new (NOTE_TYPE);
  g_object_add_weak_pointer (G_OBJECT (target_pool), (gpointer *) &target_pool);
  target_box = box_new (target_pool);
  set_note (&value, "other", 7);
  on_copy = (void (*) (void)) data;
  g_assert_false (fsmm_box_set_value (target_box, &value, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);

  if (target_pool != NULL)
    {
      assert_live (target_pool, 0);
      g_object_unref (target_pool);
    }
  g_assert_null (target_pool);
  g_value_unset (&value);
  g_assert_cmpint (n_cleared, ==, n_made);
}

typedef struct {
  gsize number;
} Number;

static void
number_copy (const Number *source, Number *destination)
{
  destination->number = source->number;
  if (on_copy != NULL)
    on_copy ();
}

GType number_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Number, number, number_copy, NULL)

/* The same for a type without a clear function, whose blocks go back in one step; also where an
 * instance is dropped before it is there. */
static void
test_number_dropped_while_being_set (gconstpointer data)
{
  Number other = { 7 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) copy_error = NULL;
  g_autoptr (FsmmTypedPool) pool = pool_new (number_get_type ());
  g_autoptr (FsmmBox) box = box_new (pool);
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, number_get_type ());
  g_value_set_static_boxed (&value, &other);
  target_box = box;
  target_pool = pool;
  on_copy = (void (*) (void)) data;
  g_assert_false (fsmm_box_set_value (box, &value, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_false (fsmm_box_is_live (box));
  assert_live (pool, 0);

  on_copy = free_all_of_target;
  g_assert_null (fsmm_typed_pool_alloc_value (pool, &value, &copy_error));
  g_assert_error (copy_error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  assert_live (pool, 0);
}

/* What was dropped is not there to be set, and its memory is not touched. */
static void
test_set_after_free_all (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  g_auto (GValue) value = G_VALUE_INIT;

  set_note (&value, "other", 7);
  fsmm_typed_pool_free_all (pool);
  g_assert_false (fsmm_box_set_value (box, &value, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
}

static const GValue *target_value;

static void
set_target (void)
{
  g_autoptr (GError) error = NULL;

  on_copy = NULL;
  g_assert_false (fsmm_box_set_value (target_box, target_value, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
}

/* It would have no owner. */
static void
steal_from_target (void)
{
  on_copy = NULL;
  g_assert_null (fsmm_box_steal (target_box));
}

/* What is being set can neither be set nor stolen meanwhile. */
static void
test_while_being_set (gconstpointer use_target)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) box = box_new (pool);
  g_auto (GValue) value = G_VALUE_INIT;

  set_note (&value, "other", 7);
  target_box = box;
  target_value = &value;
  on_copy = (void (*) (void)) use_target;
  g_assert_true (fsmm_box_set_value (box, &value, NULL));
  g_assert_null (on_copy);
  g_assert_cmpstr (((Note *) fsmm_box_get (box))->text, ==, "other");
  assert_live (pool, 1);
}

/* A box whose instance was dropped does not take out another one that lives at its place now. */
static void
test_old_box_steals_nothing (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  g_autoptr (FsmmBox) old = box_new (pool);
  gpointer address = fsmm_box_get (old);
  g_autoptr (FsmmBox) other = NULL;

  for (guint i = 0; i < 1000 && (other == NULL || fsmm_box_get (other) != address); i++)
    {
      g_clear_pointer (&other, fsmm_box_unref);
      fsmm_typed_pool_free_all (pool);
      other = box_new (pool);
    }
  g_assert_true (fsmm_box_get (other) == address);

  g_assert_null (fsmm_box_steal (old));
  g_assert_true (fsmm_box_steal (other) == address);
  g_assert_true (fsmm_typed_pool_destroy (pool, address, NULL));
}

static gpointer
ref_and_unref (gpointer box)
{
  for (guint i = 0; i < 100000; i++)
    fsmm_box_unref (fsmm_box_ref (box));

  return NULL;
}

static void
test_references_are_atomic (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);
  FsmmBox *box = box_new (pool);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ref", ref_and_unref, box);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_live (pool, 1);
  fsmm_box_unref (box);
  assert_live (pool, 0);
}

static gpointer
drop_box (gpointer box)
{
  fsmm_box_drop (box);

  return NULL;
}

static void
test_racing_drops (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (NOTE_TYPE);

  for (gint i = 1; i <= 300; i++)
    {
      g_autoptr (FsmmBox) box = box_new (pool);
      GThread *one = g_thread_new ("drop", drop_box, box);
      GThread *two = g_thread_new ("drop", drop_box, box);

      g_thread_join (one);
      g_thread_join (two);
      g_assert_cmpint (n_cleared, ==, i);
    }
  assert_live (pool, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/box/scope-drops", test_scope_drops);
  g_test_add_func ("/box/drop-clears-once", test_drop_clears_once);
  g_test_add_func ("/box/copy-is-a-reference", test_copy_is_a_reference);
  g_test_add_func ("/box/without-functions", test_without_functions);
  g_test_add_func ("/box/keeps-its-pool-alive", test_keeps_its_pool_alive);
  g_test_add_func ("/box/free-all-empties-boxes", test_free_all_empties_boxes);
  g_test_add_data_func ("/box/old-one-does-not-drop-a-new-one/with-functions", note_get_type,
                        test_old_box_does_not_drop_a_new_one);
  g_test_add_data_func ("/box/old-one-does-not-drop-a-new-one/without-functions", point_get_type,
                        test_old_box_does_not_drop_a_new_one);
  g_test_add_func ("/box/steal", test_steal);
  g_test_add_func ("/box/peek", test_peek);
  g_test_add_func ("/box/alloc-value", test_alloc_value);
  g_test_add_func ("/box/wrong-values-are-refused", test_wrong_values_are_refused);
  g_test_add_func ("/box/set-value", test_set_value);
  g_test_add_func ("/box/old-one-steals-nothing", test_old_box_steals_nothing);
  g_test_add_func ("/box/set-after-free-all", test_set_after_free_all);
  g_test_add_data_func ("/box/set-while-being-set", set_target, test_while_being_set);
  g_test_add_data_func ("/box/number-dropped-while-being-set", drop_target,
                        test_number_dropped_while_being_set);
  g_test_add_data_func ("/box/all-numbers-dropped-while-being-set", free_all_of_target,
                        test_number_dropped_while_being_set);
  g_test_add_data_func ("/box/dropped-while-being-set", drop_target, test_dropped_while_being_set);
  g_test_add_data_func ("/box/free-all-while-being-set", free_all_of_target,
                        test_dropped_while_being_set);
  g_test_add_data_func ("/box/unref-while-being-set", unref_target, test_gone_while_being_set);
  g_test_add_data_func ("/box/pool-unref-while-being-set", unref_target_and_pool,
                        test_gone_while_being_set);
  g_test_add_data_func ("/box/stolen-from-while-being-set", steal_from_target,
                        test_while_being_set);
  g_test_add_func ("/box/references-are-atomic", test_references_are_atomic);
  g_test_add_func ("/box/racing-drops", test_racing_drops);

  return g_test_run ();
}
