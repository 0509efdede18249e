/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program and a library of its use the headers, and neither shows what it made of them. */

#include "other-library.h"

namespace
{

void
test_nodes_of_both_are_in_one_pool ()
{
  Numbers mine{ 4, 5 };
  Numbers theirs = other_library_make_numbers ();
  const auto pools = mine.get_allocator ().pools ();

  g_assert_cmpuint (pools.size (), ==, 1);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pools[0]), ==, 5);

  Numbers all;
  all.splice (all.end (), theirs);
  all.splice (all.end (), mine);
  g_assert_true (all == Numbers ({ 1, 2, 3, 4, 5 }));

  all.clear ();
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pools[0]), ==, 0);
}

void
test_exceptions_of_the_other_are_caught ()
{
  try
    {
      other_library_throw ();
    }
  catch (const fsmm::bad_alloc &exception)
    {
      g_assert_cmpint (exception.code (), ==, FSMM_ERROR_EXHAUSTED);
      return;
    }

  g_assert_not_reached ();
}

}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, nullptr);

  g_test_add_func ("/cpp/libraries/one-pool", test_nodes_of_both_are_in_one_pool);
  g_test_add_func ("/cpp/libraries/exceptions", test_exceptions_of_the_other_are_caught);

  return g_test_run ();
}
