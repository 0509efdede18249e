/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG=trace: reports say who took a block, and who freed it. */

/* For dladdr (). */
#define _GNU_SOURCE

#include "fsmm-test.h"

#include "fsmm-glib/debug/fsmm-call-stack.h"
#include "fsmm-glib/debug/fsmm-symbols.h"

#include <string.h>
#if defined(HAVE_LIBDW) && defined(__linux__)
#include <dlfcn.h>
#include <sys/auxv.h>
#endif

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
#define SITE "take_here (test-debug-trace.c:"
#define TAKEN "*it was taken by:*" SITE "*"
#define FREED "*it was freed by:*free_here (test-debug-trace.c:*"
#else
#define SITE
#define TAKEN "*it was taken by:*"
#define FREED "*it was freed by:*"
#endif

static void
test_trace_tells_of_both (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("traced", 64, 1024);
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

  /* The next caller that takes the block is another one. */
  fsmm_test_take_again (pool, block);
  fsmm_test_expect_report ("fsmm_pool_free: pool \"traced\"*at offset 8*it was taken by:*");
  free_here (pool, (guint8 *) block + 8);
  fsmm_test_assert_reported ();
}

static void
test_trace_of_errors (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("everything", 64, 1024);
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

static void
test_trace_in_dumps (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("traced", 64, 1024);
  g_autofree char *empty = fsmm_pool_dump (pool);
  g_autofree char *text = NULL;
  gpointer block;

  g_assert_null (strstr (empty, "taken by"));
  block = take_here (pool);
  text = fsmm_pool_dump (pool);
  g_test_message ("%s", text);
  g_assert_true (g_pattern_match_simple (
      "*\n  0x*1/* #*_\n  1 block (64 bytes) taken by:\n*" SITE "*\n", text));
  free_here (pool, block);
}

/* Each thread has a stack of its own to describe, at the same time as the others, and a pool of its
 * own, since another one could take the block in between. */
static gpointer
free_twice_in_thread (gpointer data)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("traced", 64, 1024);
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
  GThread *threads[8];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("tracer", free_twice_in_thread, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_history_starts_anew (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("traced", 64, 1024);
  g_autoptr (GError) error = NULL;
  guint8 *block = fsmm_test_alloc (pool);

  fsmm_test_free (pool, block);
  fsmm_test_take_again (pool, block);
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

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "traced:trace;everything:all;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/trace/reports", test_trace_tells_of_both);
  g_test_add_func ("/debug/trace/errors", test_trace_of_errors);
  g_test_add_func ("/debug/trace/dumps", test_trace_in_dumps);
  g_test_add_func ("/debug/trace/threads", test_trace_in_threads);
  g_test_add_func ("/debug/trace/history-starts-anew", test_history_starts_anew);
  g_test_add_func ("/debug/trace/stacks-are-kept-once", test_stacks_are_kept_once);
  g_test_add_func ("/debug/trace/names", test_names);

  return g_test_run ();
}
