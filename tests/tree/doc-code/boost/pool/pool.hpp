/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the guides show of Boost.Pool, where that is not installed. */

#pragma once

#include <cstddef>

namespace boost
{
struct default_user_allocator_new_delete
{
};

template <typename UserAllocator = default_user_allocator_new_delete> class pool
{
public:
  explicit pool (std::size_t requested_size);
  ~pool ();
  void *malloc ();
  void free (void *chunk);
  bool purge_memory ();
};
}
