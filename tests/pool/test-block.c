/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <string.h>

static FsmmBlock *
acquire (FsmmPool *pool)
{
  g_autoptr (GError) error = NULL;
  FsmmBlock *block = fsmm_pool_acquire (pool, &error);

  g_assert_no_error (error);
  g_assert_nonnull (block);

  return block;
}

static void
assert_reads (FsmmBlock *block, gsize offset, const char *expected, gsize n_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *bytes = NULL;
  gsize n_read;

  bytes = fsmm_block_read (block, offset, n_bytes, &n_read, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (bytes, n_read, expected, n_bytes);
}

/* Asserts that the handle is of no use, and that every call says so. */
static void
assert_released (FsmmBlock *block)
{
  GError *errors[5] = { NULL };
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  gsize n_read = 1;

  g_assert_false (fsmm_block_is_live (block));
  g_assert_null (fsmm_block_get_address (block));
  g_assert_null (fsmm_block_read (block, 0, 1, &n_read, &errors[0]));
  g_assert_cmpuint (n_read, ==, 0);
  g_assert_false (fsmm_block_write (block, 0, (const guint8 *) "x", 1, &errors[1]));
  g_assert_false (fsmm_block_write_bytes (block, 0, bytes, &errors[2]));
  g_assert_null (fsmm_block_get_bytes (block, &errors[3]));
  g_assert_false (fsmm_block_release (block, &errors[4]));

  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_assert_error (errors[i], FSMM_ERROR, FSMM_ERROR_RELEASED);
      g_assert_nonnull (strstr (errors[i]->message, "\"test\""));
      g_error_free (errors[i]);
    }
}

static void
test_starts_as_zeroes (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  const char zeroes[64] = { 0 };

  gpointer dirty = memset (fsmm_test_alloc (pool), 0xff, 64);

  fsmm_test_free (pool, dirty);

  {
    g_autoptr (FsmmBlock) block = acquire (pool);

    g_assert_cmpuint (fsmm_block_get_size (block), ==, 64);
    assert_reads (block, 0, zeroes, 64);
  }
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_reads_what_was_written (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("tail", 4);

  g_assert_true (fsmm_block_write (block, 8, (const guint8 *) "hello", 5, NULL));
  assert_reads (block, 8, "hello", 5);
  assert_reads (block, 7, "\0hello\0", 7);
  g_assert_true (fsmm_block_write_bytes (block, 60, bytes, NULL));
  assert_reads (block, 60, "tail", 4);
  assert_reads (block, 64, "", 0);
  g_assert_true (fsmm_block_write (block, 64, NULL, 0, NULL));
  g_assert_cmpmem ((char *) fsmm_block_get_address (block) + 8, 5, "hello", 5);
}

/* What is written may be a part of the same block: AddressSanitizer sees where that is forgotten. */
static void
test_writes_from_itself (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  const guint8 *start = fsmm_block_get_address (block);

  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "abcdefghij", 10, NULL));
  g_assert_true (fsmm_block_write (block, 3, start, 10, NULL));
  assert_reads (block, 0, "abcabcdefghij", 13);
  g_assert_true (fsmm_block_write (block, 0, start + 3, 10, NULL));
  assert_reads (block, 0, "abcdefghijhij", 13);
}

static void
test_bounds_are_checked (void)
{
  const gsize ranges[][2] = { { 64, 1 }, { 65, 0 }, { 0, 65 }, { 60, 5 }, { 1, G_MAXSIZE },
                              { G_MAXSIZE, 1 }, { G_MAXSIZE, G_MAXSIZE }, { 32, G_MAXSIZE - 16 } };
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  const guint8 data[1] = { 1 };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      g_autoptr (GError) read_error = NULL;
      g_autoptr (GError) write_error = NULL;
      gsize n_read;

      g_assert_null (fsmm_block_read (block, ranges[i][0], ranges[i][1], &n_read, &read_error));
      g_assert_error (read_error, FSMM_ERROR, FSMM_ERROR_OUT_OF_RANGE);
      g_assert_nonnull (strstr (read_error->message, "the block has 64"));
      g_assert_false (fsmm_block_write (block, ranges[i][0], data, ranges[i][1], &write_error));
      g_assert_error (write_error, FSMM_ERROR, FSMM_ERROR_OUT_OF_RANGE);
    }
  g_assert_true (fsmm_block_is_live (block));
}

static void
test_release_gives_back_once (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  g_autoptr (FsmmBlock) other = NULL;

  g_assert_true (fsmm_block_release (block, NULL));
  fsmm_test_assert_counts (pool, 0, 1);
  assert_released (block);

  /* The next handle gets the same memory: the old one must not reach it. */
  other = acquire (pool);
  g_assert_true (fsmm_block_is_live (other));
  assert_released (block);
  fsmm_test_assert_counts (pool, 1, 1);
}

/* The block of a handle cannot be freed by its address. */
static void
test_only_the_handle_gives_back (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  g_autoptr (GError) error = NULL;
  gpointer address = fsmm_block_get_address (block);

  g_assert_false (fsmm_pool_free (pool, address, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER);
  g_assert_nonnull (strstr (error->message, "belongs to a handle"));
  g_assert_true (fsmm_pool_is_allocated (pool, address));
  g_assert_true (fsmm_block_is_live (block));
  g_assert_true (fsmm_block_release (block, NULL));
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_last_reference_gives_back (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmBlock *block = acquire (pool);
  FsmmBlock *copy = g_boxed_copy (FSMM_TYPE_BLOCK, block);

  g_assert_true (copy == block);
  fsmm_block_unref (block);
  fsmm_test_assert_counts (pool, 1, 1);
  g_boxed_free (FSMM_TYPE_BLOCK, copy);
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_keeps_its_pool_alive (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 1024);
  FsmmBlock *block = acquire (pool);

  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "x", 1, NULL));
  fsmm_block_unref (block);
  g_assert_null (pool);
}

static void
test_free_all_ends_handles (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  g_autoptr (FsmmBlock) other = NULL;

  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  assert_released (block);
  other = acquire (pool);
  assert_released (block);
  g_assert_true (fsmm_block_is_live (other));
  fsmm_test_assert_counts (pool, 1, 1);
}

static void
test_dropped_after_free_all (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmBlock *block = acquire (pool);

  fsmm_pool_free_all (pool);
  fsmm_test_alloc (pool);
  fsmm_block_unref (block);
  fsmm_test_assert_counts (pool, 1, 1);
}

static void
test_bytes_are_the_blocks_own (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = acquire (pool);
  g_autoptr (GBytes) bytes = fsmm_block_get_bytes (block, NULL);
  gsize size;

  g_assert_true (g_bytes_get_data (bytes, &size) == fsmm_block_get_address (block));
  g_assert_cmpuint (size, ==, 64);
  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "late", 4, NULL));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "late", 4);
}

static void
test_bytes_outlive_the_release (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmBlock *block = acquire (pool);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) more = NULL;

  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "kept", 4, NULL));
  bytes = fsmm_block_get_bytes (block, NULL);
  more = fsmm_block_get_bytes (block, NULL);

  g_assert_true (fsmm_block_release (block, NULL));
  assert_released (block);
  fsmm_block_unref (block);
  fsmm_test_assert_counts (pool, 1, 1);
  g_clear_pointer (&more, g_bytes_unref);
  fsmm_test_assert_counts (pool, 1, 1);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "kept", 4);

  g_clear_pointer (&bytes, g_bytes_unref);
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_bytes_outlive_free_all_and_pool (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);
  FsmmBlock *block = acquire (pool);
  GBytes *bytes;

  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "kept", 4, NULL));
  bytes = fsmm_block_get_bytes (block, NULL);

  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  assert_released (block);
  fsmm_test_assert_counts (pool, 0, 0);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "kept", 4);

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "kept", 4);

  fsmm_block_unref (block);
  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  g_object_unref (pool);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 4, "kept", 4);
  g_assert_nonnull (pool);
  g_bytes_unref (bytes);
  g_assert_null (pool);
}

/* Threads that read, write, hold bytes and release while another drops everything. */
typedef struct {
  FsmmPool *pool;
  gint stop; /* (atomic) */
} Turmoil;

static gpointer
use_handles (gpointer data)
{
  Turmoil *turmoil = data;

  while (!g_atomic_int_get (&turmoil->stop))
    {
      g_autoptr (FsmmBlock) block = fsmm_pool_acquire (turmoil->pool, NULL);
      g_autoptr (GBytes) bytes = NULL;
      gsize n_read;

      fsmm_block_write (block, 0, (const guint8 *) "abcdefgh", 8, NULL);
      bytes = fsmm_block_get_bytes (block, NULL);
      g_free (fsmm_block_read (block, 0, 64, &n_read, NULL));
      fsmm_block_release (block, NULL);
      if (bytes != NULL)
        g_assert_cmpmem (g_bytes_get_data (bytes, NULL), 1, "a", 1);
    }

  return NULL;
}

static void
test_handles_under_free_all (void)
{
  Turmoil turmoil = { fsmm_test_pool_new (64, 1024), 0 };
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("use", use_handles, &turmoil);
  for (guint i = fsmm_test_is_slow_environment () ? 25 : 500; i > 0; i--)
    {
      fsmm_pool_free_all (turmoil.pool);
      fsmm_pool_trim (turmoil.pool);
      g_usleep (200);
    }
  g_atomic_int_set (&turmoil.stop, 1);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  fsmm_test_assert_sound (turmoil.pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (turmoil.pool), ==, 0);
  g_object_unref (turmoil.pool);
}

/* Of threads that release the same handle exactly one succeeds. */
static gpointer
release_and_count (gpointer data)
{
  g_autoptr (GError) error = NULL;

  return GSIZE_TO_POINTER (fsmm_block_release (data, &error));
}

static void
test_racing_releases (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  for (guint round = 0; round < 500; round++)
    {
      FsmmBlock *block = acquire (pool);
      GThread *one = g_thread_new ("release", release_and_count, block);
      GThread *two = g_thread_new ("release", release_and_count, block);
      gsize n_released = GPOINTER_TO_SIZE (g_thread_join (one));

      n_released += GPOINTER_TO_SIZE (g_thread_join (two));
      g_assert_cmpuint (n_released, ==, 1);
      fsmm_block_unref (block);
      fsmm_test_assert_counts (pool, 0, 1);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/block/starts-as-zeroes", test_starts_as_zeroes);
  g_test_add_func ("/block/reads-what-was-written", test_reads_what_was_written);
  g_test_add_func ("/block/writes-from-itself", test_writes_from_itself);
  g_test_add_func ("/block/bounds-are-checked", test_bounds_are_checked);
  g_test_add_func ("/block/release-gives-back-once", test_release_gives_back_once);
  g_test_add_func ("/block/only-the-handle-gives-back", test_only_the_handle_gives_back);
  g_test_add_func ("/block/last-reference-gives-back", test_last_reference_gives_back);
  g_test_add_func ("/block/keeps-its-pool-alive", test_keeps_its_pool_alive);
  g_test_add_func ("/block/free-all-ends-handles", test_free_all_ends_handles);
  g_test_add_func ("/block/dropped-after-free-all", test_dropped_after_free_all);
  g_test_add_func ("/block/bytes/are-the-blocks-own", test_bytes_are_the_blocks_own);
  g_test_add_func ("/block/bytes/outlive-the-release", test_bytes_outlive_the_release);
  g_test_add_func ("/block/bytes/outlive-free-all-and-pool", test_bytes_outlive_free_all_and_pool);
  g_test_add_func ("/block/handles-under-free-all", test_handles_under_free_all);
  g_test_add_func ("/block/racing-releases", test_racing_releases);

  return g_test_run ();
}
