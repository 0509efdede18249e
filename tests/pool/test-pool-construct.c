/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <string.h>

static void
never_called (gpointer block, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
assert_refused (guint64 alloc_size, guint64 alignment, guint64 chunk_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) alloc_error = NULL;
  g_autoptr (GError) free_error = NULL;
  g_autoptr (GError) acquire_error = NULL;
  g_autoptr (GError) reserve_error = NULL;
  g_autoptr (FsmmPool) pool = NULL;
  gpointer block;

  g_assert_null (g_initable_new (FSMM_TYPE_POOL, NULL, &error,
                                 "alloc-size", alloc_size,
                                 "alignment", alignment,
                                 "chunk-bytes", chunk_bytes,
                                 NULL));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);

  /* g_object_new () cannot fail: every call on the object must, in the same words. */
  pool = g_object_new (FSMM_TYPE_POOL,
                       "alloc-size", alloc_size,
                       "alignment", alignment,
                       "chunk-bytes", chunk_bytes,
                       NULL);
  g_assert_null (fsmm_pool_alloc (pool, &alloc_error));
  g_assert_error (alloc_error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_cmpstr (alloc_error->message, ==, error->message);
  g_assert_null (fsmm_pool_acquire (pool, &acquire_error));
  g_assert_error (acquire_error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_false (fsmm_pool_reserve (pool, 1, &reserve_error));
  g_assert_error (reserve_error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_false (fsmm_pool_reserve (pool, 0, NULL));
  g_assert_false (fsmm_pool_alloc_many (pool, 0, NULL, NULL));
  g_assert_false (fsmm_pool_free (pool, &block, &free_error));
  g_assert_error (free_error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);

  g_assert_null (fsmm_pool_alloc0 (pool, NULL));
  g_assert_false (fsmm_pool_alloc_many (pool, 1, &block, NULL));
  g_assert_false (fsmm_pool_is_allocated (pool, &block));
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 0);
  fsmm_pool_foreach (pool, never_called, NULL);
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
test_senseless_numbers_are_errors (void)
{
  assert_refused (0, 0, 0);
  assert_refused (G_MAXSIZE, 0, 0);
  assert_refused (G_MAXUINT64 - 7, 0, 0);
  assert_refused (64, 3, 0);
  assert_refused (64, (guint64) 1 << 63, 0);
  assert_refused (64, 0, 1);
  assert_refused (64, 0, 1023);
  assert_refused (64, 0, G_MAXSIZE);
}

static void
test_new_reports_errors (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_pool_new (0, 0, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (fsmm_pool_new (G_MAXSIZE, 0, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (fsmm_pool_new (64, 1, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (fsmm_pool_new_full ("odd", 64, 3, 0, 0, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "\"odd\""));

  g_assert_null (fsmm_pool_new (0, 0, NULL));
}

static void
test_g_object_new_makes_a_working_pool (void)
{
  g_autoptr (FsmmPool) pool = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) 64, NULL);

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_properties_tell_what_the_getters_tell (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("nodes", 50, 32, 2000, 100, NULL);
  g_autofree char *name = NULL;
  guint64 alloc_size, block_size, chunk_bytes, alignment, max_blocks;
  guint64 n_chunks, n_allocated, n_free, peak_allocated, reserved_bytes;

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  for (guint i = 0; i < 33; i++)
    fsmm_test_alloc (pool);
  fsmm_pool_free (pool, fsmm_test_alloc (pool), NULL);

  g_object_get (pool,
                "name", &name,
                "alloc-size", &alloc_size,
                "block-size", &block_size,
                "chunk-bytes", &chunk_bytes,
                "alignment", &alignment,
                "max-blocks", &max_blocks,
                "n-chunks", &n_chunks,
                "n-allocated", &n_allocated,
                "n-free", &n_free,
                "peak-allocated", &peak_allocated,
                "reserved-bytes", &reserved_bytes,
                NULL);

  g_assert_cmpstr (name, ==, "nodes");
  g_assert_cmpstr (fsmm_pool_get_name (pool), ==, "nodes");
  g_assert_cmpuint (alloc_size, ==, 50);
  g_assert_cmpuint (alloc_size, ==, fsmm_pool_get_alloc_size (pool));
  g_assert_cmpuint (block_size, ==, 64);
  g_assert_cmpuint (block_size, ==, fsmm_pool_get_block_size (pool));
  g_assert_cmpuint (chunk_bytes, ==, 2000);
  g_assert_cmpuint (chunk_bytes, ==, fsmm_pool_get_chunk_bytes (pool));
  g_assert_cmpuint (alignment, ==, 32);
  g_assert_cmpuint (alignment, ==, fsmm_pool_get_alignment (pool));
  g_assert_cmpuint (max_blocks, ==, 100);
  g_assert_cmpuint (max_blocks, ==, fsmm_pool_get_max_blocks (pool));
  g_assert_cmpuint (n_chunks, ==, 2);
  g_assert_cmpuint (n_chunks, ==, fsmm_pool_get_n_chunks (pool));
  g_assert_cmpuint (n_allocated, ==, 33);
  g_assert_cmpuint (n_allocated, ==, fsmm_pool_get_n_allocated (pool));
  g_assert_cmpuint (n_free, ==, 29);
  g_assert_cmpuint (n_free, ==, fsmm_pool_get_n_free (pool));
  g_assert_cmpuint (peak_allocated, ==, 34);
  g_assert_cmpuint (peak_allocated, ==, fsmm_pool_get_peak_allocated (pool));
  g_assert_cmpuint (reserved_bytes, ==, 4000);
  g_assert_cmpuint (reserved_bytes, ==, fsmm_pool_get_reserved_bytes (pool));
}

static void
assert_flags (const char *name, GParamFlags expected)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (FSMM_TYPE_POOL);
  GParamSpec *pspec = g_object_class_find_property ((GObjectClass *) klass, name);

  g_assert_nonnull (pspec);
  g_assert_cmpuint (pspec->flags & (G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY), ==, expected);
}

static void
test_properties_are_set_at_construction_only (void)
{
  const char *const chosen[] = { "name", "alloc-size", "chunk-bytes", "alignment" };
  const char *const told[] = { "block-size", "n-chunks", "n-allocated", "n-free", "peak-allocated",
                               "reserved-bytes", "n-waiting" };

  for (guint i = 0; i < G_N_ELEMENTS (chosen); i++)
    assert_flags (chosen[i], G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY);
  for (guint i = 0; i < G_N_ELEMENTS (told); i++)
    assert_flags (told[i], G_PARAM_READABLE);
}

static void
test_an_empty_pool_has_no_chunk (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_test_assert_counts (pool, 0, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/construct/senseless-numbers-are-errors",
                   test_senseless_numbers_are_errors);
  g_test_add_func ("/pool/construct/new-reports-errors", test_new_reports_errors);
  g_test_add_func ("/pool/construct/g-object-new-makes-a-working-pool",
                   test_g_object_new_makes_a_working_pool);
  g_test_add_func ("/pool/properties/tell-what-the-getters-tell",
                   test_properties_tell_what_the_getters_tell);
  g_test_add_func ("/pool/properties/are-set-at-construction-only",
                   test_properties_are_set_at_construction_only);
  g_test_add_func ("/pool/construct/an-empty-pool-has-no-chunk", test_an_empty_pool_has_no_chunk);

  return g_test_run ();
}
