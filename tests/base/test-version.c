/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

static void
test_headers_and_library_agree (void)
{
  g_autofree char *version = g_strdup_printf ("%u.%u.%u", fsmm_get_major_version (),
                                              fsmm_get_minor_version (), fsmm_get_micro_version ());

  g_assert_cmpstr (version, ==, FSMM_VERSION_S);
  g_assert_null (fsmm_check_version (FSMM_MAJOR_VERSION, FSMM_MINOR_VERSION, FSMM_MICRO_VERSION));
}

static void
test_what_the_library_is_compatible_with (void)
{
  const guint major = FSMM_MAJOR_VERSION, minor = FSMM_MINOR_VERSION, micro = FSMM_MICRO_VERSION;

  g_assert_null (fsmm_check_version (major, 0, 0));
  g_assert_nonnull (fsmm_check_version (major + 1, 0, 0));
  g_assert_nonnull (fsmm_check_version (major - 1, minor, micro));
  g_assert_nonnull (fsmm_check_version (major, minor + 1, 0));
  g_assert_nonnull (fsmm_check_version (major, minor, micro + 1));
}

static void
test_check_at_compile_time (void)
{
  g_assert_true (FSMM_CHECK_VERSION (FSMM_MAJOR_VERSION, FSMM_MINOR_VERSION, FSMM_MICRO_VERSION));
  g_assert_true (FSMM_CHECK_VERSION (0, 99, 99));
  g_assert_false (FSMM_CHECK_VERSION (FSMM_MAJOR_VERSION, FSMM_MINOR_VERSION,
                                      FSMM_MICRO_VERSION + 1));
  g_assert_false (FSMM_CHECK_VERSION (FSMM_MAJOR_VERSION, FSMM_MINOR_VERSION + 1, 0));
  g_assert_false (FSMM_CHECK_VERSION (FSMM_MAJOR_VERSION + 1, 0, 0));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/version/headers-and-library-agree", test_headers_and_library_agree);
  g_test_add_func ("/version/what-the-library-is-compatible-with",
                   test_what_the_library_is_compatible_with);
  g_test_add_func ("/version/check-at-compile-time", test_check_at_compile_time);

  return g_test_run ();
}
