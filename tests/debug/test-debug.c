/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG: what each flag finds, and what it says. Pools are debugged by their names here. */

#include "fsmm-test.h"

#include "fsmm-glib/debug/fsmm-debug-flags.h"

#include <string.h>

#define FLAGS                                                                                      \
  "poisoned:poison;canaried:canary;quarantined:quarantine;traced:trace;leaking:leaks,no-tools;"    \
  "from-malloc:malloc;wiped:wipe;everything:all;Point:leaks;*:no-tools"

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

static FsmmPool *
new_pool (const char *name, gsize max_blocks)
{
  g_autoptr (GError) error = NULL;
  FsmmPool *pool = fsmm_pool_new_full (name, 64, 0, 1024, max_blocks, &error);

  g_assert_no_error (error);

  return pool;
}

/* --- The variable --- */

static void
test_variable (void)
{
  g_assert_cmpint (fsmm_debug_parse ("", "a"), ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("poison,canary", NULL), ==,
                   FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY);
  g_assert_cmpint (fsmm_debug_parse (" poison : canary ", "a"), ==,
                   FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY);
  g_assert_cmpint (fsmm_debug_parse ("leaks,node*:poison, trace;edge:canary", "nodes"), ==,
                   FSMM_DEBUG_LEAKS | FSMM_DEBUG_POISON | FSMM_DEBUG_TRACE);
  g_assert_cmpint (fsmm_debug_parse ("leaks,node*:poison,trace;edge:canary", "edge"), ==,
                   FSMM_DEBUG_LEAKS | FSMM_DEBUG_CANARY);
  g_assert_cmpint (fsmm_debug_parse ("my nodes: wipe ;quarantine", "my nodes"), ==,
                   FSMM_DEBUG_WIPE | FSMM_DEBUG_QUARANTINE);
  g_assert_cmpint (fsmm_debug_parse ("leaks, my nodes :wipe", "my nodes"), ==,
                   FSMM_DEBUG_LEAKS | FSMM_DEBUG_WIPE);
  g_assert_cmpint (fsmm_debug_parse ("a:poison", NULL), ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("a:b:poison", "a:b"), ==, FSMM_DEBUG_POISON);
  g_assert_cmpint (fsmm_debug_parse ("ALL", "a") & FSMM_DEBUG_MALLOC, ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("all", "a") & FSMM_DEBUG_LEAKS, ==, FSMM_DEBUG_LEAKS);
}

static void
test_malloc_excludes_what_it_cannot (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("from-malloc", 0);
  g_autofree char *flags = fsmm_debug_list (pool->store.debug);

  g_assert_cmpstr (flags, ==, "malloc");
}

/* --- Poison --- */

static void
expect_write_after_free (gconstpointer block, const char *words)
{
  g_autofree char *pattern =
      g_strdup_printf ("pool \"poisoned\"*block %p (number * of the chunk at *)*written to after "
                       "it was freed*%s*pointer that is used when its block is gone*",
                       block, words);

  fsmm_test_expect_report (pattern);
}

static void
assert_poison_fields (gconstpointer block)
{
  g_autofree char *address = g_strdup_printf ("%p", block);

  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "write-after-free");
  fsmm_test_assert_field ("FSMM_POOL", "poisoned");
  fsmm_test_assert_field ("FSMM_ADDRESS", address);
  fsmm_test_assert_field ("FSMM_TYPE", NULL);
  fsmm_test_assert_field ("GLIB_DOMAIN", "Fsmm");
  fsmm_test_assert_field ("PRIORITY", "4");
}

/* The offset is that of the first byte, whichever is wrong. */
static void
test_write_after_free_is_found_when_taken (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("poisoned", 0);
  guint8 *block = fsmm_test_alloc (pool);

  for (guint offset = 0; offset < 64; offset++)
    {
      g_autofree char *words = g_strdup_printf ("at offset %u: 0xa5 instead of 0x6b;", offset);

      fsmm_test_free (pool, block);
      block[offset] = 0xa5;
      expect_write_after_free (block, words);
      g_assert_true (fsmm_test_alloc (pool) == block);
      assert_poison_fields (block);
    }

  fsmm_test_free (pool, block);
  memset (block + 8, 1, 5);
  expect_write_after_free (block, "at offset 8: 0x01 instead of 0x6b, the first of 5 such bytes;");
  g_assert_true (fsmm_pool_alloc_many (pool, 1, (gpointer *) &block, NULL));
  assert_poison_fields (block);
  fsmm_test_assert_counts (pool, 1, 1);
}

typedef enum { AT_TRIM, AT_FREE_ALL, AT_END } Moment;

static void
test_write_after_free_is_found_when_chunk_goes (gconstpointer data)
{
  FsmmPool *pool = new_pool ("poisoned", 0);
  guint8 *block = fsmm_test_alloc (pool);
  guint8 *never_taken = block + 64;

  fsmm_test_free (pool, block);
  block[63] = 0;
  never_taken[0] = 0;
  expect_write_after_free (block, "at offset 63: 0x00");
  expect_write_after_free (never_taken, "at offset 0: 0x00");
  switch ((Moment) GPOINTER_TO_INT (data))
    {
    case AT_TRIM:
      g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
      break;
    case AT_FREE_ALL:
      g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
      break;
    case AT_END:
    default:
      g_clear_object (&pool);
    }

  assert_poison_fields (never_taken);
  g_clear_object (&pool);
}

static void
test_fresh_blocks_have_no_zeroes (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("poisoned", 0);
  guint8 *block = fsmm_test_alloc (pool);
  guint8 *zeroed = fsmm_pool_alloc0 (pool, NULL);

  for (guint i = 0; i < 64; i++)
    {
      g_assert_cmphex (block[i], ==, 0x5a);
      g_assert_cmphex (zeroed[i], ==, 0);
    }
}

/* --- Canary --- */

static void
expect_overrun (gconstpointer block, const char *words)
{
  g_autofree char *pattern =
      g_strdup_printf ("pool \"canaried\"*block %p *written behind its end*%s*", block, words);

  fsmm_test_expect_report (pattern);
}

static void
assert_canary_fields (gconstpointer block)
{
  g_autofree char *address = g_strdup_printf ("%p", block);

  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "overrun");
  fsmm_test_assert_field ("FSMM_POOL", "canaried");
  fsmm_test_assert_field ("FSMM_ADDRESS", address);
}

static void
test_overrun_is_found_when_freed (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("canaried", 0);

  for (guint n_bytes = 1; n_bytes <= 8; n_bytes++)
    {
      guint8 *block = fsmm_test_alloc (pool);
      g_autofree char *words = g_strdup_printf ("at offset 64 of 64: 0x00 instead of 0xbb%s",
                                                n_bytes == 8 ? ", the first of 8 such bytes" : "");

      memset (block + 64, 0, n_bytes);
      expect_overrun (block, words);
      if (n_bytes % 2 == 0)
        fsmm_test_free (pool, block);
      else
        g_assert_true (fsmm_pool_free_many (pool, 1, (gpointer *) &block, NULL));
      assert_canary_fields (block);
      fsmm_test_assert_counts (pool, 0, 1);
    }
}

/* One byte in a place that nobody would think of, up to where the next block starts. */
static void
test_overrun_of_any_byte_is_found (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("canaried", 0);
  gsize block_size = fsmm_pool_get_block_size (pool);

  g_assert_cmpuint (block_size, >=, 64 + 8);
  for (gsize offset = 64; offset < block_size; offset++)
    {
      guint8 *block = fsmm_test_alloc (pool);
      g_autofree char *words = g_strdup_printf ("at offset %" G_GSIZE_FORMAT " of 64: 0x00", offset);

      block[offset] = 0;
      expect_overrun (block, words);
      fsmm_test_free (pool, block);
      assert_canary_fields (block);
    }
}

static void
test_overrun_is_found_by_free_all (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("canaried", 0);
  guint8 *block = fsmm_test_alloc (pool);

  block[64] = 1;
  expect_overrun (block, "at offset 64 of 64: 0x01");
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  assert_canary_fields (block);
}

static void
test_canary_leaves_chunks_as_they_are (void)
{
  static const gsize sizes[] = { 1, 8, 15, 16, 17, 24, 64, 100, 1000, 1024, 5000, 1 << 20 };
  static const gsize alignments[] = { 1, 8, 16, 64, 4096 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (guint k = 0; k < G_N_ELEMENTS (alignments); k++)
      {
        g_autoptr (FsmmPool) plain = fsmm_pool_new_full (NULL, sizes[i], alignments[k], 1024, 0,
                                                         NULL);
        g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("canaried", sizes[i], alignments[k], 1024, 0,
                                                        NULL);
        gpointer block = fsmm_test_alloc (pool);

        g_assert_cmpuint (pool->store.geometry.n_blocks, ==, plain->store.geometry.n_blocks);
        g_assert_cmpuint (fsmm_pool_get_block_size (pool), >=, sizes[i] + 8);
        g_assert_cmpuint ((guintptr) block % alignments[k], ==, 0);
        memset (block, 0, sizes[i]);
        fsmm_test_free (pool, block);
        fsmm_test_assert_sound (pool);
      }
}

/* --- Quarantine --- */

static void
test_quarantine_keeps_blocks_for_a_while (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("quarantined", 0);
  gpointer first = fsmm_test_alloc (pool);
  guint n_others = 0;

  fsmm_test_free (pool, first);
  fsmm_test_assert_refused_in (pool, first, FSMM_ERROR_DOUBLE_FREE, "free already");
  for (;;)
    {
      gpointer block = fsmm_test_alloc (pool);

      if (block == first)
        break;
      fsmm_test_free (pool, block);
      n_others++;
    }

  g_assert_cmpuint (n_others, >=, 1024);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 1);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 1);
  fsmm_test_assert_sound (pool);
}

static void
test_quarantine_refuses_nobody (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("quarantined", 16);
  gpointer blocks[16];

  for (guint round = 0; round < 100; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        blocks[i] = fsmm_test_alloc (pool);
      g_assert_null (fsmm_pool_alloc (pool, NULL));
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        fsmm_test_free (pool, blocks[i]);
      fsmm_test_assert_counts (pool, 0, 1);
    }

  g_assert_cmpuint (fsmm_pool_trim (pool), ==, 1024);
}

/* --- Trace --- */

static G_GNUC_NO_INLINE gpointer
take_here (FsmmPool *pool)
{
  gpointer block = fsmm_pool_alloc (pool, NULL);

  g_assert_nonnull (block);
  return block;
}

static G_GNUC_NO_INLINE void
free_here (FsmmPool *pool, gpointer block)
{
  if (!fsmm_pool_free (pool, block, NULL))
    g_test_message ("refused");
}

#ifdef HAVE_LIBDW
#define TAKEN "*it was taken by:*take_here (test-debug.c:*"
#define FREED "*it was freed by:*free_here (test-debug.c:*"
#else
#define TAKEN "*it was taken by:*"
#define FREED "*it was freed by:*"
#endif

static void
test_trace_tells_of_both (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("traced", 0);
  gpointer block = take_here (pool);

  fsmm_test_expect_report ("fsmm_pool_free: pool \"traced\"*at offset 8*" TAKEN);
  free_here (pool, (guint8 *) block + 8);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "invalid-pointer");

  free_here (pool, block);
  fsmm_test_expect_report ("fsmm_pool_free: pool \"traced\"*free already*" TAKEN FREED);
  free_here (pool, block);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "double-free");

  /* Whoever takes it next is another one. */
  g_assert_true (fsmm_test_alloc (pool) == block);
  fsmm_test_expect_report ("fsmm_pool_free: pool \"traced\"*at offset 8*it was taken by:*");
  free_here (pool, (guint8 *) block + 8);
  fsmm_test_assert_reported ();
}

static void
test_trace_of_errors (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("everything", 0);
  g_autoptr (GError) error = NULL;
  guint8 *block = take_here (pool);

  free_here (pool, block);
  g_assert_false (fsmm_pool_free (pool, block, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
  g_assert_true (g_pattern_match_simple ("*free already*" TAKEN FREED, error->message));

  block[1] = 0;
  fsmm_test_expect_report ("*written to after it was freed, at offset 1*" TAKEN FREED);
  fsmm_pool_trim (pool);
  fsmm_test_assert_reported ();
}

/* Each thread has a stack of its own to describe, at the same time as the others. */
static gpointer
free_twice_in_thread (gpointer pool)
{
  g_autoptr (GError) error = NULL;
  gpointer block = take_here (pool);

  free_here (pool, block);
  g_assert_false (fsmm_pool_free (pool, block, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
  g_assert_true (g_pattern_match_simple ("*free already*" TAKEN "*free_twice_in_thread*" FREED,
                                         error->message));

  return NULL;
}

static void
test_trace_in_threads (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("traced", 0);
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("tracer", free_twice_in_thread, pool);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* --- Leaks --- */

static void
test_leaks_at_finalize (void)
{
  FsmmPool *pool = new_pool ("leaking", 0);
  gpointer block = take_here (pool);
  /* Not to be unrolled: that would make three places of one. */
  volatile guint n = 3;

  while (n-- > 0)
    take_here (pool);
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
  FsmmPool *pool = new_pool ("leaking", 0);

  fsmm_test_free (pool, take_here (pool));
  take_here (pool);
  /* Who drops everything has lost nothing. */
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
  g_object_unref (pool);
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

/* --- Malloc --- */

static void
test_malloc_gives_each_block_its_own_memory (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("from-malloc", 100);
  g_autoptr (GError) error = NULL;
  gpointer blocks[100];

  g_assert_true (fsmm_pool_reserve (pool, 50, NULL));
  fsmm_test_assert_counts (pool, 0, 50);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = memset (fsmm_test_alloc (pool), (int) i, 64);
  fsmm_test_assert_counts (pool, 100, 100);
  g_assert_false (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_true (fsmm_pool_for_block (blocks[7]) == pool);

  fsmm_test_assert_refused_in (pool, (guint8 *) blocks[3] + 8, FSMM_ERROR_INVALID_POINTER,
                               "at offset 8 of the block");
  fsmm_free (blocks[0]);
  fsmm_test_assert_refused_in (pool, blocks[0], FSMM_ERROR_INVALID_POINTER, "lies in no chunk");
  g_assert_true (fsmm_pool_free_many (pool, 50, blocks + 1, NULL));
  fsmm_test_assert_counts (pool, 49, 49);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 49);
  fsmm_test_assert_counts (pool, 0, 0);
}

static void
release_if_shown (gpointer block, gpointer pool)
{
  fsmm_test_free (pool, block);
}

static void
test_malloc_and_handles (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("from-malloc", 0);
  g_autoptr (FsmmBlock) handle = fsmm_pool_acquire (pool, NULL);
  g_autoptr (GBytes) bytes = fsmm_block_get_bytes (handle, NULL);

  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 11);
  fsmm_test_assert_counts (pool, 0, 0);
  /* Lent memory stays. */
  g_assert_cmpuint (*(const guint8 *) g_bytes_get_data (bytes, NULL), ==, 0);
  g_assert_false (fsmm_block_is_live (handle));

  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);
  fsmm_pool_foreach (pool, release_if_shown, pool);
  fsmm_test_assert_counts (pool, 0, 0);
}

/* --- Wipe --- */

static void
test_wipe_leaves_nothing (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("wiped", 0);
  guint8 *block = memset (fsmm_test_alloc (pool), 0x77, 64);

  fsmm_test_free (pool, block);
  for (guint i = 0; i < 64; i++)
    g_assert_cmphex (block[i], ==, 0);
}

/* What free_all () drops is gone from the memory, too: 63 more chunks are in the same mapping, which
 * is kept for one of them. */
static void
test_wipe_by_free_all (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("wiped", 0);
  g_autoptr (FsmmBlock) handle = fsmm_pool_acquire (pool, NULL);
  g_autoptr (GBytes) pin = fsmm_block_get_bytes (handle, NULL);
  guint8 *blocks[64];

  g_assert_nonnull (pin);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = memset (fsmm_test_alloc (pool), 0x77, 64);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 65);

  for (guint i = 16; i < G_N_ELEMENTS (blocks); i++)
    for (guint k = 0; k < 64; k++)
      g_assert_cmphex (blocks[i][k], ==, 0);
}

/* --- What nobody asked for --- */

static void
test_off_is_off (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("no flag is for this one", 0);
  guint8 *block = fsmm_test_alloc (pool);

  g_assert_cmpint (pool->store.debug, ==, 0);
  g_assert_nonnull (pool->store.quick_key);
  g_assert_cmpuint (pool->store.readers.length, ==, 1);
  g_assert_cmpuint (fsmm_pool_get_block_size (pool), ==, 64);
  fsmm_test_free (pool, block);
}

/* --- Each failing request, with all that is allocated besides --- */

static void
test_no_memory (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = new_pool (name, 0);
  gpointer blocks[40];

  for (guint nth = 1;; nth++)
    {
      g_autoptr (GError) error = NULL;
      gboolean taken;

      fsmm_system_fail_nth (nth);
      taken = fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, &error);
      if (!fsmm_system_fail_none ())
        {
          g_assert_true (taken);
          break;
        }

      /* Nothing is done without in silence. */
      g_assert_false (taken);
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
      fsmm_test_assert_counts (pool, 0, 0);
    }

  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 40);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", FLAGS, TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/variable", test_variable);
  g_test_add_func ("/debug/off-is-off", test_off_is_off);
  g_test_add_func ("/debug/poison/when-taken", test_write_after_free_is_found_when_taken);
  g_test_add_data_func ("/debug/poison/by-trim", GINT_TO_POINTER (AT_TRIM),
                        test_write_after_free_is_found_when_chunk_goes);
  g_test_add_data_func ("/debug/poison/by-free-all", GINT_TO_POINTER (AT_FREE_ALL),
                        test_write_after_free_is_found_when_chunk_goes);
  g_test_add_data_func ("/debug/poison/by-finalize", GINT_TO_POINTER (AT_END),
                        test_write_after_free_is_found_when_chunk_goes);
  g_test_add_func ("/debug/poison/fresh-blocks", test_fresh_blocks_have_no_zeroes);
  g_test_add_func ("/debug/canary/when-freed", test_overrun_is_found_when_freed);
  g_test_add_func ("/debug/canary/any-byte", test_overrun_of_any_byte_is_found);
  g_test_add_func ("/debug/canary/by-free-all", test_overrun_is_found_by_free_all);
  g_test_add_func ("/debug/canary/chunks", test_canary_leaves_chunks_as_they_are);
  g_test_add_func ("/debug/quarantine/a-while", test_quarantine_keeps_blocks_for_a_while);
  g_test_add_func ("/debug/quarantine/refuses-nobody", test_quarantine_refuses_nobody);
  g_test_add_func ("/debug/trace/reports", test_trace_tells_of_both);
  g_test_add_func ("/debug/trace/errors", test_trace_of_errors);
  g_test_add_func ("/debug/trace/threads", test_trace_in_threads);
  g_test_add_func ("/debug/leaks/at-finalize", test_leaks_at_finalize);
  g_test_add_func ("/debug/leaks/none", test_no_leaks_no_report);
  g_test_add_func ("/debug/leaks/of-a-type", test_leaks_of_a_type);
  g_test_add_func ("/debug/malloc/excludes", test_malloc_excludes_what_it_cannot);
  g_test_add_func ("/debug/malloc/own-memory", test_malloc_gives_each_block_its_own_memory);
  g_test_add_func ("/debug/malloc/handles", test_malloc_and_handles);
  g_test_add_func ("/debug/wipe/when-freed", test_wipe_leaves_nothing);
  g_test_add_func ("/debug/wipe/by-free-all", test_wipe_by_free_all);
  g_test_add_data_func ("/debug/no-memory/everything", "everything", test_no_memory);
  g_test_add_data_func ("/debug/no-memory/malloc", "from-malloc", test_no_memory);

  return g_test_run ();
}
