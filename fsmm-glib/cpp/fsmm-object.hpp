/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-bad-alloc.hpp"
#include "fsmm-pool.h"
#include "fsmm-typed-pool.h"
#include "fsmm-version-macros.h"

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace fsmm
{

/**
 * fsmm::block_deleter:
 *
 * A deleter that calls `fsmm_free ()`. It gives a block back to its pool, whichever that is, and
 * runs no destructor. An instance of a typed pool is cleared first, by the functions of its type.
 *
 * What is refused is logged as a critical message. The pool must outlive the block.
 *
 * Since: 1.2
 */
struct block_deleter
{
  void
  operator() (void *block) const noexcept
  {
    fsmm_free (block);
  }
};

/**
 * fsmm::block_ptr:
 *
 * Owns a block that functions of C returned, or an instance of a typed pool.
 *
 * Since: 1.2
 */
template <typename T> using block_ptr = std::unique_ptr<T, block_deleter>;

/**
 * fsmm::object_deleter:
 *
 * A deleter that destroys a C++ object and gives its block back to its pool.
 *
 * The address is looked up first: if no object is live there, because it was destroyed before, or
 * all blocks of the pool were dropped, or the pool is gone, the destructor does not run, and a
 * critical message is logged. The pool must outlive the object.
 *
 * There is no conversion to a deleter of a base class, which may lie anywhere in the block. Make a
 * `std::shared_ptr` to the base class instead: it remembers what the object is.
 *
 * Since: 1.2
 */
template <typename T> struct object_deleter
{
  void
  operator() (T *object) const noexcept
  {
    void *block = const_cast<std::remove_cv_t<T> *> (object);

    if constexpr (!std::is_trivially_destructible_v<T>)
      if (fsmm_pool_for_block (block) != nullptr)
        object->~T ();

    fsmm_free (block);
  }
};

/**
 * fsmm::unique_ptr:
 *
 * Owns a C++ object in a block of a pool: what fsmm::make_unique () returns.
 *
 * Since: 1.2
 */
template <typename T> using unique_ptr = std::unique_ptr<T, object_deleter<T>>;

namespace detail
{

[[noreturn]] inline void
fail_to_fit (FsmmPool *pool, gsize size, gsize alignment)
{
  const char *name = fsmm_pool_get_name (pool);
  char *escaped = g_strescape (name != nullptr ? name : "unnamed", nullptr);
  GError *error = g_error_new (
      FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
      "pool \"%s\": its blocks have %" G_GSIZE_FORMAT " bytes, aligned to %" G_GSIZE_FORMAT
      ", but the object needs %" G_GSIZE_FORMAT ", aligned to %" G_GSIZE_FORMAT
      "; make the pool with make_pool ()",
      escaped, fsmm_pool_get_alloc_size (pool), fsmm_pool_get_alignment (pool), size, alignment);

  g_free (escaped);
  fail (error);
}

template <typename T>
void
require_fit (FsmmPool *pool)
{
  static_assert (!std::is_array_v<T>, "a block has one object");

  if (pool == nullptr)
    fail (nullptr);
  if (fsmm_pool_get_alloc_size (pool) < sizeof (T) || fsmm_pool_get_alignment (pool) < alignof (T))
    fail_to_fit (pool, sizeof (T), alignof (T));
}

/* For the blocks of an allocator, and those that objects are made in. */
inline void *
alloc (FsmmPool *pool)
{
  GError *error = nullptr;
  void *block = fsmm_pool_alloc (pool, &error);

  if (block == nullptr)
    fail (error);

  return block;
}

}

/**
 * fsmm::make_unique:
 * @pool: a pool whose blocks are large enough for a @T, and aligned for it
 * @args: what the constructor of @T takes
 *
 * Creates a C++ object in a block. If its constructor throws, the block goes back to the pool.
 *
 * The pool must outlive the object. Neither `fsmm_pool_free_all ()` nor the end of the pool runs
 * destructors.
 *
 * Throws: fsmm::bad_alloc with `FSMM_ERROR_EXHAUSTED` if as many blocks are live as there can be,
 * `FSMM_ERROR_NO_MEMORY` if the system has no memory, `FSMM_ERROR_INVALID_ARGUMENT` if there is no
 * pool, or a @T does not fit, or the pool is that of a typed pool. And what the constructor throws.
 *
 * Since: 1.2
 */
template <typename T, typename... Args>
[[nodiscard]] unique_ptr<T>
make_unique (FsmmPool *pool, Args &&...args)
{
  detail::require_fit<T> (pool);

  block_ptr<void> block (detail::alloc (pool));
  unique_ptr<T> object (::new (block.get ()) T (std::forward<Args> (args)...));

  block.release ();
  return object;
}

/**
 * fsmm::construct:
 * @pool: a typed pool
 *
 * Creates an instance of a boxed type, as `fsmm_typed_pool_construct ()` does: by the init function
 * of the type, if it has one. @T is the struct that the type is of.
 *
 * The pool must outlive the instance, or else clears it.
 *
 * Throws: fsmm::bad_alloc with the errors of `fsmm_typed_pool_construct ()`, and
 * `FSMM_ERROR_INVALID_ARGUMENT` if there is no pool, or a @T is larger than the instances.
 *
 * Since: 1.2
 */
template <typename T>
[[nodiscard]] block_ptr<T>
construct (FsmmTypedPool *pool)
{
  GError *error = nullptr;

  detail::require_fit<T> (pool != nullptr ? fsmm_typed_pool_get_pool (pool) : nullptr);

  block_ptr<T> instance (static_cast<T *> (fsmm_typed_pool_construct (pool, &error)));
  if (instance == nullptr)
    detail::fail (error);

  return instance;
}

/**
 * fsmm::construct_copy:
 * @pool: a typed pool
 * @source: an instance of its type, wherever it is
 *
 * Creates a copy of an instance, as `fsmm_typed_pool_construct_copy ()` does: by the copy function
 * of the type, if it has one. Otherwise as fsmm::construct ().
 *
 * Since: 1.2
 */
template <typename T>
[[nodiscard]] block_ptr<T>
construct_copy (FsmmTypedPool *pool, const T &source)
{
  GError *error = nullptr;

  detail::require_fit<T> (pool != nullptr ? fsmm_typed_pool_get_pool (pool) : nullptr);

  block_ptr<T> copy (
      static_cast<T *> (fsmm_typed_pool_construct_copy (pool, std::addressof (source), &error)));
  if (copy == nullptr)
    detail::fail (error);

  return copy;
}

}
