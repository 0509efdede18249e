/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "other-library.h"

Numbers
other_library_make_numbers ()
{
  return { 1, 2, 3 };
}

void
other_library_throw ()
{
  const auto pool = fsmm::make_pool<int> ("few", 1);
  const auto one = fsmm::make_unique<int> (pool.get (), 1);
  const auto other = fsmm::make_unique<int> (pool.get (), 2);
}
