/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "no-memory-calls.h"

#include "fsmm-glib/engine/chunk/fsmm-page-map.h"

#include <string.h>

typedef struct {
  char *text; /* (owned) */
} Note;

static gint n_made, n_cleared; /* (atomic) */

static void
note_init (Note *self)
{
  self->text = g_strdup ("new");
  g_atomic_int_inc (&n_made);
}

static void
note_copy (const Note *source, Note *destination)
{
  destination->text = g_strdup (source->text);
  g_atomic_int_inc (&n_made);
}

static void
note_clear (Note *self)
{
  g_free (self->text);
  g_atomic_int_inc (&n_cleared);
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Note, note, note_init, note_copy, note_clear, NULL, {})

typedef struct {
  double x, y;
} Point;

GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

static Note a_note = { (char *) "a note" };

/* --- What calls are made on --- */

/* Where handles are kept: no pool that could be asked. */
static FsmmStore *
get_handle_store (void)
{
  static FsmmStore *store;

  if (store == NULL)
    {
      g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
      g_autoptr (FsmmBlock) block = fsmm_pool_acquire (pool, NULL);

      store = fsmm_page_map_find_store (block);
      g_assert_nonnull (store);
    }

  return store;
}

static gsize
count_handles (void)
{
  FsmmHeapStats stats;

  fsmm_heap_get_stats (get_handle_store (), &stats);

  return stats.n_live;
}

void
world_init (World *w)
{
  get_handle_store ();
  *w = (World) { .value = G_VALUE_INIT };
  w->pool = fsmm_test_pool_new (1024, 16384);
  w->notes = fsmm_typed_pool_new_full ("test", note_get_type (), 1024, 0, NULL);
  w->points = fsmm_typed_pool_new_full ("test", point_get_type (), 1024, 0, NULL);
  g_value_init (&w->value, note_get_type ());
  g_value_set_static_boxed (&w->value, &a_note);

  /* The memory of handles is one for the process: what others have left in it goes back. */
  fsmm_pool_trim (w->pool);
}

gsize
world_n_live (World *w)
{
  return fsmm_pool_get_n_allocated (w->pool) + fsmm_typed_pool_get_n_allocated (w->notes) +
         fsmm_typed_pool_get_n_allocated (w->points) + count_handles ();
}

gsize
world_n_chunks (World *w)
{
  return fsmm_pool_get_n_chunks (w->pool) +
         fsmm_pool_get_n_chunks (fsmm_typed_pool_get_pool (w->notes)) +
         fsmm_pool_get_n_chunks (fsmm_typed_pool_get_pool (w->points));
}

void
world_assert_sound (World *w)
{
  g_autofree char *fault = fsmm_heap_find_fault (get_handle_store ());

  g_assert_cmpstr (fault, ==, NULL);
  fsmm_test_assert_sound (w->pool);
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (w->notes));
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (w->points));
}

void
world_clear (World *w)
{
  world_assert_sound (w);
  g_assert_cmpuint (world_n_live (w), ==, 0);
  g_assert_cmpint (n_made, ==, n_cleared);

  fsmm_pool_trim (w->pool);
  fsmm_test_assert_counts (w->pool, 0, 0);
  g_object_unref (w->pool);
  g_object_unref (w->notes);
  g_object_unref (w->points);
}

/* --- Raw blocks --- */

static gboolean
make_alloc (World *w, GError **error)
{
  return (w->blocks[0] = fsmm_pool_alloc (w->pool, error)) != NULL;
}

static gboolean
make_alloc0 (World *w, GError **error)
{
  return (w->blocks[0] = fsmm_pool_alloc0 (w->pool, error)) != NULL;
}

static void
prepare_block (World *w)
{
  w->blocks[0] = fsmm_test_alloc (w->pool);
}

static void
undo_block (World *w)
{
  fsmm_test_free (w->pool, w->blocks[0]);
}

static gboolean
make_alloc_many (World *w, GError **error)
{
  return fsmm_pool_alloc_many (w->pool, MANY, w->blocks, error);
}

static void
prepare_many (World *w)
{
  g_assert_true (fsmm_pool_alloc_many (w->pool, MANY, w->blocks, NULL));
}

static void
undo_many (World *w)
{
  g_assert_true (fsmm_pool_free_many (w->pool, MANY, w->blocks, NULL));
}

static gboolean
make_reserve (World *w, GError **error)
{
  return fsmm_pool_reserve (w->pool, MANY, error);
}

static void
undo_reserve (World *w)
{
  g_assert_cmpuint (fsmm_pool_get_n_free (w->pool), >=, MANY);
  fsmm_pool_trim (w->pool);
}

static gboolean
make_free (World *w, GError **error)
{
  return fsmm_pool_free (w->pool, w->blocks[0], error);
}

static gboolean
make_free_many (World *w, GError **error)
{
  return fsmm_pool_free_many (w->pool, MANY, w->blocks, error);
}

static gboolean
make_fsmm_free (World *w, GError **error)
{
  fsmm_free (w->blocks[0]);

  return TRUE;
}

static gboolean
make_free_all (World *w, GError **error)
{
  return fsmm_pool_free_all (w->pool) == MANY;
}

static gboolean
make_trim (World *w, GError **error)
{
  undo_many (w);

  return fsmm_pool_trim (w->pool) > 0;
}

static void
count_block (gpointer block, gpointer user_data)
{
  guint *n_blocks = user_data;

  (*n_blocks)++;
}

static gboolean
make_queries (World *w, GError **error)
{
  guint n_blocks = 0;

  fsmm_pool_foreach (w->pool, count_block, &n_blocks);

  return n_blocks == MANY && fsmm_pool_is_allocated (w->pool, w->blocks[0]) &&
         fsmm_pool_for_block (w->blocks[0]) == w->pool;
}

static gboolean
make_refused_free (World *w, GError **error)
{
  return !fsmm_test_try_free (w->pool, (guint8 *) w->blocks[0] + 8);
}

/* --- Handles --- */

static gboolean
make_acquire (World *w, GError **error)
{
  return (w->handle = fsmm_pool_acquire (w->pool, error)) != NULL;
}

static void
prepare_handle (World *w)
{
  w->handle = fsmm_pool_acquire (w->pool, NULL);
  g_assert_nonnull (w->handle);
}

static void
undo_handle (World *w)
{
  fsmm_block_unref (w->handle);
}

static gboolean
make_get_bytes (World *w, GError **error)
{
  return (w->bytes = fsmm_block_get_bytes (w->handle, error)) != NULL;
}

static void
undo_bytes (World *w)
{
  g_bytes_unref (w->bytes);
}

static gboolean
make_read_and_write (World *w, GError **error)
{
  g_autofree guint8 *bytes = NULL;
  gsize n_read;

  if (!fsmm_block_write (w->handle, 0, (const guint8 *) "text", 4, error))
    return FALSE;
  bytes = fsmm_block_read (w->handle, 0, 4, &n_read, error);

  return bytes != NULL && memcmp (bytes, "text", 4) == 0;
}

static gboolean
make_release (World *w, GError **error)
{
  return fsmm_block_release (w->handle, error);
}

/* --- Instances and boxes --- */

static gboolean
make_construct (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_construct (w->notes, error)) != NULL;
}

static gboolean
make_construct_copy (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_construct_copy (w->notes, &a_note, error)) != NULL;
}

static void
undo_instance (World *w)
{
  fsmm_test_destroy (w->notes, w->handle);
}

static void
prepare_instance (World *w)
{
  w->handle = fsmm_test_construct (w->notes);
}

static gboolean
make_construct_bytes (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_construct (w->points, error)) != NULL;
}

static gboolean
make_copy_bytes (World *w, GError **error)
{
  const Point here = { 1, 2 };

  return (w->handle = fsmm_typed_pool_construct_copy (w->points, &here, error)) != NULL;
}

static void
undo_bytes_instance (World *w)
{
  fsmm_test_destroy (w->points, w->handle);
}

static gboolean
make_destroy (World *w, GError **error)
{
  return fsmm_typed_pool_destroy (w->notes, w->handle, error);
}

static gboolean
make_typed_free_all (World *w, GError **error)
{
  return fsmm_typed_pool_free_all (w->notes) == 1;
}

static gboolean
make_box (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_alloc (w->notes, error)) != NULL;
}

static gboolean
make_box_of_value (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_alloc_value (w->notes, &w->value, error)) != NULL;
}

static gboolean
make_box_of_bytes (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_alloc (w->points, error)) != NULL;
}

/* The instance stays where it is if there is no memory for its box. */
static gboolean
make_box_of_instance (World *w, GError **error)
{
  FsmmBox *box = fsmm_box_new_take (w->notes, w->handle, error);

  if (box != NULL)
    w->handle = box;
  return box != NULL;
}

static void
prepare_box (World *w)
{
  w->handle = fsmm_typed_pool_alloc (w->notes, NULL);
  g_assert_nonnull (w->handle);
}

static void
undo_box (World *w)
{
  fsmm_box_unref (w->handle);
}

static gboolean
make_set_and_peek (World *w, GError **error)
{
  return fsmm_box_set_value (w->handle, &w->value, error) &&
         fsmm_box_peek (w->handle, error) != NULL;
}

static gboolean
make_drop (World *w, GError **error)
{
  fsmm_box_drop (w->handle);

  return TRUE;
}

static gboolean
make_steal (World *w, GError **error)
{
  gpointer instance = fsmm_box_steal (w->handle);

  return instance != NULL && fsmm_typed_pool_destroy (w->notes, instance, error);
}

/* --- Pools and types --- */

static gboolean
make_pool (World *w, GError **error)
{
  return (w->handle = fsmm_pool_new (64, 0, error)) != NULL;
}

static gboolean
make_typed_pool (World *w, GError **error)
{
  return (w->handle = fsmm_typed_pool_new (note_get_type (), 0, error)) != NULL;
}

static void
undo_pool (World *w)
{
  g_object_unref (w->handle);
}

static gpointer
plain_copy (gpointer plain)
{
  return g_memdup2 (plain, sizeof (Point));
}

/* A type that has no layout yet: types cannot be taken back. */
static void
prepare_type (World *w)
{
  static guint n_types;
  g_autofree char *name = g_strdup_printf ("Plain%u", n_types++);

  w->handle = GSIZE_TO_POINTER (g_boxed_type_register_static (name, plain_copy, g_free));
}

static gboolean
make_layout (World *w, GError **error)
{
  const FsmmTypeLayout layout = { .size = sizeof (Point) };

  return fsmm_type_register_layout (GPOINTER_TO_SIZE (w->handle), &layout, error);
}

static gboolean
make_plain_layout (World *w, GError **error)
{
  return fsmm_type_register_plain_layout (GPOINTER_TO_SIZE (w->handle), sizeof (Point), 0, error);
}

static void
assert_has_layout (World *w)
{
  g_assert_nonnull (fsmm_typed_pool_get_default (GPOINTER_TO_SIZE (w->handle)));
}

/* What the first block of a pool takes that it cannot do without: room in the table of chunks, a
 * segment, its memory, the chunk. A handle takes all that once more, but for the table, which is
 * there since the first one. A place in the thread's table and a cache are not missed. */
#define CHUNK 4
#define HANDLE 7
#define HANDLE_ALONE (HANDLE - CHUNK)
/* Seven chunks in two segments, and the question whether the system could hold them. */
#define SEVEN_CHUNKS 13

const Call no_memory_calls[N_CALLS] = {
  { "alloc", make_alloc, undo_block, NULL, NULL, CHUNK },
  { "alloc0", make_alloc0, undo_block, NULL, NULL, CHUNK },
  { "alloc-many", make_alloc_many, undo_many, NULL, NULL, SEVEN_CHUNKS },
  { "reserve", make_reserve, undo_reserve, NULL, NULL, SEVEN_CHUNKS },
  { "acquire", make_acquire, undo_handle, NULL, NULL, HANDLE },
  { "get-bytes", make_get_bytes, undo_bytes, prepare_handle, undo_handle, 1 },
  { "read-and-write", make_read_and_write, NULL, prepare_handle, undo_handle, 0 },
  { "release", make_release, NULL, prepare_handle, undo_handle, 0 },
  { "free", make_free, NULL, prepare_block, NULL, 0 },
  { "free-many", make_free_many, NULL, prepare_many, NULL, 0 },
  { "fsmm-free", make_fsmm_free, NULL, prepare_block, NULL, 0 },
  { "free-all", make_free_all, NULL, prepare_many, NULL, 0 },
  { "trim", make_trim, NULL, prepare_many, NULL, 0 },
  { "queries", make_queries, NULL, prepare_many, undo_many, 0 },
  { "refused-free", make_refused_free, NULL, prepare_block, undo_block, 0 },
  { "construct", make_construct, undo_instance, NULL, NULL, CHUNK },
  { "construct-copy", make_construct_copy, undo_instance, NULL, NULL, CHUNK },
  { "construct-without-functions", make_construct_bytes, undo_bytes_instance, NULL, NULL, CHUNK },
  { "copy-without-functions", make_copy_bytes, undo_bytes_instance, NULL, NULL, CHUNK },
  { "destroy", make_destroy, NULL, prepare_instance, NULL, 0 },
  { "typed-free-all", make_typed_free_all, NULL, prepare_instance, NULL, 0 },
  { "box", make_box, undo_box, NULL, NULL, HANDLE },
  { "box-of-value", make_box_of_value, undo_box, NULL, NULL, HANDLE },
  { "box-without-functions", make_box_of_bytes, undo_box, NULL, NULL, HANDLE },
  { "box-of-instance", make_box_of_instance, undo_box, prepare_instance, NULL, HANDLE_ALONE },
  { "box-set-and-peek", make_set_and_peek, NULL, prepare_box, undo_box, 0 },
  { "box-drop", make_drop, NULL, prepare_box, undo_box, 0 },
  { "box-steal", make_steal, NULL, prepare_box, undo_box, 0 },
  { "pool", make_pool, undo_pool, NULL, NULL, 0 },
  { "typed-pool", make_typed_pool, undo_pool, NULL, NULL, 0 },
  { "layout", make_layout, assert_has_layout, prepare_type, NULL, 0 },
  { "plain-layout", make_plain_layout, assert_has_layout, prepare_type, NULL, CHUNK },
};
