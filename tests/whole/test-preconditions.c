/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is not an object of the right type is refused by every call, with a critical message that
 * names the call, and does nothing. */

#include "fsmm-test.h"

#include <string.h>

/* @call as it was written: a name, and arguments. */
static void
expect_critical (const char *call)
{
  g_autofree char *pattern = g_strdup_printf ("%.*s: assertion*failed*",
                                              (int) strcspn (call, " "), call);

  g_test_expect_message ("Fsmm", G_LOG_LEVEL_CRITICAL, pattern);
}

/* Returns nothing of use. */
#define REFUSES(call)                                                                              \
  G_STMT_START                                                                                     \
  {                                                                                                \
    expect_critical (#call);                                                                       \
    g_assert_true (!(call));                                                                       \
    g_test_assert_expected_messages ();                                                            \
  }                                                                                                \
  G_STMT_END

#define REFUSES_VOID(call)                                                                         \
  G_STMT_START                                                                                     \
  {                                                                                                \
    expect_critical (#call);                                                                       \
    call;                                                                                          \
    g_test_assert_expected_messages ();                                                            \
  }                                                                                                \
  G_STMT_END

static void
never_called (gpointer block, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
assert_no_pool (gpointer object)
{
  FsmmPool *pool = object;
  gpointer blocks[1] = { NULL };

  REFUSES (fsmm_pool_alloc (pool, NULL));
  REFUSES (fsmm_pool_alloc0 (pool, NULL));
  REFUSES (fsmm_pool_free (pool, blocks, NULL));
  REFUSES (fsmm_pool_alloc_many (pool, 1, blocks, NULL));
  REFUSES (fsmm_pool_free_many (pool, 1, blocks, NULL));
  REFUSES (fsmm_pool_free_all (pool));
  REFUSES (fsmm_pool_reserve (pool, 1, NULL));
  REFUSES (fsmm_pool_trim (pool));
  REFUSES (fsmm_pool_is_allocated (pool, blocks));
  REFUSES_VOID (fsmm_pool_foreach (pool, never_called, NULL));
  REFUSES (fsmm_pool_acquire (pool, NULL));
  REFUSES (fsmm_pool_dump (pool));
  REFUSES (fsmm_pool_get_name (pool));
  REFUSES (fsmm_pool_get_alloc_size (pool));
  REFUSES (fsmm_pool_get_block_size (pool));
  REFUSES (fsmm_pool_get_chunk_bytes (pool));
  REFUSES (fsmm_pool_get_alignment (pool));
  REFUSES (fsmm_pool_get_max_blocks (pool));
  REFUSES (fsmm_pool_get_n_chunks (pool));
  REFUSES (fsmm_pool_get_n_allocated (pool));
  REFUSES (fsmm_pool_get_n_free (pool));
  REFUSES (fsmm_pool_get_peak_allocated (pool));
  REFUSES (fsmm_pool_get_reserved_bytes (pool));
}

static void
assert_no_typed_pool (gpointer object)
{
  FsmmTypedPool *pool = object;
  int source = 0;

  REFUSES (fsmm_typed_pool_construct (pool, NULL));
  REFUSES (fsmm_typed_pool_construct_copy (pool, &source, NULL));
  REFUSES (fsmm_typed_pool_destroy (pool, &source, NULL));
  REFUSES (fsmm_typed_pool_alloc (pool, NULL));
  REFUSES (fsmm_typed_pool_alloc_value (pool, NULL, NULL));
  REFUSES (fsmm_typed_pool_free_all (pool));
  REFUSES_VOID (fsmm_typed_pool_foreach (pool, never_called, NULL));
  REFUSES (fsmm_typed_pool_get_item_type (pool));
  REFUSES (fsmm_typed_pool_get_pool (pool));
  REFUSES (fsmm_typed_pool_get_name (pool));
  REFUSES (fsmm_typed_pool_get_max_blocks (pool));
  REFUSES (fsmm_typed_pool_get_n_allocated (pool));
  REFUSES (fsmm_typed_pool_get_peak_allocated (pool));
}

static void
assert_no_monitor (gpointer object)
{
  FsmmMonitor *monitor = object;

  REFUSES_VOID (fsmm_monitor_refresh (monitor));
  REFUSES (fsmm_monitor_get_stats (monitor));
  REFUSES_VOID (fsmm_monitor_set_interval (monitor, 0));
  REFUSES (fsmm_monitor_get_interval (monitor));
}

static void
assert_no_pool_info (gpointer object)
{
  FsmmPoolInfo *info = object;

  REFUSES (fsmm_pool_info_get_id (info));
  REFUSES (fsmm_pool_info_get_name (info));
  REFUSES (fsmm_pool_info_get_kind (info));
  REFUSES (fsmm_pool_info_get_item_type (info) != G_TYPE_NONE);
  REFUSES (fsmm_pool_info_get_alloc_size (info));
  REFUSES (fsmm_pool_info_get_n_allocated (info));
  REFUSES (fsmm_pool_info_get_peak_allocated (info));
  REFUSES (fsmm_pool_info_get_max_blocks (info));
  REFUSES (fsmm_pool_info_get_n_waiting (info));
  REFUSES (fsmm_pool_info_get_reserved_bytes (info));
  REFUSES (fsmm_pool_info_get_alloc_rate (info) > 0);
  REFUSES (fsmm_pool_info_dup_pool (info));
}

static void
test_no_object (void)
{
  assert_no_pool (NULL);
  assert_no_typed_pool (NULL);
  assert_no_monitor (NULL);
  assert_no_pool_info (NULL);
}

/* Each is the other's wrong type, and so is any object. */
static void
test_wrong_object (void)
{
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmTypedPool) typed_pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);

  assert_no_pool (object);
  assert_no_pool (typed_pool);
  assert_no_typed_pool (object);
  assert_no_typed_pool (pool);
  assert_no_monitor (object);
  assert_no_pool_info (pool);

  fsmm_test_assert_counts (pool, 0, 0);
  fsmm_test_assert_live (typed_pool, 0);
}

static void
test_no_handle (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("x", 1);
  gsize n_read;

  REFUSES (fsmm_block_ref (NULL));
  REFUSES_VOID (fsmm_block_unref (NULL));
  REFUSES (fsmm_block_get_size (NULL));
  REFUSES (fsmm_block_get_address (NULL));
  REFUSES (fsmm_block_is_live (NULL));
  REFUSES (fsmm_block_release (NULL, NULL));
  REFUSES (fsmm_block_read (NULL, 0, 1, &n_read, NULL));
  REFUSES (fsmm_block_write (NULL, 0, (const guint8 *) "x", 1, NULL));
  REFUSES (fsmm_block_write_bytes (NULL, 0, bytes, NULL));
  REFUSES (fsmm_block_get_bytes (NULL, NULL));

  REFUSES (fsmm_box_ref (NULL));
  REFUSES_VOID (fsmm_box_unref (NULL));
  REFUSES (fsmm_box_new_take (NULL, NULL, NULL));
  REFUSES (fsmm_box_get (NULL));
  REFUSES (fsmm_box_get_as (NULL, G_TYPE_DATE));
  REFUSES (fsmm_box_get_pool (NULL));
  REFUSES (fsmm_box_steal (NULL));
  REFUSES_VOID (fsmm_box_drop (NULL));
  REFUSES (fsmm_box_is_live (NULL));
  REFUSES (fsmm_box_peek (NULL, NULL));
  REFUSES (fsmm_box_set_value (NULL, NULL, NULL));
  REFUSES (fsmm_box_to_string (NULL));
}

static void
test_no_arguments (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (FsmmBlock) block = fsmm_pool_acquire (pool, NULL);
  g_autoptr (FsmmTypedPool) typed_pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);

  REFUSES (fsmm_block_read (block, 0, 1, NULL, NULL));
  REFUSES (fsmm_block_write (block, 0, NULL, 1, NULL));
  REFUSES (fsmm_block_write_bytes (block, 0, NULL, NULL));
  REFUSES_VOID (fsmm_pool_foreach (pool, NULL, NULL));
  REFUSES_VOID (fsmm_typed_pool_foreach (typed_pool, NULL, NULL));

  fsmm_test_assert_counts (pool, 1, 1);
}

/* An error that is there already would be lost. */
static void
test_set_error (void)
{
  GError *error = g_error_new_literal (FSMM_ERROR, FSMM_ERROR_EXHAUSTED, "from before");

  REFUSES (fsmm_pool_new (64, 0, &error));
  REFUSES (fsmm_pool_new_full (NULL, 64, 0, 0, 0, &error));
  REFUSES (fsmm_typed_pool_new (G_TYPE_DATE, 0, &error));
  REFUSES (fsmm_typed_pool_new_full (NULL, G_TYPE_DATE, 0, 0, &error));
  g_assert_cmpstr (error->message, ==, "from before");
  g_error_free (error);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/preconditions/no-object", test_no_object);
  g_test_add_func ("/preconditions/wrong-object", test_wrong_object);
  g_test_add_func ("/preconditions/no-handle", test_no_handle);
  g_test_add_func ("/preconditions/no-arguments", test_no_arguments);
  g_test_add_func ("/preconditions/set-error", test_set_error);

  return g_test_run ();
}
