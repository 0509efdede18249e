/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reports say, to the letter, and that each flag of FSMM_DEBUG does nothing but its own. */

/* For dladdr (). */
#define _GNU_SOURCE

#include "fsmm-test.h"

#include "fsmm-glib/debug/fsmm-finding.h"
#include "fsmm-glib/pool/fsmm-handle-private.h"
#include "fsmm-glib/engine/heap/fsmm-leaks.h"
#include "fsmm-glib/debug/fsmm-symbols.h"
#include "fsmm-glib/base/fsmm-system.h"
#include "fsmm-glib/debug/fsmm-sanitizers.h"

#include <string.h>
#if defined(HAVE_LIBDW) && defined(__linux__)
#include <dlfcn.h>
#include <sys/auxv.h>
#endif

#define FLAGS                                                                                      \
  "poisoned:poison;canaried:canary;quarantined:quarantine;traced:trace;leaking:leaks;"             \
  "from-malloc:malloc;wiped:wipe;everything:all;all-from-malloc:all,malloc;"                       \
  "wiped-from-malloc:malloc,wipe;*:no-tools"

static FsmmPool *
new_pool (const char *name, gsize alloc_size)
{
  g_autoptr (GError) error = NULL;
  FsmmPool *pool = fsmm_pool_new_full (name, alloc_size, 0, 1024, 0, &error);

  g_assert_no_error (error);

  return pool;
}

/* --- Fields --- */

static char *
describe (gpointer owner)
{
  return g_strdup ("the pool");
}

static void
assert_fields (const FsmmSubject *subject, const char *pool)
{
  FsmmReport report;

  fsmm_report_init (&report, subject);
  fsmm_test_expect_report ("said");
  fsmm_report_log (&report, G_LOG_LEVEL_CRITICAL, "fault", NULL, "said");
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_POOL", pool);
  fsmm_test_assert_field ("FSMM_TYPE", subject->type);
  fsmm_test_assert_field ("FSMM_ADDRESS", NULL);
  fsmm_report_clear (&report);
}

static void
test_fields (void)
{
  int owner;
  g_autofree char *address = g_strdup_printf ("%p", (gpointer) &owner);

  assert_fields (&(FsmmSubject) { &owner, describe, "named", "Point" }, "named");
  assert_fields (&(FsmmSubject) { &owner, describe, NULL, NULL }, address);
}

/* What is in no pool has no field that says which. */
static void
test_no_pool (void)
{
  int owner;

  fsmm_test_expect_report ("*lies in no chunk of any pool*");
  fsmm_free (&owner);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_POOL", NULL);
  fsmm_test_assert_field ("FSMM_TYPE", NULL);
}

/* --- Blocks that were freed twice --- */

static void
assert_lost (gsize n_blocks, const char *words)
{
  const FsmmSubject subject = { NULL, describe, "lost", NULL };
  FsmmLost lost = { .n_blocks = n_blocks };
  g_autofree char *pattern = g_strdup_printf ("the pool: %s at the same time; *", words);

  fsmm_report_init (&lost.report, &subject);
  for (gsize i = 0; i < MIN (n_blocks, G_N_ELEMENTS (lost.blocks)); i++)
    lost.blocks[i] = GSIZE_TO_POINTER (i + 1);

  fsmm_test_expect_report (pattern);
  fsmm_lost_report (&lost);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "double-free");
  fsmm_test_assert_field ("FSMM_ADDRESS", "0x1");
}

static void
test_lost_blocks (void)
{
  FsmmLost none = { .n_blocks = 0 };

  fsmm_lost_report (&none);
  assert_lost (1, "1 double free found: two threads freed 0x1");
  assert_lost (2, "2 double frees found: two threads freed 0x1, 0x2");
  assert_lost (8, "8 double frees found: two threads freed 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8");
  assert_lost (9, "9 double frees found: two threads freed 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8, ...");
}

/* --- The words of errors --- */

static void
assert_words (GError *error, gint code, const char *words, const char *not_words)
{
  g_assert_error (error, FSMM_ERROR, code);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);
  if (not_words != NULL && strstr (error->message, not_words) != NULL)
    g_error ("“%s” says “%s”", error->message, not_words);
  g_error_free (error);
}

static void
test_words (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full (NULL, 64, 0, 1024, 16, NULL);
  guint8 *block = fsmm_test_alloc (pool);
  gpointer blocks[17];
  GError *error = NULL;

  g_assert_false (fsmm_pool_free (pool, block + 65, &error));
  assert_words (error, FSMM_ERROR_INVALID_POINTER, " (block 1 of the chunk at 0x", NULL);
  error = NULL;
  g_assert_false (fsmm_pool_free (pool, &error, &error));
  assert_words (error, FSMM_ERROR_INVALID_POINTER, "unnamed pool 0x", "(block");
  error = NULL;
  g_assert_false (fsmm_pool_alloc_many (pool, 17, blocks, &error));
  assert_words (error, FSMM_ERROR_EXHAUSTED, "17 blocks are more than it can ever have", NULL);
  error = NULL;
  g_assert_false (fsmm_pool_alloc_many (pool, 16, blocks, &error));
  assert_words (error, FSMM_ERROR_EXHAUSTED, "no room for 16 more", NULL);
  error = NULL;
  fsmm_pool_report_dropped (pool, TRUE, &error);
  assert_words (error, FSMM_ERROR_RELEASED, "being finalized", NULL);
  error = NULL;
  fsmm_pool_report_dropped (pool, FALSE, &error);
  assert_words (error, FSMM_ERROR_RELEASED, "free_all ()", NULL);
}

/* What is wrong with a pool is what each call says, and no debugging is done in it. */
static void
test_words_of_a_broken_pool (void)
{
  g_autoptr (FsmmTypedPool) typed = g_object_new (FSMM_TYPE_TYPED_POOL, "name", "everything",
                                                  "item-type", G_TYPE_BYTES, NULL);
  GError *error = NULL;

  g_assert_cmpint (fsmm_typed_pool_get_pool (typed)->store.debug, ==, 0);
  g_assert_false (fsmm_typed_pool_destroy (typed, &error, &error));
  assert_words (error, FSMM_ERROR_UNSUPPORTED_TYPE, "GBytes has no layout", NULL);
  error = NULL;
  g_assert_null (fsmm_typed_pool_construct_copy (typed, NULL, &error));
  assert_words (error, FSMM_ERROR_UNSUPPORTED_TYPE, "GBytes has no layout", NULL);
  error = NULL;
  g_assert_null (fsmm_typed_pool_alloc_value (typed, NULL, &error));
  assert_words (error, FSMM_ERROR_UNSUPPORTED_TYPE, "GBytes has no layout", NULL);
}

static void
test_words_of_values (void)
{
  g_autoptr (FsmmTypedPool) dates = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  const GValue unset = G_VALUE_INIT;
  GError *error = NULL;

  g_assert_null (fsmm_typed_pool_alloc_value (dates, &unset, &error));
  assert_words (error, FSMM_ERROR_INVALID_ARGUMENT, "the value holds nothing", NULL);
  error = NULL;
  g_assert_null (fsmm_typed_pool_alloc_value (dates, NULL, &error));
  assert_words (error, FSMM_ERROR_INVALID_ARGUMENT, "the value holds nothing", NULL);
}

/* --- Where a block is --- */

static void
test_number_and_chunk (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("poisoned", 64);
  guint8 *chunk = fsmm_test_alloc (pool);
  guint8 *third = chunk + 3 * 64;
  g_autofree char *pattern = g_strdup_printf ("*: block %p (number 3 of the chunk at %p): *",
                                              (gpointer) third, (gpointer) chunk);

  *third = 0;
  fsmm_test_expect_report (pattern);
  fsmm_pool_free_all (pool);
  fsmm_test_assert_reported ();
}

/* --- Who had a block before --- */

static void
test_history_starts_anew (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("traced", 64);
  g_autoptr (GError) error = NULL;
  guint8 *block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  g_assert_true (fsmm_test_alloc (pool) == block);
  g_assert_false (fsmm_pool_free (pool, block + 8, &error));
  g_assert_nonnull (strstr (error->message, "it was taken by:\n    "));
  g_assert_null (strstr (error->message, "it was freed by:"));
  g_assert_null (strstr (error->message, "(unknown)"));
  g_assert_false (g_str_has_suffix (error->message, "\n"));
}

/* --- Places in a program --- */

static G_GNUC_NO_INLINE const FsmmStack *
capture (void)
{
  return fsmm_stack_capture ();
}

/* Each is kept, and described, once. */
static void
test_stacks_are_kept_once (void)
{
  const FsmmStack *stacks[3];
  /* Not to be unrolled: that would make two places of one. */
  volatile guint n = 2;

  while (n-- > 0)
    stacks[n] = capture ();
  stacks[2] = capture ();

  g_assert_true (stacks[0] == stacks[1]);
  g_assert_true (stacks[0] != stacks[2]);
  g_assert_true (fsmm_stack_describe (stacks[0]) == fsmm_stack_describe (stacks[0]));
}

static void
assert_described (FsmmSymbols *symbols, gconstpointer address, const char *words)
{
  g_autofree char *text = fsmm_symbols_describe (symbols, (const guint8 *) address + 1);

  if (!g_str_has_prefix (text, words))
    g_error ("%p is “%s”, and not “%s…”", address, text, words);
}

/* Also where there are no lines, or no function is exported, or there is none. */
static void
test_names (void)
{
  FsmmSymbols *symbols = fsmm_symbols_open ();
#if defined(HAVE_LIBDW) && defined(__linux__)
  Dl_info info;

  g_assert_cmpint (dladdr ((gconstpointer) g_free, &info), !=, 0);
  assert_described (symbols, (gconstpointer) getauxval (AT_ENTRY), "_start (");
  assert_described (symbols, (const guint8 *) info.dli_fbase + 16, "? (libglib");
#endif

  assert_described (symbols, (gconstpointer) g_free, "g_free (");
  assert_described (symbols, GSIZE_TO_POINTER (16), "0x10");
  g_assert_false (fsmm_symbols_is_inside (symbols, GSIZE_TO_POINTER (16)));

  fsmm_symbols_close (symbols);
}

/* --- Leaks --- */

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

/* The places with the most blocks come first; a block that is free, or in a chunk that is only kept
 * because somebody reads from it, is no leak. */
static void
test_leaks_in_order (void)
{
  FsmmPool *pool = new_pool ("leaking", 64);
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
  FsmmPool *pool = new_pool ("leaking", 64);
  gpointer blocks[2] = { take_in_one_place (pool), take_in_one_place (pool) };
  FsmmPlace place;
  FsmmChunk *chunk;

  g_assert_true (fsmm_store_find_place (&pool->store, blocks[0], &place));
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

/* --- What a flag leaves alone --- */

/* There are bytes behind each block, and only with a canary are they looked at. */
static void
test_nobody_looks_behind (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = new_pool (name, 20);
  guint8 *block = fsmm_test_alloc (pool);

  memset (block, 0x77, 20);
  fsmm_test_free (pool, block);
  fsmm_pool_free_all (pool);
}

static void
test_quarantine_without_memory (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = NULL;
  gpointer block;

  fsmm_system_fail_nth (1);
  pool = new_pool (name, 64);
  g_assert_true (fsmm_system_fail_none ());
  g_assert_cmpint (pool->store.debug & FSMM_DEBUG_QUARANTINE, ==, 0);

  block = fsmm_test_alloc (pool);
  fsmm_test_free (pool, block);
  g_assert_true (fsmm_test_alloc (pool) == block);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 1);
}

/* Handles are counted, and cannot be freed twice but by a mistake of ours. */
static void
test_handle_freed_twice (void)
{
  if (g_test_subprocess ())
    {
      gpointer handle = fsmm_handle_memory_alloc ();

      fsmm_handle_memory_free (handle);
      fsmm_handle_memory_free (handle);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*handle 0x* was freed twice*");
}

/* What cannot be had together: the memory is not ours when a block is free. */
static void
test_malloc_excludes (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("all-from-malloc", 64);
  g_autofree char *flags = fsmm_debug_list (pool->store.debug);

  g_assert_cmpstr (flags, ==, "trace, leaks, malloc");
}

/* Nobody finds a pool at an address that is not its own any more, or never was. */
static void
test_malloc_is_forgotten (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("from-malloc", 64);
  gpointer block = fsmm_test_alloc (pool);

  g_assert_true (fsmm_registry_find_store (block) == &pool->store);
  fsmm_test_free (pool, block);
  g_assert_null (fsmm_registry_find_store (block));

  for (guint nth = 1; nth < 4; nth++)
    {
      fsmm_system_fail_nth (nth);
      block = fsmm_pool_alloc (pool, NULL);
      fsmm_system_fail_none ();
      g_assert_null (fsmm_registry_find_store (NULL));
      if (block != NULL)
        fsmm_test_free (pool, block);
    }
}

static void
take_from (const char *message, gpointer pool)
{
  fsmm_test_watch_reports (NULL, NULL);
  g_assert_nonnull (fsmm_pool_alloc (pool, NULL));
}

/* Who handles messages may use the pool that they are about, also at its end. */
static void
test_pool_is_used_at_its_end (void)
{
  FsmmPool *pool = new_pool ("poisoned", 64);
  guint8 *block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  *block = 0;
  fsmm_test_watch_reports (take_from, pool);
  g_object_unref (pool);
}

/* Without a tool, nothing is done for one: a pool is as quick as it can be. */
static void
test_nobody_watches (void)
{
  /* But a sanitizer or Valgrind may be there. */
  if (fsmm_test_is_slow_environment ())
    return;

  g_assert_false (fsmm_tools_are_there ());
  g_assert_cmpint (fsmm_debug_get_flags (NULL), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", FLAGS, TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/findings/fields", test_fields);
  g_test_add_func ("/findings/no-pool", test_no_pool);
  g_test_add_func ("/findings/lost-blocks", test_lost_blocks);
  g_test_add_func ("/findings/words", test_words);
  g_test_add_func ("/findings/words-of-a-broken-pool", test_words_of_a_broken_pool);
  g_test_add_func ("/findings/words-of-values", test_words_of_values);
  g_test_add_func ("/findings/number-and-chunk", test_number_and_chunk);
  g_test_add_func ("/findings/history-starts-anew", test_history_starts_anew);
  g_test_add_func ("/findings/stacks-are-kept-once", test_stacks_are_kept_once);
  g_test_add_func ("/findings/names", test_names);
  g_test_add_func ("/findings/leaks-in-order", test_leaks_in_order);
  g_test_add_func ("/findings/oldest-leak", test_oldest_leak);
  g_test_add_data_func ("/findings/nobody-looks-behind/poison", "poisoned",
                        test_nobody_looks_behind);
  g_test_add_data_func ("/findings/nobody-looks-behind/wipe", "wiped", test_nobody_looks_behind);
  g_test_add_data_func ("/findings/nobody-looks-behind/malloc", "from-malloc",
                        test_nobody_looks_behind);
  g_test_add_data_func ("/findings/nobody-looks-behind/malloc-and-wipe", "wiped-from-malloc",
                        test_nobody_looks_behind);
  g_test_add_data_func ("/findings/quarantine-without-memory/alone", "quarantined",
                        test_quarantine_without_memory);
  g_test_add_data_func ("/findings/quarantine-without-memory/all", "everything",
                        test_quarantine_without_memory);
  g_test_add_func ("/findings/handle-freed-twice", test_handle_freed_twice);
  g_test_add_func ("/findings/malloc-excludes", test_malloc_excludes);
  g_test_add_func ("/findings/malloc-is-forgotten", test_malloc_is_forgotten);
  g_test_add_func ("/findings/pool-is-used-at-its-end", test_pool_is_used_at_its_end);
  g_test_add_func ("/findings/nobody-watches", test_nobody_watches);

  return g_test_run ();
}
