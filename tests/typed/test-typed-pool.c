/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/typed/fsmm-typed-pool-private.h"

#include <string.h>

/* A type that owns a string, and counts what is done to its instances. */
typedef struct {
  char *text;
  gint number;
} Note;

static gint n_init, n_copied, n_cleared; /* (atomic) */

static void
note_init (Note *self)
{
  g_assert_null (self->text);
  g_assert_cmpint (self->number, ==, 0);
  self->text = g_strdup ("new");
  g_atomic_int_inc (&n_init);
}

static void
note_copy (const Note *source, Note *destination)
{
  g_assert_null (destination->text);
  destination->text = g_strdup (source->text);
  destination->number = source->number + 1;
  g_atomic_int_inc (&n_copied);
}

static void
note_clear (Note *self)
{
  g_assert_nonnull (self->text);
  g_clear_pointer (&self->text, g_free);
  g_atomic_int_inc (&n_cleared);
}

static char *
note_to_string (const Note *self)
{
  return g_strdup_printf ("Note %s %d", self->text, self->number);
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Note, note, note_init, note_copy, note_clear, note_to_string, {})

/* A type that has no functions at all. */
typedef struct {
  double x, y, z;
} Point;

GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

static void
reset_counts (void)
{
  n_init = n_copied = n_cleared = 0;
}

static FsmmTypedPool *
pool_new (GType type)
{
  g_autoptr (GError) error = NULL;
  FsmmTypedPool *pool = fsmm_typed_pool_new_full ("test", type, 1024, 0, &error);

  g_assert_no_error (error);
  reset_counts ();

  return pool;
}

/* --- One instance --- */

static void
test_construct_and_destroy (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  Note *note = fsmm_test_construct (pool);

  g_assert_cmpstr (note->text, ==, "new");
  g_assert_cmpint (n_init, ==, 1);
  fsmm_test_assert_live (pool, 1);

  fsmm_test_destroy (pool, note);
  g_assert_cmpint (n_cleared, ==, 1);
  fsmm_test_assert_live (pool, 0);
  g_assert_true (fsmm_typed_pool_destroy (pool, NULL, NULL));
}

static void
test_construct_without_functions (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (point_get_type ());
  Point *point = fsmm_test_construct (pool);
  Point *copy;

  g_assert_cmpuint (fsmm_pool_get_block_size (fsmm_typed_pool_get_pool (pool)), ==, sizeof (Point));
  g_assert_cmpfloat (point->z, ==, 0);
  *point = (Point) { 1, 2, 3 };
  copy = fsmm_typed_pool_construct_copy (pool, point, NULL);
  g_assert_cmpfloat (copy->z, ==, 3);

  fsmm_test_destroy (pool, point);
  point = fsmm_test_construct (pool);
  g_assert_cmpfloat (point->x, ==, 0);
  fsmm_test_assert_live (pool, 2);
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 2);
  fsmm_test_assert_live (pool, 0);
}

static void
test_construct_copy (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  g_autoptr (GError) error = NULL;
  Note heap = { (char *) "elsewhere", 7 };
  Note *copy = fsmm_typed_pool_construct_copy (pool, &heap, NULL);

  g_assert_cmpstr (copy->text, ==, "elsewhere");
  g_assert_cmpint (copy->number, ==, 8);
  g_assert_cmpint (n_init, ==, 0);
  fsmm_test_destroy (pool, copy);

  g_assert_null (fsmm_typed_pool_construct_copy (pool, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  fsmm_test_assert_live (pool, 0);
}

/* --- What is refused --- */

static void
test_raw_blocks_are_refused (void)
{
  g_autoptr (FsmmTypedPool) typed = pool_new (note_get_type ());
  FsmmPool *pool = fsmm_typed_pool_get_pool (typed);
  gpointer instance = fsmm_test_construct (typed);
  gpointer block;
  GError *errors[6] = { NULL };

  g_assert_null (fsmm_pool_alloc (pool, &errors[0]));
  g_assert_null (fsmm_pool_alloc0 (pool, &errors[1]));
  g_assert_false (fsmm_pool_alloc_many (pool, 1, &block, &errors[2]));
  g_assert_false (fsmm_pool_free (pool, instance, &errors[3]));
  g_assert_false (fsmm_pool_free_many (pool, 1, &instance, &errors[4]));
  g_assert_null (fsmm_pool_acquire (pool, &errors[5]));
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_assert_error (errors[i], FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (errors[i]->message, "typed pool"));
      g_error_free (errors[i]);
    }

  fsmm_test_expect_report ("*typed pool*");
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  fsmm_test_assert_reported ();

  g_assert_true (fsmm_pool_reserve (pool, 1000, NULL));
  g_assert_cmpuint (fsmm_pool_trim (pool), >, 0);
  fsmm_test_assert_live (typed, 1);
}

static void
test_limit (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new_full ("few", note_get_type (), 0, 3, NULL);
  g_autoptr (GError) error = NULL;
  gpointer instance;

  reset_counts ();
  for (guint i = 0; i < 3; i++)
    instance = fsmm_test_construct (pool);
  g_assert_null (fsmm_typed_pool_construct (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_clear_error (&error);
  g_assert_null (fsmm_typed_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpint (n_init, ==, 3);

  fsmm_test_destroy (pool, instance);
  fsmm_test_construct (pool);
  g_assert_cmpuint (fsmm_typed_pool_get_peak_allocated (pool), ==, 3);
}

static void
assert_unsupported (GType type, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;
  g_autoptr (FsmmTypedPool) pool = NULL;

  g_assert_null (fsmm_typed_pool_new (type, 0, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);

  pool = g_object_new (FSMM_TYPE_TYPED_POOL, "item-type", type, NULL);
  g_assert_null (fsmm_typed_pool_construct (pool, &later));
  g_assert_error (later, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  g_assert_null (fsmm_typed_pool_alloc (pool, NULL));
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 0);
  g_assert_null (fsmm_typed_pool_get_default (type));
}

static void
test_unsupported_types (void)
{
  const GType opaque[] = { G_TYPE_DATE_TIME, G_TYPE_BYTES, G_TYPE_HASH_TABLE, G_TYPE_STRV,
                           G_TYPE_GSTRING, G_TYPE_ERROR, G_TYPE_ARRAY, G_TYPE_VARIANT_BUILDER };
  const GType not_boxed[] = { G_TYPE_INT, G_TYPE_STRING, G_TYPE_OBJECT, G_TYPE_NONE, G_TYPE_BOXED,
                              G_TYPE_VARIANT, G_TYPE_INVALID };

  for (guint i = 0; i < G_N_ELEMENTS (opaque); i++)
    assert_unsupported (opaque[i], "has no layout");
  for (guint i = 0; i < G_N_ELEMENTS (not_boxed); i++)
    assert_unsupported (not_boxed[i], "is not a boxed type");
}

/* --- All instances --- */

static void
test_free_all_clears_each_once (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  g_autoptr (FsmmBox) box = NULL;

  for (guint i = 0; i < 200; i++)
    {
      gpointer note = fsmm_test_construct (pool);

      if (i % 3 == 0)
        fsmm_test_destroy (pool, note);
    }
  box = fsmm_typed_pool_alloc (pool, NULL);
  n_cleared = 0;

  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 134);
  g_assert_cmpint (n_cleared, ==, 134);
  fsmm_test_assert_live (pool, 0);
  g_assert_false (fsmm_box_is_live (box));

  fsmm_test_destroy (pool, fsmm_test_construct (pool));
  g_assert_cmpint (n_cleared, ==, 135);
}

static void
test_finalize_clears_what_is_left (void)
{
  FsmmTypedPool *pool = pool_new (note_get_type ());
  FsmmPool *raw = g_object_ref (fsmm_typed_pool_get_pool (pool));
  g_autoptr (GError) error = NULL;
  gpointer instance;

  for (guint i = 0; i < 100; i++)
    instance = fsmm_test_construct (pool);
  g_object_unref (pool);
  g_assert_cmpint (n_cleared, ==, 100);

  /* A caller that still has the raw pool finds it empty, and of no use. */
  fsmm_test_assert_counts (raw, 0, 0);
  g_assert_null (fsmm_pool_acquire (raw, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_null (fsmm_pool_for_block (instance));
  g_object_unref (raw);
}

static void
count_note (gpointer instance, gpointer user_data)
{
  guint *sum = user_data;

  *sum += ((Note *) instance)->number;
}

static void
test_foreach (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  guint sum = 0;

  ((Note *) fsmm_box_get (box))->number = 1000;
  for (gint i = 1; i <= 100; i++)
    ((Note *) fsmm_test_construct (pool))->number = i;

  fsmm_typed_pool_foreach (pool, count_note, &sum);
  g_assert_cmpuint (sum, ==, 1000 + 5050);
}

/* --- Threads --- */

#define N_SLOTS 500

typedef struct {
  FsmmTypedPool *pool;
  gpointer slots[N_SLOTS]; /* (atomic) */
} Exchange;

static gpointer
exchange_notes (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr (GRand) rand = g_rand_new ();

  for (guint i = fsmm_test_is_slow_environment () ? 2000 : 50000; i > 0; i--)
    {
      gpointer *slot = &exchange->slots[g_rand_int_range (rand, 0, N_SLOTS)];

      fsmm_test_destroy (exchange->pool, fsmm_test_swap (slot, fsmm_test_construct (exchange->pool)));
    }

  return NULL;
}

static void
run_exchange (Exchange *exchange, GThreadFunc extra)
{
  GThread *threads[8];
  GThread *other = extra != NULL ? g_thread_new ("extra", extra, exchange) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("exchange", exchange_notes, exchange);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  if (other != NULL)
    g_thread_join (other);
}

static void
test_threads_exchange_instances (void)
{
  Exchange exchange = { pool_new (note_get_type ()), { NULL } };

  run_exchange (&exchange, NULL);
  fsmm_typed_pool_free_all (exchange.pool);
  g_assert_cmpint (n_cleared, ==, n_init);
  fsmm_test_assert_live (exchange.pool, 0);
  g_object_unref (exchange.pool);
}

static gpointer
race_to_destroy (gpointer data)
{
  gpointer *pair = data;
  g_autoptr (GError) error = NULL;
  gboolean destroyed = fsmm_typed_pool_destroy (pair[0], pair[1], &error);

  g_assert_true (destroyed || g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE));

  return GINT_TO_POINTER (destroyed);
}

static void
test_racing_destroys (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());

  for (guint i = 1; i <= 300; i++)
    {
      gpointer pair[] = { pool, fsmm_test_construct (pool) };
      GThread *one = g_thread_new ("destroy", race_to_destroy, pair);
      GThread *two = g_thread_new ("destroy", race_to_destroy, pair);
      gint n_destroyed = GPOINTER_TO_INT (g_thread_join (one));

      n_destroyed += GPOINTER_TO_INT (g_thread_join (two));
      g_assert_cmpint (n_destroyed, ==, 1);
      g_assert_cmpint (n_cleared, ==, (gint) i);
    }
  fsmm_test_assert_live (pool, 0);
}

static gpointer
make_and_drop_boxes (gpointer data)
{
  for (guint i = fsmm_test_is_slow_environment () ? 1000 : 20000; i > 0; i--)
    {
      g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (data, NULL);

      if (box != NULL && i % 2 == 0)
        fsmm_box_drop (box);
    }

  return NULL;
}

static void
test_boxes_under_free_all (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("boxes", make_and_drop_boxes, pool);
  for (guint i = 0; i < 300; i++)
    {
      fsmm_typed_pool_free_all (pool);
      g_usleep (100);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (n_cleared, ==, n_init);
  fsmm_test_assert_live (pool, 0);
}

/* --- Properties --- */

static void
test_properties (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new_full (NULL, note_get_type (), 2048, 50, NULL);
  g_autoptr (FsmmPool) raw = NULL;
  g_autofree char *name = NULL;
  guint64 chunk_bytes, max_blocks, n_allocated, peak_allocated;
  GType item_type;

  fsmm_test_destroy (pool, fsmm_test_construct (pool));
  fsmm_test_construct (pool);
  g_object_get (pool,
                "item-type", &item_type,
                "name", &name,
                "pool", &raw,
                "chunk-bytes", &chunk_bytes,
                "max-blocks", &max_blocks,
                "n-allocated", &n_allocated,
                "peak-allocated", &peak_allocated,
                NULL);

  g_assert_true (item_type == note_get_type ());
  g_assert_true (fsmm_typed_pool_get_item_type (pool) == note_get_type ());
  g_assert_cmpstr (name, ==, "Note");
  g_assert_true (raw == fsmm_typed_pool_get_pool (pool));
  g_assert_cmpstr (fsmm_pool_get_name (raw), ==, "Note");
  g_assert_cmpuint (chunk_bytes, ==, 2048);
  g_assert_cmpuint (max_blocks, ==, 50);
  g_assert_cmpuint (n_allocated, ==, 1);
  g_assert_cmpuint (peak_allocated, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/typed-pool/construct-and-destroy", test_construct_and_destroy);
  g_test_add_func ("/typed-pool/construct-without-functions", test_construct_without_functions);
  g_test_add_func ("/typed-pool/construct-copy", test_construct_copy);
  g_test_add_func ("/typed-pool/misuse/raw-blocks", test_raw_blocks_are_refused);
  g_test_add_func ("/typed-pool/limit", test_limit);
  g_test_add_func ("/typed-pool/unsupported-types", test_unsupported_types);
  g_test_add_func ("/typed-pool/free-all-clears-each-once", test_free_all_clears_each_once);
  g_test_add_func ("/typed-pool/finalize-clears-what-is-left", test_finalize_clears_what_is_left);
  g_test_add_func ("/typed-pool/foreach", test_foreach);
  g_test_add_func ("/typed-pool/threads/exchange-instances", test_threads_exchange_instances);
  g_test_add_func ("/typed-pool/threads/racing-destroys", test_racing_destroys);
  g_test_add_func ("/typed-pool/threads/boxes-under-free-all", test_boxes_under_free_all);
  g_test_add_func ("/typed-pool/properties", test_properties);

  return g_test_run ();
}
