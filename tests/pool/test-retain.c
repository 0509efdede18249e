/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How much a pool keeps when all of its blocks are dropped, and that what it keeps is as good as new. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <string.h>

#define CHUNK ((gsize) 64 * 1024)
/* In a chunk of the default size. */
#define PER_CHUNK 1024
#define MANY 10240

static void
fill (FsmmPool *pool, guint n_blocks)
{
  for (guint i = 0; i < n_blocks; i++)
    memset (fsmm_test_alloc (pool), 1, 64);
}

/* Returns how many chunks stay. */
static gsize
fill_and_drop (FsmmPool *pool, guint n_chunks)
{
  fill (pool, n_chunks * PER_CHUNK);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, n_chunks * PER_CHUNK);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, fsmm_pool_get_n_chunks (pool) * PER_CHUNK);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, fsmm_pool_get_n_chunks (pool) * CHUNK);

  return fsmm_pool_get_n_chunks (pool);
}

static void
test_keeps_what_is_used_again (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  g_assert_cmpint (fsmm_pool_get_retain_bytes (pool), ==, -1);
  g_assert_cmpuint (fill_and_drop (pool, 5), ==, 0);
  g_assert_cmpuint (fill_and_drop (pool, 5), ==, 5);
  g_assert_cmpuint (fill_and_drop (pool, 5), ==, 5);
  /* More is used, which may be so once. */
  g_assert_cmpuint (fill_and_drop (pool, 9), ==, 5);
  g_assert_cmpuint (fill_and_drop (pool, 9), ==, 9);
  /* Less is used: the rest goes. */
  g_assert_cmpuint (fill_and_drop (pool, 2), ==, 2);
  g_assert_cmpuint (fill_and_drop (pool, 9), ==, 2);
  /* Not at all. */
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 0);
}

static void
test_keeps_no_more_than_8_mib (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  for (guint i = 0; i < 2; i++)
    fill_and_drop (pool, 200);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 128);
}

static void
test_keeps_what_it_is_told_to (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_pool_set_retain_bytes (pool, 3 * CHUNK + 1);
  g_assert_cmpuint (fill_and_drop (pool, 2), ==, 2);
  g_assert_cmpuint (fill_and_drop (pool, 7), ==, 3);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 3);

  fsmm_pool_set_retain_bytes (pool, 3 * CHUNK - 1);
  g_assert_cmpuint (fill_and_drop (pool, 7), ==, 2);
  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  g_assert_cmpuint (fill_and_drop (pool, 200), ==, 200);
  fsmm_pool_set_retain_bytes (pool, 0);
  g_assert_cmpuint (fill_and_drop (pool, 7), ==, 0);
}

static void
count_notify (gpointer pool, GParamSpec *pspec, guint *n_notified)
{
  ++*n_notified;
}

static void
test_notifies_of_a_change (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  guint n_notified = 0;
  gint64 found = 0;

  g_signal_connect (pool, "notify::retain-bytes", G_CALLBACK (count_notify), &n_notified);
  g_object_set (pool, "retain-bytes", (gint64) 5, NULL);
  fsmm_pool_set_retain_bytes (pool, 5);
  g_object_get (pool, "retain-bytes", &found, NULL);
  g_assert_cmpint (found, ==, 5);
  g_assert_cmpuint (n_notified, ==, 1);

  g_test_expect_message ("Fsmm", G_LOG_LEVEL_CRITICAL, "*retain_bytes >= -1*");
  fsmm_pool_set_retain_bytes (pool, -2);
  g_test_assert_expected_messages ();
  g_assert_cmpint (fsmm_pool_get_retain_bytes (pool), ==, 5);
}

/* Zeroes are zeroes, no block is handed out twice, and the page is written to without asking for it. */
static void
test_what_stays_is_as_new (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  fill (pool, MANY);
  fsmm_pool_free_all (pool);
  for (guint i = 0; i < MANY; i++)
    {
      guint8 *block = fsmm_pool_alloc0 (pool, NULL);

      g_assert_true (g_hash_table_add (seen, block));
      for (guint j = 0; j < 64; j++)
        g_assert_cmpuint (block[j], ==, 0);
      memset (block, 2, 64);
    }
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, MANY / PER_CHUNK);
}

/* Those that were never handed out before stay so. */
static void
test_addresses_from_before_are_refused (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmBlock *handle;
  gpointer first, second, live;

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  first = fsmm_test_alloc (pool);
  second = fsmm_test_alloc (pool);
  handle = fsmm_pool_acquire (pool, NULL);
  fsmm_pool_free_all (pool);

  fsmm_test_assert_refused (pool, first, FSMM_ERROR_DOUBLE_FREE, "free already");
  fsmm_test_assert_refused (pool, second, FSMM_ERROR_DOUBLE_FREE, "free already");
  g_assert_cmpint (fsmm_store_find (&pool->store, first).state[3], ==, FSMM_STATE_UNUSED);
  g_assert_false (fsmm_block_is_live (handle));

  /* A handle does not take what has come in its place. */
  live = fsmm_test_alloc (pool);
  fsmm_test_alloc (pool);
  fsmm_test_alloc (pool);
  g_assert_true (live == first);
  fsmm_block_unref (handle);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 3);
}

/* What is read through a handle stays as it is, in a chunk that nobody gets. */
static void
test_what_is_read_does_not_stay_in_the_pool (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmBlock *handle;
  GBytes *bytes;

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  fill (pool, PER_CHUNK);
  handle = fsmm_pool_acquire (pool, NULL);
  memset (fsmm_block_get_address (handle), 7, 64);
  bytes = fsmm_block_get_bytes (handle, NULL);
  fsmm_pool_free_all (pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 1);

  fill (pool, 3 * PER_CHUNK);
  for (guint i = 0; i < 64; i++)
    g_assert_cmpuint (((const guint8 *) g_bytes_get_data (bytes, NULL))[i], ==, 7);

  g_bytes_unref (bytes);
  fsmm_block_unref (handle);
  fsmm_test_assert_sound (pool);
}

static void
test_trim_gives_it_back (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  fill_and_drop (pool, 5);
  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 5 * CHUNK);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 0);
}

/* What the system has got of a chunk by then stays with it until blocks are taken from there. */
static void
test_pages_that_were_given_back (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  gpointer blocks[4 * PER_CHUNK];
  gsize left;

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = memset (fsmm_test_alloc (pool), 1, 64);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    if (i % PER_CHUNK != 0)
      fsmm_test_free (pool, blocks[i]);
  g_assert_cmpuint (fsmm_pool_trim (pool), >=, 3 * CHUNK);
  left = fsmm_pool_get_reserved_bytes (pool);

  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 4);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 4);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, left);
  fill (pool, 1);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, left / 4 * 3 + CHUNK);

  fsmm_pool_set_retain_bytes (pool, 0);
  fsmm_pool_free_all (pool);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (pool), ==, 0);
  fill_and_drop (pool, 2);
}

static void
test_limits_hold (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("limited", 64, 0, 0, 1500, NULL);

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  for (guint i = 0; i < 5; i++)
    {
      fill (pool, 1500);
      g_assert_null (fsmm_pool_alloc (pool, NULL));
      g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1500);
      g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 2);
      fsmm_test_assert_sound (pool);
    }
}

/* Nothing outlives the pool, whatever it has kept: other pools can have its memory. */
static void
test_it_ends_with_the_pool (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);

  fsmm_trim_all ();
  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  fill_and_drop (pool, 5);
  fsmm_test_alloc (pool);
  g_object_unref (pool);
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, 5 * CHUNK);

  fsmm_trim_all ();
  pool = fsmm_test_pool_new (64, 0);
  for (guint i = 0; i < 3; i++)
    fill_and_drop (pool, 5);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 5);
  g_object_unref (pool);
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, 5 * CHUNK);
}

/* --- Beside other threads --- */

static gpointer
take_and_free (gpointer data)
{
  FsmmPool *pool = data;

  for (guint i = 0; i < 20000; i++)
    {
      gpointer block = fsmm_pool_alloc (pool, NULL);

      /* It may have been dropped, and even be another thread's by then. */
      fsmm_test_try_free (pool, block);
    }

  return NULL;
}

static void
test_beside_other_threads (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  guint n_drops = fsmm_test_is_slow_environment () ? 100 : 2000;
  GThread *threads[3];

  fsmm_pool_set_retain_bytes (pool, 2 * CHUNK);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("user", take_and_free, pool);
  for (guint i = 0; i < n_drops; i++)
    fsmm_pool_free_all (pool);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  fsmm_pool_free_all (pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), <=, 2);
}

/* --- Instances that are cleared one by one --- */

static guint n_cleared;

static void
clear_point (gpointer instance)
{
  n_cleared++;
}

typedef struct
{
  double x, y;
} Point;

static gpointer
point_copy (gpointer point)
{
  return g_memdup2 (point, sizeof (Point));
}

static GType point_get_type (void);

G_DEFINE_BOXED_TYPE (Point, point, point_copy, g_free)

static void
test_typed_pools_keep_as_well (void)
{
  FsmmTypeLayout layout = { .size = sizeof (Point), .clear = clear_point };
  g_autoptr (FsmmTypedPool) pool = NULL;
  FsmmPool *raw;

  g_assert_true (fsmm_type_register_layout (point_get_type (), &layout, NULL));
  pool = fsmm_typed_pool_new (point_get_type (), 0, NULL);
  raw = fsmm_typed_pool_get_pool (pool);
  fsmm_pool_set_retain_bytes (raw, G_MAXINT64);
  fsmm_trim_all ();
  for (guint i = 1; i <= 3; i++)
    {
      for (guint j = 0; j < MANY; j++)
        {
          Point *instance = fsmm_typed_pool_construct (pool, NULL);

          g_assert_true (instance->x == 0 && instance->y == 0);
          instance->x = 1;
        }
      g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, MANY);
      g_assert_cmpuint (n_cleared, ==, i * MANY);
      g_assert_cmpuint (fsmm_pool_get_n_chunks (raw), ==, (MANY * 16 + CHUNK - 1) / CHUNK);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (raw), ==, 0);
      fsmm_test_assert_sound (raw);
    }

  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, 0);
  g_clear_object (&pool);
  g_assert_cmpuint (fsmm_get_spare_bytes (), ==, (MANY * 16 + CHUNK - 1) / CHUNK * CHUNK);
}

/* --- Debugging --- */

static void
test_debugging_keeps_nothing (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("debugged", 64, 0);

  fsmm_pool_set_retain_bytes (pool, G_MAXINT64);
  fill (pool, 10);
  fsmm_pool_free_all (pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "debugged:wipe;*:no-tools", FALSE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/retain/notify", test_notifies_of_a_change);
  g_test_add_func ("/retain/beside-other-threads", test_beside_other_threads);
  g_test_add_func ("/retain/debugging", test_debugging_keeps_nothing);
  if (!g_str_has_prefix (g_getenv ("FSMM_DEBUG"), "debugged"))
    return g_test_run ();

  g_test_add_func ("/retain/used-again", test_keeps_what_is_used_again);
  g_test_add_func ("/retain/most", test_keeps_no_more_than_8_mib);
  g_test_add_func ("/retain/told", test_keeps_what_it_is_told_to);
  g_test_add_func ("/retain/as-new", test_what_stays_is_as_new);
  g_test_add_func ("/retain/addresses-from-before", test_addresses_from_before_are_refused);
  g_test_add_func ("/retain/what-is-read", test_what_is_read_does_not_stay_in_the_pool);
  g_test_add_func ("/retain/trim", test_trim_gives_it_back);
  g_test_add_func ("/retain/given-back", test_pages_that_were_given_back);
  g_test_add_func ("/retain/ends", test_it_ends_with_the_pool);
  g_test_add_func ("/retain/limits", test_limits_hold);
  g_test_add_func ("/retain/typed", test_typed_pools_keep_as_well);

  return g_test_run ();
}
