/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What reports say, to the letter. */

#include "fsmm-test.h"

#include "fsmm-glib/debug/fsmm-report.h"
#include "fsmm-glib/pool/fsmm-handle-private.h"

#include <string.h>

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
  fsmm_report_log (&report, G_LOG_LEVEL_CRITICAL, FSMM_FAULT_LEAK, NULL, "said");
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
assert_double_frees (gsize n_blocks, const char *words)
{
  const FsmmSubject subject = { NULL, describe, "found", NULL };
  FsmmLateDoubleFrees found = { .n_blocks = n_blocks };
  g_autofree char *pattern = g_strdup_printf ("the pool: %s at the same time; *", words);

  fsmm_report_init (&found.report, &subject);
  for (gsize i = 0; i < MIN (n_blocks, G_N_ELEMENTS (found.blocks)); i++)
    found.blocks[i] = GSIZE_TO_POINTER (i + 1);

  fsmm_test_expect_report (pattern);
  fsmm_late_double_frees_log (&found);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "double-free");
  fsmm_test_assert_field ("FSMM_ADDRESS", "0x1");
}

static void
test_late_double_frees (void)
{
  FsmmLateDoubleFrees none = { .n_blocks = 0 };

  fsmm_late_double_frees_log (&none);
  assert_double_frees (1, "1 double free found: two threads freed 0x1");
  assert_double_frees (2, "2 double frees found: two threads freed 0x1, 0x2");
  assert_double_frees (8, "8 double frees found: two threads freed 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8");
  assert_double_frees (9, "9 double frees found: two threads freed 0x1, 0x2, 0x3, 0x4, 0x5, 0x6, 0x7, 0x8, ...");
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
  assert_words (error, FSMM_ERROR_EXHAUSTED, "17 blocks are more than it can have", NULL);
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

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "everything:all;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/reports/fields", test_fields);
  g_test_add_func ("/reports/no-pool", test_no_pool);
  g_test_add_func ("/reports/late-double-frees", test_late_double_frees);
  g_test_add_func ("/reports/words", test_words);
  g_test_add_func ("/reports/words-of-a-broken-pool", test_words_of_a_broken_pool);
  g_test_add_func ("/reports/words-of-values", test_words_of_values);
  g_test_add_func ("/reports/handle-freed-twice", test_handle_freed_twice);

  return g_test_run ();
}
