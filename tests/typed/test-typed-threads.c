/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Several threads make, set and drop instances that own something: each is cleared once, and none before it
 * is whole. What goes wrong shows as memory that is freed twice, or in the counts. */

#include "fsmm-test.h"

#include <string.h>

typedef struct {
  char *text; /* (owned) */
} Note;

static gint n_made;    /* (atomic) */
static gint n_cleared; /* (atomic) */

static void
note_copy (const Note *source, Note *destination)
{
  /* Nothing may be left of what lived there before. */
  g_assert_null (destination->text);
  destination->text = g_strdup (source->text);
  g_atomic_int_inc (&n_made);
}

static void
note_clear (Note *self)
{
  g_assert_cmpstr (self->text, ==, "a note");
  g_free (self->text);
  g_atomic_int_inc (&n_cleared);
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Note, note, note_copy, note_clear)

/* Zeroes are one as well, and are cleared: this type has no copy function. */
typedef struct {
  char *text;
} Blank;

static void
blank_clear (Blank *self)
{
  g_assert_null (self->text);
  /* A thread that gets this block later finds what should have been zeroed. */
  self->text = (char *) "cleared";
  g_atomic_int_inc (&n_cleared);
}

GType blank_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Blank, blank, NULL, blank_clear)

static const Note a_note = { (char *) "a note" };

static void
run_threads (guint n_threads, GThreadFunc func, gpointer data)
{
  GThread *threads[8];

  n_made = n_cleared = 0;
  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("worker", func, data);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);
}

/* --- One box --- */

static gpointer
set_again_and_again (gpointer box)
{
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, note_get_type ());
  g_value_set_static_boxed (&value, &a_note);
  for (guint i = fsmm_test_rounds (400000); i > 0; i--)
    {
      g_autoptr (GError) error = NULL;

      /* Another thread may be setting it at this moment. */
      if (!fsmm_box_set_value (box, &value, &error))
        g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
    }

  return NULL;
}

static void
test_set_one_box (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (note_get_type (), 0, NULL);
  g_auto (GValue) value = G_VALUE_INIT;
  FsmmBox *box;

  g_value_init (&value, note_get_type ());
  g_value_set_static_boxed (&value, &a_note);
  box = fsmm_typed_pool_alloc_value (pool, &value, NULL);

  run_threads (3, set_again_and_again, box);
  g_assert_cmpint (n_made, ==, n_cleared);
  fsmm_test_assert_live (pool, 1);
  fsmm_box_unref (box);
  fsmm_test_assert_live (pool, 0);
}

/* --- Everything is dropped meanwhile --- */

static gpointer
make_notes (gpointer pool)
{
  for (guint i = fsmm_test_rounds (50000); i > 0; i--)
    {
      g_autoptr (GError) error = NULL;

      if (fsmm_typed_pool_construct_copy (pool, &a_note, &error) == NULL)
        g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
    }

  return NULL;
}

static gpointer
make_blanks (gpointer pool)
{
  for (guint i = fsmm_test_rounds (50000); i > 0; i--)
    {
      g_assert_nonnull (fsmm_typed_pool_construct (pool, NULL));
      g_atomic_int_inc (&n_made);
    }

  return NULL;
}

static gpointer
drop_until_told (gpointer data)
{
  gpointer *pool = data;
  gpointer current;

  while ((current = g_atomic_pointer_get (pool)) != NULL)
    fsmm_typed_pool_free_all (current);

  return NULL;
}

static void
run_beside_drops (GType type, GThreadFunc func)
{
  /* Small chunks, so that threads come often to where new ones are needed. */
  FsmmTypedPool *pool = fsmm_typed_pool_new (type, 1024, NULL);
  gpointer dropped = pool;
  GThread *dropper = g_thread_new ("drop", drop_until_told, &dropped);

  run_threads (2, func, pool);
  g_atomic_pointer_set (&dropped, NULL);
  g_thread_join (dropper);
  fsmm_typed_pool_free_all (pool);

  g_assert_cmpint (n_made, ==, n_cleared);
  fsmm_test_assert_live (pool, 0);
  g_object_unref (pool);
}

static void
test_make_copies_beside_drops (void)
{
  run_beside_drops (note_get_type (), make_notes);
}

static void
test_make_zeroes_beside_drops (void)
{
  run_beside_drops (blank_get_type (), make_blanks);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  fsmm_test_make_first_error ();

  g_test_add_func ("/typed-threads/set-one-box", test_set_one_box);
  g_test_add_func ("/typed-threads/make-copies-beside-drops", test_make_copies_beside_drops);
  g_test_add_func ("/typed-threads/make-zeroes-beside-drops", test_make_zeroes_beside_drops);

  return g_test_run ();
}
