/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Counters for Sysprof. This program is both sides: it answers for the profiler, writes what it gets into
 * a capture, as that does, and reads the capture. */

#include "fsmm-test.h"

#include <gio/gio.h>
#include <gio/gunixconnection.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysprof-capture.h>


/* What the profiler has of Sysprof's own: no header of it is installed. */
typedef struct _MappedRingBuffer MappedRingBuffer;
typedef bool (*MappedRingBufferCallback) (const void *data, size_t *length, void *user_data);
MappedRingBuffer *mapped_ring_buffer_new_reader (size_t size);
int mapped_ring_buffer_get_fd (MappedRingBuffer *self);
bool
mapped_ring_buffer_drain (MappedRingBuffer *self, MappedRingBufferCallback callback, void *user_data);
void mapped_ring_buffer_unref (MappedRingBuffer *self);

#define RING_SIZE (1024 * 1024)

/* --- The profiler --- */

typedef struct {
  GUnixConnection *connection; /* (owned) */
  MappedRingBuffer *ring;      /* (owned) */
  SysprofCaptureWriter *writer;
  char *file; /* (owned) */
} Profiler;

/* To be called before there is a pool. */
static void
profiler_init (Profiler *self)
{
  g_autoptr (GSocket) socket = NULL;
  g_autofree char *number = NULL;
  int ends[2];
  int file = g_file_open_tmp ("fsmm-test-XXXXXX.syscap", &self->file, NULL);

  g_assert_cmpint (file, >=, 0);
  g_close (file, NULL);
  self->writer = sysprof_capture_writer_new (self->file, 0);
  /* It has to know nearly all numbers that there can be. */
  sysprof_capture_writer_request_counter (self->writer, 0xfffff0);

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, ends), ==, 0);
  number = g_strdup_printf ("%d", ends[1]);
  g_setenv ("SYSPROF_CONTROL_FD", number, TRUE);
  socket = g_socket_new_from_fd (ends[0], NULL);
  self->connection = G_UNIX_CONNECTION (g_socket_connection_factory_create_connection (socket));
  self->ring = mapped_ring_buffer_new_reader (RING_SIZE);
}

/* Gives the thread that asks what it writes to. */
static void
profiler_answer (Profiler *self)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (self->connection));
  char request[10];
  gsize n_read;

  g_assert_true (g_input_stream_read_all (stream, request, sizeof request, &n_read, NULL, NULL));
  g_assert_cmpmem (request, n_read, "CreatRing", sizeof request);
  g_assert_true (g_unix_connection_send_fd (self->connection, mapped_ring_buffer_get_fd (self->ring), NULL,
                                            NULL));
}

static bool
copy_frame (const void *data, size_t *length, void *writer)
{
  const SysprofCaptureFrame *frame = data;
  const SysprofCaptureCounterDefine *define = data;
  const SysprofCaptureCounterSet *set = data;

  if (frame->type == SYSPROF_CAPTURE_FRAME_CTRDEF)
    sysprof_capture_writer_define_counters (writer, frame->time, frame->cpu, frame->pid, define->counters,
                                            define->n_counters);
  for (guint i = 0; frame->type == SYSPROF_CAPTURE_FRAME_CTRSET && i < set->n_values; i++)
    sysprof_capture_writer_set_counters (writer, frame->time, frame->cpu, frame->pid,
                                         set->values[i].ids, set->values[i].values,
                                         G_N_ELEMENTS (set->values[i].ids));
  *length = frame->len;

  return true;
}

/* Long enough that everything has been looked at since. */
static void
profiler_wait (Profiler *self)
{
  for (guint i = 0; i < 4; i++)
    {
      g_usleep (100 * 1000);
      g_assert_true (mapped_ring_buffer_drain (self->ring, copy_frame, self->writer));
    }
}

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
read_capture (Profiler *profiler)
{
  GHashTable *counters = g_hash_table_new_full (NULL, NULL, NULL, counter_free);
  SysprofCaptureReader *reader;
  SysprofCaptureFrameType type;

  g_assert_true (sysprof_capture_writer_flush (profiler->writer));
  reader = sysprof_capture_reader_new (profiler->file);
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
  Profiler profiler = { 0 };
  g_autoptr (FsmmPool) pool = NULL;
  g_autoptr (FsmmPool) unnamed = NULL;
  FsmmPool *passing;
  g_autoptr (FsmmObjectPool) objects = NULL;
  g_autoptr (GHashTable) counters = NULL;
  gpointer blocks[30];
  FsmmLease *lease;

  profiler_init (&profiler);
  pool = fsmm_test_pool_new_named ("nodes", 64, 0);
  profiler_answer (&profiler);
  unnamed = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) 64, NULL);
  passing = fsmm_test_pool_new_named ("a name of many characters, the last of which is cut: é", 32, 0);
  objects = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_OBJECT, "name", "things", NULL);
  profiler_wait (&profiler);

  g_assert_true (fsmm_pool_alloc_many (pool, 30, blocks, NULL));
  lease = fsmm_object_pool_borrow (objects, NULL);
  g_assert_nonnull (lease);
  fsmm_test_alloc (passing);
  profiler_wait (&profiler);

  g_assert_true (fsmm_pool_free_many (pool, 20, blocks, NULL));
  fsmm_lease_unref (lease);
  fsmm_pool_free_all (passing);
  g_object_unref (passing);
  profiler_wait (&profiler);

  counters = read_capture (&profiler);
  print_counters (counters);
  assert_values (find_counter (counters, "Pool nodes", "live"), 3, (gint64[]) { 0, 30, 10 });
  assert_values (find_counter (counters, "Pool nodes", "reserved"), 2,
                 (gint64[]) { 0, (gint64) fsmm_pool_get_reserved_bytes (pool) });
  assert_values (find_counter (counters, "Pool things", "live"), 3, (gint64[]) { 0, 1, 0 });
  g_assert_null (find_counter (counters, "Pool things", "reserved"));
  assert_values (find_counter (counters, "Pool a name of many characters,", "live"), 3,
                 (gint64[]) { 0, 1, 0 });
  /* None of a pool without a name, nor of the library's own. */
  g_assert_cmpuint (g_hash_table_size (counters), ==, 5);

  g_assert_true (fsmm_pool_free_many (pool, 10, blocks + 20, NULL));
  sysprof_capture_writer_unref (profiler.writer);
  g_unlink (profiler.file);
  g_free (profiler.file);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/sysprof/capture", test_capture);

  return g_test_run ();
}
