/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Compiled without exceptions and without types at run time. */

#include "cpp-containers.h"

#include <string>

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "This is about a program that has none of them."
#endif

namespace
{

void
test_works ()
{
  const auto pool = fsmm::make_pool<std::string> ("texts");
  const fsmm::allocator<int> allocator ("numbers");

  {
    const auto text = fsmm::make_unique<std::string> (pool.get (), 100U, 'x');
    const auto date = fsmm::construct<GDate> (fsmm_typed_pool_get_default (G_TYPE_DATE));
    const List<int> list ({ 1, 2, 3 }, allocator);

    g_assert_cmpuint (fsmm_pool_get_n_allocated (pool.get ()), ==, 1);
    g_assert_false (g_date_valid (date.get ()));
    assert_live (allocator, 3);
  }

  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool.get ()), ==, 0);
  assert_live (allocator, 0);
}

/* Runs itself up to the end of the program. */
void
assert_ends (const char *pattern)
{
  g_test_trap_subprocess (nullptr, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr (pattern);
}

void
test_limit_of_a_pool_ends_the_program ()
{
  if (g_test_subprocess ())
    {
      const auto pool = fsmm::make_pool<int> ("few", 1);
      const auto one = fsmm::make_unique<int> (pool.get (), 1);
      const auto other = fsmm::make_unique<int> (pool.get (), 2);

      g_assert_not_reached ();
    }

  assert_ends ("*Fsmm-ERROR*pool \"few\"*max-blocks is 1*");
}

void
test_limit_of_a_container_ends_the_program ()
{
  if (g_test_subprocess ())
    {
      const List<int> list ({ 1, 2, 3 }, fsmm::allocator<int> ("few", 2));

      g_assert_not_reached ();
    }

  assert_ends ("*Fsmm-ERROR*pool \"few\"*max-blocks is 2*");
}

}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, nullptr);

  g_test_add_func ("/cpp/no-exceptions/works", test_works);
  g_test_add_func ("/cpp/no-exceptions/limit/pool", test_limit_of_a_pool_ends_the_program);
  g_test_add_func ("/cpp/no-exceptions/limit/container",
                   test_limit_of_a_container_ends_the_program);

  return g_test_run ();
}
