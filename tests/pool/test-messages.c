/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages name the call that the program made, the type, and which of several pools it is. */

#include "fsmm-test.h"

#include <string.h>

typedef struct {
  int length;
} Track;

static void
track_copy (const Track *source, Track *destination)
{
  *destination = *source;
}

static guint n_cleared;

static void
track_clear (Track *self)
{
  n_cleared++;
}

#define TRACK_TYPE (track_get_type ())
GType track_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Track, track, track_copy, track_clear)

static void G_GNUC_PRINTF (1, 2)
expect (const char *format, ...)
{
  g_autofree char *pattern = NULL;
  va_list args;

  va_start (args, format);
  pattern = g_strdup_vprintf (format, args);
  va_end (args);
  fsmm_test_expect_report (pattern);
}

/* --- Calls --- */

static void
test_calls_on_pools (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer blocks[2] = { fsmm_test_alloc (pool), &pool };

  expect ("fsmm_pool_free: pool \"test\" (alloc-size 64): cannot free %p: *", (gpointer) &pool);
  fsmm_pool_free (pool, &pool, NULL);
  expect ("fsmm_pool_free_many: pool \"test\" (alloc-size 64): cannot free blocks[1], *");
  fsmm_pool_free_many (pool, 2, blocks, NULL);
  expect ("fsmm_pool_free_many: pool \"test\" (alloc-size 64): blocks is NULL*");
  fsmm_pool_free_many (pool, 2, NULL, NULL);
  expect ("fsmm_pool_alloc_many: pool \"test\" (alloc-size 64): blocks is NULL*");
  fsmm_pool_alloc_many (pool, 2, NULL, NULL);

  fsmm_test_free (pool, blocks[0]);
  expect ("fsmm_free: pool \"test\" (alloc-size 64): cannot free %p (*free already*", blocks[0]);
  fsmm_free (blocks[0]);
  expect ("fsmm_free: cannot free %p: it lies in no chunk of any pool; *", (gpointer) &pool);
  fsmm_free (&pool);
  fsmm_test_assert_field ("FSMM_TYPE", NULL);
  fsmm_test_assert_reported ();
}

static void
test_calls_on_raw_blocks (void)
{
  g_autoptr (FsmmTypedPool) typed = fsmm_typed_pool_new_full ("tracks", TRACK_TYPE, 0, 0, NULL);
  FsmmPool *pool = fsmm_typed_pool_get_pool (typed);
  gpointer blocks[1] = { NULL };

  expect ("fsmm_pool_alloc: pool \"tracks\" (Track, alloc-size 4): its blocks hold*");
  fsmm_pool_alloc (pool, NULL);
  expect ("fsmm_pool_alloc0: *its blocks hold*");
  fsmm_pool_alloc0 (pool, NULL);
  expect ("fsmm_pool_free: *its blocks hold*");
  fsmm_pool_free (pool, blocks, NULL);
  expect ("fsmm_pool_alloc_many: *its blocks hold*");
  fsmm_pool_alloc_many (pool, 1, blocks, NULL);
  expect ("fsmm_pool_free_many: *its blocks hold*");
  fsmm_pool_free_many (pool, 1, blocks, NULL);
  expect ("fsmm_pool_free_all: *its blocks hold*");
  fsmm_pool_free_all (pool);
  expect ("fsmm_pool_acquire: *its blocks hold*");
  fsmm_pool_acquire (pool, NULL);
  fsmm_test_assert_reported ();
}

static void
test_calls_on_instances (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new_full ("tracks", TRACK_TYPE, 0, 0, NULL);
  gpointer instance = fsmm_test_construct (pool);

  n_cleared = 0;
  fsmm_free (instance);
  expect ("fsmm_typed_pool_destroy: pool \"tracks\" (Track, alloc-size 4): cannot free %p (*",
          instance);
  fsmm_typed_pool_destroy (pool, instance, NULL);
  expect ("fsmm_free: pool \"tracks\" (Track, alloc-size 4): cannot free %p (*", instance);
  fsmm_free (instance);
  expect ("g_boxed_free (Track): pool \"tracks\" (Track, alloc-size 4): cannot free %p (*",
          instance);
  g_boxed_free (TRACK_TYPE, instance);
  fsmm_test_assert_reported ();
  g_assert_cmpuint (n_cleared, ==, 1);
}

static void
test_boxed_stranger (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  gpointer block = fsmm_test_alloc (pool);
  Track track = { 3 };

  expect ("g_boxed_free (Track): cannot free %p: it lies in no chunk of any pool; *",
          (gpointer) &track);
  g_boxed_free (TRACK_TYPE, &track);
  fsmm_test_assert_field ("FSMM_TYPE", "Track");
  fsmm_test_assert_field ("FSMM_FAULT", "invalid-pointer");

  expect ("g_boxed_free (Track): pool \"test\" (alloc-size 64): cannot free %p as a Track: *", block);
  g_boxed_free (TRACK_TYPE, block);
  fsmm_test_assert_reported ();
}

/* Who asks for the error knows what was called. */
static void
test_errors_name_no_call (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_pool_free (pool, &pool, &error));
  g_assert_true (g_str_has_prefix (error->message, "pool \"test\" (alloc-size 64): cannot free"));
}

/* --- Pools without a name of their own --- */

static void
assert_described (FsmmTypedPool *pool, const char *description)
{
  g_autofree char *dump = fsmm_pool_dump (fsmm_typed_pool_get_pool (pool));
  g_autofree char *start = g_strdup_printf ("%s (Track, alloc-size 4): ", description);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (fsmm_typed_pool_get_name (pool), ==, "Track");
  g_assert_false (fsmm_typed_pool_destroy (pool, &dump, &error));
  g_assert_true (g_str_has_prefix (error->message, start));
  g_assert_true (g_str_has_prefix (dump, description));
}

static void
test_unnamed_pools (void)
{
  g_autoptr (FsmmTypedPool) one = fsmm_typed_pool_new (TRACK_TYPE, 0, NULL);
  g_autoptr (FsmmTypedPool) other = fsmm_typed_pool_new (TRACK_TYPE, 0, NULL);
  g_autofree char *first = g_strdup_printf ("pool \"Track\" at %p", (gpointer) one);
  g_autofree char *second = g_strdup_printf ("pool \"Track\" at %p", (gpointer) other);

  assert_described (one, first);
  assert_described (other, second);
  assert_described (fsmm_typed_pool_get_default (TRACK_TYPE), "default pool \"Track\"");
}

/* --- What helps --- */

static char *
free_twice (const char *name)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full (name, 64, 0, 1024, 0, NULL);
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  g_assert_false (fsmm_pool_free (pool, block, &error));

  return g_strdup (error->message);
}

static void
test_trace_is_named (void)
{
  g_autofree char *plain = free_twice ("plain");
  g_autofree char *traced = free_twice ("traced");

  g_assert_true (g_str_has_suffix (plain, "freed it first (FSMM_DEBUG=trace shows where)"));
  g_assert_null (strstr (traced, "FSMM_DEBUG"));
  g_assert_nonnull (strstr (traced, "it was freed by:"));
}

static void
write_after_free (const char *name)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full (name, 64, 0, 1024, 0, NULL);
  guint8 *block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  block[0] = 1;
}

static void
test_trace_is_named_where_damage_is (void)
{
  expect ("pool \"poisoned\"*when its block is gone (FSMM_DEBUG=trace shows who had it)");
  write_after_free ("poisoned");
  expect ("pool \"poisoned, traced\"*when its block is gone\n  it was taken by:*");
  write_after_free ("poisoned, traced");
  fsmm_test_assert_reported ();
}

/* --- When what is told has changed --- */

/* Another thread may drop everything between a refusal and its message. */
static void
test_told_later (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  g_autoptr (GError) error = NULL;
  guint8 *block = fsmm_test_alloc (pool);
  g_autofree char *found = g_strdup_printf ("cannot free %p (block 0 of the chunk at %p): it lies at "
                                            "offset 1 of the block at %p, which is live; ",
                                            block + 1, block, block);
  FsmmLook look;

  g_assert_false (fsmm_heap_free (&pool->store, block + 1, &look));
  fsmm_pool_free_all (pool);
  fsmm_pool_report_free (pool, "fsmm_pool_free", &look, block + 1, &error);
  g_assert_nonnull (strstr (error->message, found));
}

/* LeakSanitizer of gcc 12 crashes when it looks for leaks after the traces of this program have been
 * described. */
#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "detect_leaks=0";
}
#endif

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "traced:trace;poisoned*:poison;poisoned?*traced:trace;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/messages/calls/pools", test_calls_on_pools);
  g_test_add_func ("/messages/calls/raw-blocks", test_calls_on_raw_blocks);
  g_test_add_func ("/messages/calls/instances", test_calls_on_instances);
  g_test_add_func ("/messages/calls/boxed-stranger", test_boxed_stranger);
  g_test_add_func ("/messages/calls/errors", test_errors_name_no_call);
  g_test_add_func ("/messages/unnamed-pools", test_unnamed_pools);
  g_test_add_func ("/messages/trace/double-free", test_trace_is_named);
  g_test_add_func ("/messages/trace/damage", test_trace_is_named_where_damage_is);

  g_test_add_func ("/messages/told-later", test_told_later);

  return g_test_run ();
}
