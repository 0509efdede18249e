/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-bad-alloc.hpp"
#include "fsmm-block.h"
#include "fsmm-box.h"
#include "fsmm-pool.h"
#include "fsmm-trimmer.h"
#include "fsmm-typed-pool.h"
#include "fsmm-version-macros.h"

#include <cstddef>
#include <memory>

namespace fsmm
{

/**
 * fsmm::unref:
 *
 * A deleter that drops one reference, for `std::unique_ptr` and `std::shared_ptr`.
 *
 * Since: 1.2
 */
struct unref
{
  void
  operator() (FsmmPool *pool) const noexcept
  {
    g_object_unref (pool);
  }

  void
  operator() (FsmmTypedPool *pool) const noexcept
  {
    g_object_unref (pool);
  }

  void
  operator() (FsmmTrimmer *trimmer) const noexcept
  {
    g_object_unref (trimmer);
  }

  void
  operator() (FsmmBlock *block) const noexcept
  {
    fsmm_block_unref (block);
  }

  void
  operator() (FsmmBox *box) const noexcept
  {
    fsmm_box_unref (box);
  }
};

/**
 * fsmm::ref:
 *
 * Owns one reference to a pool, a trimmer, a block handle or a box, and drops it at the end.
 *
 * To share it, take another one with `g_object_ref ()` and the like, or make a `std::shared_ptr` of
 * it.
 *
 * Since: 1.2
 */
template <typename T> using ref = std::unique_ptr<T, unref>;

namespace detail
{

inline ref<FsmmPool>
make_pool (const char *name,
           std::size_t size,
           std::size_t alignment,
           std::size_t chunk_bytes,
           std::size_t max_blocks)
{
  GError *error = nullptr;
  ref<FsmmPool> pool (fsmm_pool_new_full (name, size, alignment, chunk_bytes, max_blocks, &error));

  if (pool == nullptr)
    fail (error);

  return pool;
}

}

/**
 * fsmm::make_pool:
 * @name: (nullable): the name that messages use for the pool
 * @max_blocks: the maximum number of blocks that can be live at a time, or 0 for no limit
 * @chunk_bytes: the size of a chunk in bytes, at least 1024, or 0 for the default
 *
 * Creates a pool whose blocks have the size and the alignment of a type.
 *
 * Throws: fsmm::bad_alloc with `FSMM_ERROR_INVALID_ARGUMENT` for a size outside these bounds.
 *
 * Since: 1.2
 */
template <typename T>
[[nodiscard]] ref<FsmmPool>
make_pool (const char *name = nullptr, std::size_t max_blocks = 0, std::size_t chunk_bytes = 0)
{
  return detail::make_pool (name, sizeof (T), alignof (T), chunk_bytes, max_blocks);
}

}
