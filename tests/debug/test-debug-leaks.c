/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=leaks: what is live at the end of a pool is told of. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-leaks.h"

typedef struct {
  int x, y;
} Point;

#define POINT_TYPE (point_get_type ())
GType point_get_type (void);

static void
point_copy (const Point *source, Point *destination)
{
}

static guint n_points_cleared;

static void
point_clear (Point *self)
{
  n_points_cleared++;
}

FSMM_DEFINE_BOXED_TYPE (Point, point, point_copy, point_clear)

static G_GNUC_NO_INLINE gpointer
take_in_one_place (FsmmPool *pool)
{
  return fsmm_pool_alloc (pool, NULL);
}

static G_GNUC_NO_INLINE gpointer
take_in_another (FsmmPool *pool)
{
  return fsmm_pool_alloc0 (pool, NULL);
}

static void
test_leaks_at_finalize (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("leaking", 64, 1024);
  gpointer block = take_in_one_place (pool);
  /* Not to be unrolled: that would make three places of one. */
  volatile guint n = 3;

  while (n-- > 0)
    take_in_one_place (pool);
  fsmm_test_free (pool, block);

  fsmm_test_expect_report ("pool \"leaking\" (alloc-size 64): 3 blocks (192 bytes) live when the "
                           "pool was finalized, the oldest for *3 blocks (192 bytes) taken by:*");
  g_object_unref (pool);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "leak");
  fsmm_test_assert_field ("PRIORITY", "5");
}

static void
test_no_leaks_no_report (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("leaking", 64, 1024);

  fsmm_test_free (pool, take_in_one_place (pool));
  take_in_one_place (pool);
  /* Who drops everything has lost nothing. */
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  g_object_unref (pool);
}

static gpointer
copy_pair (gpointer pair)
{
  return g_memdup2 (pair, 2 * sizeof (int));
}

static void
count_report (const char *message, gpointer n_reports)
{
  (*(guint *) n_reports)++;
}

/* The library leaks nothing itself: a type of plain data is tried in a pool. */
static void
test_no_leak_of_the_library (void)
{
  GType type = g_boxed_type_register_static ("Pair", copy_pair, g_free);
  g_autoptr (GError) error = NULL;
  guint n_reports = 0;

  fsmm_test_watch_reports (count_report, &n_reports);
  fsmm_type_register_plain_layout (type, 2 * sizeof (int), sizeof (int), &error);
  fsmm_test_watch_reports (NULL, NULL);
  g_assert_no_error (error);
  g_assert_cmpuint (n_reports, ==, 0);
}

static void
test_leaks_of_a_type (void)
{
  FsmmTypedPool *pool = fsmm_typed_pool_new (POINT_TYPE, 0, NULL);

  n_points_cleared = 0;
  fsmm_test_construct (pool);
  fsmm_test_expect_report ("pool \"Point\" at * (Point, alloc-size 8): 1 block (8 bytes) live when the "
                           "pool was finalized*");
  g_object_unref (pool);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_TYPE", "Point");
  g_assert_cmpuint (n_points_cleared, ==, 1);
}

/* The places with the most blocks come first; a block that is free, or in a chunk that is only kept
 * because a program reads from it, is no leak. */
static void
test_leaks_in_order (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("leaking", 64, 1024);
  FsmmBlock *handle = fsmm_pool_acquire (pool, NULL);
  g_autoptr (GBytes) pin = fsmm_block_get_bytes (handle, NULL);
  volatile guint n = 3;

  fsmm_pool_free_all (pool);
  take_in_one_place (pool);
  while (n-- > 0)
    take_in_another (pool);
  fsmm_test_free (pool, take_in_one_place (pool));

  fsmm_test_expect_report ("*: 4 blocks (256 bytes) live when *, the oldest for ?.? s\n"
                           "  3 blocks (192 bytes) taken by:\n*"
                           "\n  1 block (64 bytes) taken by:\n*");
  fsmm_leaks_report (&pool->store, "it ended");
  fsmm_test_assert_reported ();
  fsmm_pool_free_all (pool);

  g_clear_pointer (&pin, g_bytes_unref);
  fsmm_block_unref (handle);
  g_object_unref (pool);
}

static void
test_oldest_leak (void)
{
  FsmmPool *pool = fsmm_test_pool_new_named ("leaking", 64, 1024);
  FsmmChunk *chunk;

  for (guint i = 0; i < 2; i++)
    take_in_one_place (pool);
  chunk = pool->store.all.head->data;
  chunk->histories[0].taken_at -= 10 * G_USEC_PER_SEC;
  chunk->histories[1].taken_at -= 90 * G_USEC_PER_SEC;
  fsmm_test_expect_report ("*2 blocks*, the oldest for 9?.? s*");
  fsmm_leaks_report (&pool->store, "it ended");

  chunk->histories[0].taken_at -= 300 * G_USEC_PER_SEC;
  fsmm_test_expect_report ("*2 blocks*, the oldest for 31?.? s*");
  fsmm_leaks_report (&pool->store, "it ended");
  fsmm_test_assert_reported ();

  fsmm_pool_free_all (pool);
  g_object_unref (pool);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "leaking:leaks;sample:leaks;Point:leaks;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/leaks/at-finalize", test_leaks_at_finalize);
  g_test_add_func ("/debug/leaks/none", test_no_leaks_no_report);
  g_test_add_func ("/debug/leaks/of-the-library", test_no_leak_of_the_library);
  g_test_add_func ("/debug/leaks/of-a-type", test_leaks_of_a_type);
  g_test_add_func ("/debug/leaks/in-order", test_leaks_in_order);
  g_test_add_func ("/debug/leaks/oldest", test_oldest_leak);

  return g_test_run ();
}
