/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pool may have any name: what is said of it is a line of UTF-8 all the same. */

#include "fsmm-test.h"

#include <string.h>

static const struct {
  const char *name;
  const char *shown;
} names[] = {
  { "nodes", "nodes" },
  { "N\xc5\x93uds \xe2\x80\x9cx\xe2\x80\x9d", "N\xc5\x93uds \xe2\x80\x9cx\xe2\x80\x9d" },
  { "\xf0", "\\xf0" },
  { "n\xfd\x80s", "n\\xfd\\x80s" },
  { "cut off: \xe2\x82", "cut off: \\xe2\\x82" },
  { "too long: \xc0\xaf", "too long: \\xc0\\xaf" },
  { "two\nlines", "two\\x0alines" },
  { "\x1b[31mred\x1b[0m\a\t\x7f", "\\x1b[31mred\\x1b[0m\\x07\\x09\\x7f" },
  { "\xc2\x9b" "2J", "\\u009b2J" },
  { "a\xe2\x80\xa8" "b\xe2\x80\xaegpj", "a\\u2028b\\u202egpj" },
  { "%s%n", "%s%n" },
  { "", "" },
};

static void
assert_plain (const char *text)
{
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (; *text != '\0'; text = g_utf8_next_char (text))
    g_assert_true (*text == '\n' || !g_unichar_iscntrl (g_utf8_get_char (text)));
}

/* Where text is to be in a line of its own. */
static void
assert_is_one_line (const char *text)
{
  assert_plain (text);
  g_assert_null (strchr (text, '\n'));
}

static FsmmPool *
new_pool (const char *name)
{
  g_autoptr (GError) error = NULL;
  FsmmPool *pool = fsmm_pool_new_full (name, 64, 0, 1024, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (fsmm_pool_get_name (pool), ==, name);

  return pool;
}

static void
test_errors (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (FsmmPool) pool = new_pool (names[i].name);
      g_autofree char *start = g_strdup_printf ("pool \"%s\" (alloc-size 64): ", names[i].shown);
      g_autoptr (GError) error = NULL;

      g_assert_false (fsmm_pool_free (pool, &pool, &error));
      g_assert_true (g_str_has_prefix (error->message, start));
      assert_is_one_line (error->message);
    }
}

static void
test_no_pool (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *start = g_strdup_printf ("cannot make pool \"%s\": ", names[i].shown);
      g_autoptr (GError) error = NULL;

      g_assert_null (fsmm_pool_new_full (names[i].name, 0, 0, 0, 0, &error));
      g_assert_true (g_str_has_prefix (error->message, start));
      assert_is_one_line (error->message);
    }
}

/* A block belongs to another pool, which the message names as well. */
static void
test_reports (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (FsmmPool) pool = new_pool ("plain");
      g_autoptr (FsmmPool) other = new_pool (names[i].name);
      g_autofree char *pattern = g_strdup_printf ("*pool \"plain\"*chunk of pool \"%s\"*",
                                                  names[i].shown);

      fsmm_test_expect_report (pattern);
      fsmm_pool_free (pool, fsmm_test_alloc (other), NULL);
      fsmm_test_assert_reported ();

      fsmm_test_expect_report ("*");
      fsmm_pool_free (other, &pool, NULL);
      fsmm_test_assert_field ("FSMM_POOL", names[i].shown);
      fsmm_pool_free_all (other);
    }
}

static void
test_dump (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (FsmmPool) pool = new_pool (names[i].name);
      g_autofree char *start = g_strdup_printf ("pool \"%s\" (alloc-size 64)\n", names[i].shown);
      g_autofree char *dump = fsmm_pool_dump (pool);

      g_assert_true (g_str_has_prefix (dump, start));
      assert_plain (dump);
    }
}

/* What FSMM_DEBUG has is compared with the name itself. */
static void
test_patterns (void)
{
  g_autoptr (FsmmPool) pool = new_pool ("n\xfd\x80s");
  g_autoptr (FsmmPool) other = new_pool ("other\xfd");
  g_autofree char *dump = fsmm_pool_dump (pool);
  g_autofree char *other_dump = fsmm_pool_dump (other);

  g_assert_nonnull (strstr (dump, "FSMM_DEBUG: canary, wipe\n"));
  g_assert_nonnull (strstr (other_dump, "FSMM_DEBUG: trace\n"));
}

static void
test_types (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmTypedPool) pool =
      fsmm_typed_pool_new_full ("\x1b[2J\xff", G_TYPE_DATE, 0, 0, &error);

  g_assert_no_error (error);
  g_assert_false (fsmm_typed_pool_destroy (pool, &pool, &error));
  g_assert_true (g_str_has_prefix (error->message, "pool \"\\x1b[2J\\xff\" (GDate, "));
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "n*s:wipe;n\xfd?s:canary;other\xfd:trace;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/names/errors", test_errors);
  g_test_add_func ("/names/no-pool", test_no_pool);
  g_test_add_func ("/names/reports", test_reports);
  g_test_add_func ("/names/dump", test_dump);
  g_test_add_func ("/names/patterns", test_patterns);
  g_test_add_func ("/names/types", test_types);

  return g_test_run ();
}
