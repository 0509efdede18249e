/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <string.h>

typedef struct {
  int number;
} Plain;

static gpointer
plain_copy (gpointer plain)
{
  return g_memdup2 (plain, sizeof (Plain));
}

GType plain_get_type (void);
G_DEFINE_BOXED_TYPE (Plain, plain, plain_copy, g_free)

static void
assert_refused (GType type, const FsmmTypeLayout *layout, FsmmError code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_type_register_layout (type, layout, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
}

static void
test_what_is_refused (void)
{
  const FsmmTypeLayout good = { .size = sizeof (Plain), .alignment = _Alignof (Plain) };
  const FsmmTypeLayout empty = { .size = 0 };
  const FsmmTypeLayout huge = { .size = G_MAXSIZE };
  const FsmmTypeLayout odd = { .size = 8, .alignment = 3 };

  assert_refused (G_TYPE_INT, &good, FSMM_ERROR_UNSUPPORTED_TYPE, "gint is not a boxed type");
  assert_refused (G_TYPE_OBJECT, &good, FSMM_ERROR_UNSUPPORTED_TYPE, "GObject");
  assert_refused (G_TYPE_BOXED, &good, FSMM_ERROR_UNSUPPORTED_TYPE, "GBoxed");
  assert_refused (G_TYPE_INVALID, &good, FSMM_ERROR_UNSUPPORTED_TYPE, "invalid");
  assert_refused (plain_get_type (), NULL, FSMM_ERROR_INVALID_ARGUMENT, "Plain is NULL");
  assert_refused (plain_get_type (), &empty, FSMM_ERROR_INVALID_ARGUMENT, "Plain: alloc-size is 0");
  assert_refused (plain_get_type (), &huge, FSMM_ERROR_INVALID_ARGUMENT, "alloc-size");
  assert_refused (plain_get_type (), &odd, FSMM_ERROR_INVALID_ARGUMENT, "alignment is 3");

  /* None of these has registered anything. */
  g_assert_null (fsmm_typed_pool_get_default (plain_get_type ()));
}

static void
init_plain (gpointer instance)
{
}

static void
copy_plain (gconstpointer source, gpointer destination)
{
}

static char *
describe_plain (gconstpointer instance)
{
  return NULL;
}

static gpointer
register_in_thread (gpointer data)
{
  return GINT_TO_POINTER (fsmm_type_register_layout (plain_get_type (), data, NULL));
}

static void
test_one_layout_only (void)
{
  FsmmTypeLayout layout = { .size = sizeof (Plain), .alignment = _Alignof (Plain) };
  const FsmmTypeLayout others[] = {
    { sizeof (Plain), 2 * _Alignof (Plain), NULL, NULL, NULL, NULL },
    { sizeof (Plain), _Alignof (Plain), init_plain, NULL, NULL, NULL },
    { sizeof (Plain), _Alignof (Plain), NULL, copy_plain, NULL, NULL },
    { sizeof (Plain), _Alignof (Plain), NULL, NULL, init_plain, NULL },
    { sizeof (Plain), _Alignof (Plain), NULL, NULL, NULL, describe_plain },
  };
  GThread *threads[8];
  FsmmTypedPool *pool;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("register", register_in_thread, &layout);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_assert_true (g_thread_join (threads[i]));

  g_assert_true (fsmm_type_register_layout (plain_get_type (), &layout, NULL));
  layout.size *= 2;
  assert_refused (plain_get_type (), &layout, FSMM_ERROR_INVALID_ARGUMENT, "another layout");
  layout.size /= 2;

  /* Whatever is different. */
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    assert_refused (plain_get_type (), &others[i], FSMM_ERROR_INVALID_ARGUMENT, "another layout");

  pool = fsmm_typed_pool_get_default (plain_get_type ());
  g_assert_true (pool == fsmm_typed_pool_get_default (plain_get_type ()));
  g_assert_cmpuint (fsmm_pool_get_alloc_size (fsmm_typed_pool_get_pool (pool)), ==, sizeof (Plain));
}

static gpointer
get_default_in_thread (gpointer data)
{
  return fsmm_typed_pool_get_default (G_TYPE_POLLFD);
}

static void
test_one_default_pool_only (void)
{
  GThread *threads[8];
  gpointer pool = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("default", get_default_in_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      gpointer found = g_thread_join (threads[i]);

      g_assert_nonnull (found);
      g_assert_true (pool == NULL || found == pool);
      pool = found;
    }
}

/* --- Plain data --- */

typedef struct {
  double x;
  float y;
} Spot;

/* Leaves the padding behind y as it is. */
static gpointer
spot_copy (gpointer spot)
{
  Spot *copy = g_new0 (Spot, 1);

  copy->x = ((Spot *) spot)->x;
  copy->y = ((Spot *) spot)->y;
  return copy;
}

GType spot_get_type (void);
G_DEFINE_BOXED_TYPE (Spot, spot, spot_copy, g_free)

typedef struct {
  int n_references;
  int number;
} Counted;

static gpointer
counted_ref (gpointer counted)
{
  ((Counted *) counted)->n_references++;
  return counted;
}

static void
counted_unref (gpointer counted)
{
}

GType counted_get_type (void);
G_DEFINE_BOXED_TYPE (Counted, counted, counted_ref, counted_unref)

/* What introspection makes of it has 12 bytes. The room is for sanitizers, since they do not know
 * that looking behind a copy is meant. */
typedef struct {
  guint a : 4;
  guint b : 4;
  guint c : 24;
} Bits;

static gpointer
bits_copy (gpointer bits)
{
  gpointer room = g_malloc0 (3 * sizeof (guint));

  return memcpy (room, bits, sizeof (Bits));
}

GType bits_get_type (void);
G_DEFINE_BOXED_TYPE (Bits, bits, bits_copy, g_free)

typedef struct {
  guint8 bytes[5000];
} Large;

static gpointer
large_copy (gpointer large)
{
  return g_memdup2 (large, sizeof (Large));
}

GType large_get_type (void);
G_DEFINE_BOXED_TYPE (Large, large, large_copy, g_free)

static void
assert_not_plain (GType type, gsize size, gsize alignment, FsmmError code, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_type_register_plain_layout (type, size, alignment, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
}

static void
test_plain_data (void)
{
  const FsmmTypeLayout layout = { .size = sizeof (Spot), .alignment = _Alignof (Spot) };
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmTypedPool) pool = NULL;
  const Spot here = { 1.5, 2.5F };
  Spot *spot;

  g_assert_true (fsmm_type_register_plain_layout (spot_get_type (), sizeof (Spot),
                                                  _Alignof (Spot), &error));
  g_assert_no_error (error);

  /* It is a layout as any other. */
  g_assert_true (fsmm_type_register_plain_layout (spot_get_type (), sizeof (Spot),
                                                  _Alignof (Spot), NULL));
  g_assert_true (fsmm_type_register_layout (spot_get_type (), &layout, NULL));
  assert_not_plain (spot_get_type (), 2 * sizeof (Spot), 0, FSMM_ERROR_INVALID_ARGUMENT,
                    "another layout");

  pool = fsmm_typed_pool_new (spot_get_type (), 0, &error);
  g_assert_no_error (error);
  spot = fsmm_typed_pool_construct_copy (pool, &here, NULL);
  g_assert_cmpfloat (spot->x, ==, 1.5);
  g_assert_cmpfloat (spot->y, ==, 2.5);
  g_assert_true (fsmm_typed_pool_destroy (pool, spot, NULL));
  spot = fsmm_typed_pool_construct (pool, NULL);
  g_assert_cmpfloat (spot->y, ==, 0);
}

static void
test_not_plain (void)
{
  assert_not_plain (G_TYPE_INT, 4, 4, FSMM_ERROR_UNSUPPORTED_TYPE, "gint is not a boxed type");
  assert_not_plain (large_get_type (), 0, 1, FSMM_ERROR_INVALID_ARGUMENT, "alloc-size is 0");
  assert_not_plain (large_get_type (), 8, 3, FSMM_ERROR_INVALID_ARGUMENT, "alignment is 3");
  assert_not_plain (G_TYPE_DATE, sizeof (GDate), _Alignof (GDate), FSMM_ERROR_INVALID_ARGUMENT,
                    "another layout");

  assert_not_plain (counted_get_type (), sizeof (Counted), _Alignof (Counted),
                    FSMM_ERROR_UNSUPPORTED_TYPE, "makes no copy");
  assert_not_plain (bits_get_type (), 3 * sizeof (guint), _Alignof (guint),
                    FSMM_ERROR_UNSUPPORTED_TYPE, "copies less");
  assert_not_plain (large_get_type (), sizeof (Large), 0, FSMM_ERROR_UNSUPPORTED_TYPE,
                    "too large to find out");

  /* None of these has registered anything: what they are can still be told. */
  g_assert_true (fsmm_type_register_plain_layout (bits_get_type (), sizeof (Bits),
                                                  _Alignof (Bits), NULL));
}

/* --- Ready layouts --- */

static void
test_ready_layout_is_kept (void)
{
  const FsmmTypeLayout mine = { .size = sizeof (GDate), .alignment = _Alignof (GDate) };

  assert_refused (G_TYPE_DATE, &mine, FSMM_ERROR_INVALID_ARGUMENT, "another layout");
}

static void
assert_string (FsmmBox *box, const char *expected)
{
  g_autofree char *string = fsmm_box_to_string (box);

  g_assert_cmpstr (string, ==, expected);
}

static void
test_values (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (G_TYPE_VALUE, 0, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  GValue *value = fsmm_box_get (box);
  GValue *copy;

  assert_string (box, "(unset)");
  g_value_init (value, G_TYPE_STRING);
  g_value_set_string (value, "owned by the value");
  assert_string (box, "\"owned by the value\"");

  copy = fsmm_typed_pool_construct_copy (pool, value, NULL);
  g_assert_cmpstr (g_value_get_string (copy), ==, "owned by the value");
  g_assert_true (g_value_get_string (copy) != g_value_get_string (value));
  g_assert_true (fsmm_typed_pool_destroy (pool, copy, NULL));

  copy = fsmm_typed_pool_construct_copy (pool, &(GValue) G_VALUE_INIT, NULL);
  g_assert_false (G_IS_VALUE (copy));
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 2);
}

static void
test_dates (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  GDate *date = fsmm_box_get (box);
  GDate *copy;

  g_assert_false (g_date_valid (date));
  assert_string (box, "(not a date)");
  g_date_set_dmy (date, 29, G_DATE_FEBRUARY, 2024);
  assert_string (box, "2024-02-29");

  copy = fsmm_typed_pool_construct_copy (pool, date, NULL);
  g_assert_cmpint (g_date_compare (date, copy), ==, 0);
  g_assert_true (fsmm_typed_pool_destroy (pool, copy, NULL));
}

static void
test_poll_fds (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (G_TYPE_POLLFD, 0, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  GPollFD *fd = fsmm_box_get (box);

  fd->fd = 5;
  fd->events = G_IO_IN;
  assert_string (box, "fd 5, events 0x1, revents 0x0");
}

static gpointer
copy_nothing (gpointer instance)
{
  return NULL;
}

static void
free_nothing (gpointer instance)
{
}

static void
test_no_copy_at_all (void)
{
  GType type = g_boxed_type_register_static ("NoCopy", copy_nothing, free_nothing);

  assert_not_plain (type, 8, 8, FSMM_ERROR_UNSUPPORTED_TYPE, "makes no copy");
}

/* What cannot be reported by g_boxed_copy (), or by a definition of a type, ends the program. */
static void
test_wrong_definition (void)
{
  const FsmmTypeLayout layout = { .size = 0 };

  if (g_test_subprocess ())
    {
      fsmm_boxed_type_register_layout (G_TYPE_BYTES, &layout);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*cannot register a layout for GBytes*");
}

static void
test_no_memory_for_a_copy (void)
{
  const FsmmTypeLayout layout = { .size = sizeof (Plain), .alignment = _Alignof (Plain) };

  if (g_test_subprocess ())
    {
      g_autoptr (FsmmTypedPool) pool = NULL;
      const Plain source = { 0 };

      fsmm_type_register_layout (plain_get_type (), &layout, NULL);
      pool = fsmm_typed_pool_new_full ("full", plain_get_type (), 0, 1, NULL);
      fsmm_boxed_copy (pool, &source);
      fsmm_boxed_copy (pool, &source);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*full*no room for 1 more*");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/type-layout/what-is-refused", test_what_is_refused);
  g_test_add_func ("/type-layout/one-layout-only", test_one_layout_only);
  g_test_add_func ("/type-layout/one-default-pool-only", test_one_default_pool_only);
  g_test_add_func ("/type-layout/plain/data", test_plain_data);
  g_test_add_func ("/type-layout/plain/not", test_not_plain);
  g_test_add_func ("/type-layout/plain/no-copy-at-all", test_no_copy_at_all);
  g_test_add_func ("/type-layout/wrong-definition", test_wrong_definition);
  g_test_add_func ("/type-layout/no-memory-for-a-copy", test_no_memory_for_a_copy);
  g_test_add_func ("/type-layout/ready/is-kept", test_ready_layout_is_kept);
  g_test_add_func ("/type-layout/ready/values", test_values);
  g_test_add_func ("/type-layout/ready/dates", test_dates);
  g_test_add_func ("/type-layout/ready/poll-fds", test_poll_fds);

  return g_test_run ();
}
