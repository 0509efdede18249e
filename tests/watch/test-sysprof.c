/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Counters for Sysprof. This program is both sides: it answers for the profiler, has a capture written,
 * and reads it. */

#include "fsmm-test.h"

#include <glib/gstdio.h>

#include "profiler.h"


/* Long enough that everything has been looked at since. */
#define SETTLE_MS 400

/* --- What a capture has --- */

typedef struct {
  SysprofCaptureCounter counter;
  GArray *values; /* (owned) (element-type gint64): each that differs from the one before */
} Counter;

static void
counter_free (gpointer data)
{
  Counter *self = data;

  g_array_unref (self->values);
  g_free (self);
}

static void
add_value (GHashTable *counters, guint id, gint64 value)
{
  Counter *self = g_hash_table_lookup (counters, GUINT_TO_POINTER (id));

  if (self != NULL && (self->values->len == 0 ||
                       g_array_index (self->values, gint64, self->values->len - 1) != value))
    g_array_append_val (self->values, value);
}

static void
read_definition (GHashTable *counters, SysprofCaptureReader *reader)
{
  const SysprofCaptureCounterDefine *define = sysprof_capture_reader_read_counter_define (reader);

  for (guint i = 0; i < define->n_counters; i++)
    {
      Counter *counter = g_new0 (Counter, 1);

      counter->counter = define->counters[i];
      counter->values = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_assert_true (g_hash_table_insert (counters, GUINT_TO_POINTER (counter->counter.id), counter));
      add_value (counters, counter->counter.id, counter->counter.value.v64);
    }
}

static void
read_values (GHashTable *counters, SysprofCaptureReader *reader)
{
  const SysprofCaptureCounterSet *set = sysprof_capture_reader_read_counter_set (reader);

  for (guint i = 0; i < set->n_values; i++)
    for (guint k = 0; k < G_N_ELEMENTS (set->values[i].ids); k++)
      add_value (counters, set->values[i].ids[k], set->values[i].values[k].v64);
}

/* Returns: (transfer full) (element-type guint Counter) */
static GHashTable *
read_capture (const char *file)
{
  GHashTable *counters = g_hash_table_new_full (NULL, NULL, NULL, counter_free);
  SysprofCaptureReader *reader;
  SysprofCaptureFrameType type;

  reader = sysprof_capture_reader_new (file);
  g_assert_nonnull (reader);
  while (sysprof_capture_reader_peek_type (reader, &type))
    if (type == SYSPROF_CAPTURE_FRAME_CTRDEF)
      read_definition (counters, reader);
    else if (type == SYSPROF_CAPTURE_FRAME_CTRSET)
      read_values (counters, reader);
    else
      g_assert_true (sysprof_capture_reader_skip (reader));
  sysprof_capture_reader_unref (reader);

  return counters;
}

/* Returns: (transfer none) (nullable) */
static Counter *
find_counter (GHashTable *counters, const char *category, const char *name)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, counters);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Counter *self = value;

      if (g_str_equal (self->counter.category, category) && g_str_equal (self->counter.name, name))
        return self;
    }

  return NULL;
}

static void
print_counters (GHashTable *counters)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, counters);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_test_message ("%s: %s", ((Counter *) value)->counter.category, ((Counter *) value)->counter.name);
}

static void
assert_values (Counter *counter, gsize n, const gint64 *values)
{
  g_assert_nonnull (counter);
  g_assert_cmpmem (counter->values->data, counter->values->len * sizeof (gint64), values,
                   n * sizeof (gint64));
}

/* --- The tests --- */

static void
test_capture (void)
{
  static Profiler profiler;
  g_autofree char *file = NULL;
  g_autoptr (FsmmPool) pool = NULL;
  g_autoptr (FsmmPool) unnamed = NULL;
  FsmmPool *passing;
  g_autoptr (FsmmObjectPool) objects = NULL;
  g_autoptr (GHashTable) counters = NULL;
  gpointer blocks[30];
  FsmmLease *lease;

  g_close (g_file_open_tmp ("fsmm-test-XXXXXX.syscap", &file, NULL), NULL);
  profiler_init (&profiler, file);
  pool = fsmm_test_pool_new_named ("nodes", 64, 0);
  unnamed = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) 64, NULL);
  passing = fsmm_test_pool_new_named ("a name of many characters, the last of which is cut: é", 32, 0);
  objects = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_OBJECT, "name", "things", NULL);
  profiler_wait (&profiler, SETTLE_MS);

  g_assert_true (fsmm_pool_alloc_many (pool, 30, blocks, NULL));
  lease = fsmm_object_pool_borrow (objects, NULL);
  g_assert_nonnull (lease);
  fsmm_test_alloc (passing);
  profiler_wait (&profiler, SETTLE_MS);

  g_assert_true (fsmm_pool_free_many (pool, 20, blocks, NULL));
  fsmm_lease_unref (lease);
  fsmm_pool_free_all (passing);
  g_object_unref (passing);
  profiler_wait (&profiler, SETTLE_MS);

  profiler_clear (&profiler);
  counters = read_capture (file);
  print_counters (counters);
  assert_values (find_counter (counters, "Pool nodes", "live"), 3, (gint64[]) { 0, 30, 10 });
  assert_values (find_counter (counters, "Pool nodes", "reserved"), 2,
                 (gint64[]) { 0, (gint64) fsmm_pool_get_reserved_bytes (pool) });
  assert_values (find_counter (counters, "Pool things", "live"), 3, (gint64[]) { 0, 1, 0 });
  g_assert_null (find_counter (counters, "Pool things", "reserved"));
  assert_values (find_counter (counters, "Pool a name of many characters,", "live"), 3,
                 (gint64[]) { 0, 1, 0 });
  g_assert_cmpstr (find_counter (counters, "Pool things", "live")->counter.description, ==, "objects");
  g_assert_cmpstr (find_counter (counters, "Pool nodes", "live")->counter.description, ==, "blocks");
  g_assert_cmpstr (find_counter (counters, "Pool nodes", "reserved")->counter.description, ==, "bytes");
  /* None of a pool without a name, nor of the library's own. */
  g_assert_cmpuint (g_hash_table_size (counters), ==, 5);

  g_assert_true (fsmm_pool_free_many (pool, 10, blocks + 20, NULL));
  g_unlink (file);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sysprof/capture", test_capture);

  return g_test_run ();
}
