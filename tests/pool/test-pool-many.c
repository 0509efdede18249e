/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include <string.h>

/* Seven full chunks. */
#define N 112

static void
test_takes_and_gives_all (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (GError) error = NULL;
  gpointer blocks[N];

  g_assert_true (fsmm_pool_alloc_many (pool, N, blocks, &error));
  g_assert_no_error (error);
  fsmm_test_assert_counts (pool, N, 7);
  for (guint i = 0; i < N; i++)
    {
      g_assert_true (fsmm_pool_is_allocated (pool, blocks[i]));
      memset (blocks[i], 1, 64);
    }

  g_assert_true (fsmm_pool_free_many (pool, N, blocks, &error));
  g_assert_no_error (error);
  fsmm_test_assert_counts (pool, 0, 7);
}

static void
test_none_is_no_error (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);

  g_assert_true (fsmm_pool_alloc_many (pool, 0, NULL, NULL));
  g_assert_true (fsmm_pool_free_many (pool, 0, NULL, NULL));
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
test_no_array_is_an_error (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_pool_alloc_many (pool, 1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (fsmm_pool_free_many (pool, 1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  fsmm_test_expect_report ("*blocks is NULL*");
  g_assert_false (fsmm_pool_free_many (pool, 1, NULL, NULL));
  fsmm_test_assert_reported ();
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
test_limit_takes_none (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 50, NULL);
  gpointer blocks[N] = { NULL };
  const gsize counts[] = { 41, N, G_MAXSIZE, G_MAXSIZE - 9 };

  g_assert_true (fsmm_pool_alloc_many (pool, 10, blocks, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (fsmm_pool_alloc_many (pool, counts[i], blocks + 10, &error));
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
      g_assert_null (blocks[10]);
      fsmm_test_assert_counts (pool, 10, 1);
    }
  g_assert_true (fsmm_pool_alloc_many (pool, 40, blocks + 10, NULL));
  fsmm_test_assert_counts (pool, 50, 4);
}

/* Nor where there is no limit: no sum or product of sizes wraps, with something in the cache or
 * without. */
static void
test_impossible_number_takes_none (void)
{
  /* With 32 bits, the last one would be possible. */
  const gsize counts[] = { G_MAXSIZE, G_MAXSIZE - 1, G_MAXSIZE / 2, G_MAXSIZE / 64,
                           G_MAXSIZE / 64 + 1, G_MAXSIZE / (GLIB_SIZEOF_SIZE_T == 8 ? 1024 : 65) };
  const gsize limits[] = { 0, G_MAXSIZE, G_MAXSIZE - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (limits) * G_N_ELEMENTS (counts); i++)
    {
      gsize limit = limits[i / G_N_ELEMENTS (counts)];
      g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, limit, NULL);
      g_autoptr (GError) error = NULL;
      gpointer blocks[N] = { NULL };
      gsize n_wanted = counts[i % G_N_ELEMENTS (counts)];

      blocks[0] = fsmm_test_alloc (pool);
      g_assert_false (fsmm_pool_alloc_many (pool, n_wanted, blocks + 1, &error));
      g_assert_true (g_error_matches (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY) ||
                     (limit == G_MAXSIZE - 1 &&
                      g_error_matches (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED)));
      g_assert_null (blocks[1]);
      fsmm_test_assert_counts (pool, 1, 1);
      fsmm_test_free (pool, blocks[0]);
    }
}

static void
assert_none_freed (FsmmPool *pool, gpointer *blocks, FsmmError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pattern = g_strdup_printf ("*%s*", words);
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);

  g_assert_false (fsmm_pool_free_many (pool, N, blocks, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, words));

  fsmm_test_expect_report (pattern);
  g_assert_false (fsmm_pool_free_many (pool, N, blocks, NULL));
  fsmm_test_assert_reported ();

  fsmm_test_assert_counts (pool, n_allocated, 7);
}

/* Whatever is wrong, and wherever, nothing is freed. */
static void
test_one_bad_pointer_frees_none (void)
{
  const guint places[] = { 0, 1, 15, 16, 50, N - 1 };
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[N], good;

  g_assert_true (fsmm_pool_alloc_many (pool, N, blocks, NULL));

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      guint place = places[i];
      g_autofree char *index = g_strdup_printf ("blocks[%u]", place);

      good = blocks[place];
      blocks[place] = (guint8 *) good + 8;
      assert_none_freed (pool, blocks, FSMM_ERROR_INVALID_POINTER, index);
      blocks[place] = &pool;
      assert_none_freed (pool, blocks, FSMM_ERROR_INVALID_POINTER, index);
      blocks[place] = good;

      fsmm_test_free (pool, good);
      assert_none_freed (pool, blocks, FSMM_ERROR_DOUBLE_FREE, index);
      g_assert_true (fsmm_test_alloc (pool) == good);
    }

  for (guint i = 0; i < N; i++)
    g_assert_true (fsmm_pool_is_allocated (pool, blocks[i]));
  g_assert_true (fsmm_pool_free_many (pool, N, blocks, NULL));
  fsmm_test_assert_counts (pool, 0, 7);
}

static void
test_a_block_twice_frees_none (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[N], good;

  g_assert_true (fsmm_pool_alloc_many (pool, N, blocks, NULL));
  good = blocks[77];
  blocks[77] = blocks[3];
  assert_none_freed (pool, blocks, FSMM_ERROR_DOUBLE_FREE, "blocks[77]");
  assert_none_freed (pool, blocks, FSMM_ERROR_DOUBLE_FREE, "it is free already");
  blocks[77] = good;
  g_assert_true (fsmm_pool_free_many (pool, N, blocks, NULL));
}

static void
test_null_is_passed_over (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[N], kept;

  g_assert_true (fsmm_pool_alloc_many (pool, N, blocks, NULL));
  kept = blocks[40];
  blocks[40] = NULL;
  g_assert_true (fsmm_pool_free_many (pool, N, blocks, NULL));
  fsmm_test_assert_counts (pool, 1, 7);
  fsmm_test_free (pool, kept);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pool/many/takes-and-gives-all", test_takes_and_gives_all);
  g_test_add_func ("/pool/many/none-is-no-error", test_none_is_no_error);
  g_test_add_func ("/pool/many/no-array-is-an-error", test_no_array_is_an_error);
  g_test_add_func ("/pool/many/limit-takes-none", test_limit_takes_none);
  g_test_add_func ("/pool/many/impossible-number-takes-none", test_impossible_number_takes_none);
  g_test_add_func ("/pool/many/one-bad-pointer-frees-none", test_one_bad_pointer_frees_none);
  g_test_add_func ("/pool/many/a-block-twice-frees-none", test_a_block_twice_frees_none);
  g_test_add_func ("/pool/many/null-is-passed-over", test_null_is_passed_over);

  return g_test_run ();
}
