/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-object.hpp"
#include "fsmm-pool.h"
#include "fsmm-ref.hpp"
#include "fsmm-version-macros.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

/* Why this is an allocator, and no std::pmr::memory_resource: a resource is asked for bytes, and
 * cannot tell one node of 104 bytes from an array of 13 buckets. It would need a pool for every
 * size that an array ever has, and counts and limits would mean nothing. An allocator knows what it
 * is asked for, and how many. */

namespace fsmm
{

namespace detail
{

/* The pools of an allocator and its copies: one for each size and alignment of nodes, made when the
 * first node is. Threads add pools without a lock, so that a fork () cannot leave it locked. */
class pool_set
{
public:
  pool_set (const char *name, std::size_t max_blocks)
      : name_ (g_strdup (name), g_free), max_blocks_ (max_blocks)
  {
  }

  pool_set (const pool_set &) = delete;
  pool_set &operator= (const pool_set &) = delete;

  ~pool_set ()
  {
    for (entry *it = first_.load (); it != nullptr;)
      delete std::exchange (it, it->next);
  }

  FsmmPool *
  get (std::size_t size, std::size_t alignment)
  {
    std::unique_ptr<entry> made;
    entry *first = first_.load (std::memory_order_acquire);

    for (;;)
      {
        if (const entry *found = find (first, size, alignment))
          return found->pool.get ();
        if (made == nullptr)
          made.reset (new entry{ make_pool (name_.get (), size, alignment, 0, max_blocks_), size,
                                 alignment, nullptr });

        made->next = first;
        if (first_.compare_exchange_weak (first, made.get (), std::memory_order_release,
                                          std::memory_order_acquire))
          return made.release ()->pool.get ();
      }
  }

  std::vector<FsmmPool *>
  list () const
  {
    std::vector<FsmmPool *> pools;

    for (const entry *it = first_.load (std::memory_order_acquire); it != nullptr; it = it->next)
      pools.push_back (it->pool.get ());
    return pools;
  }

private:
  struct entry
  {
    ref<FsmmPool> pool;
    std::size_t size;
    std::size_t alignment;
    entry *next; /* (owned by the set) */
  };

  static const entry *
  find (const entry *it, std::size_t size, std::size_t alignment) noexcept
  {
    while (it != nullptr && (it->size != size || it->alignment != alignment))
      it = it->next;
    return it;
  }

  const std::unique_ptr<char, void (*) (void *)> name_;
  const std::size_t max_blocks_;
  std::atomic<entry *> first_{ nullptr };
};

/* The set of all allocators without a name. It is never deleted: static containers may be destroyed
 * after anything else. It is visible also where others are not, so that a program and its libraries
 * have the same one. */
[[gnu::visibility ("default")]] inline pool_set &
default_pools ()
{
  static pool_set *const pools = new pool_set ("fsmm::allocator", 0);

  return *pools;
}

}

/**
 * fsmm::allocator:
 *
 * Gives containers their nodes from pools: `std::list`, `std::forward_list`, `std::map`, `std::set`
 * and the unordered ones, and what `std::allocate_shared ()` makes. One @T at a time comes from a
 * pool for its size and alignment. Arrays, such as the buckets of a hash table, come from
 * `operator new`.
 *
 * A container that is given no allocator shares its pools with all others of the process, which
 * are kept for ever. One that is given an allocator with a name has pools of its own: for each size
 * of nodes one of that name, made with the first node. Copies of an allocator share its pools, also
 * if they are for another type, and are equal. The pools end with the last of them; containers, and
 * node handles, have one each.
 *
 * When a container is moved or swapped, the allocator goes along with the nodes. When a container
 * is assigned a copy of another, it keeps its own. Nodes can be spliced or merged between
 * containers whose allocators are equal, as the standard has it.
 *
 * Any number of threads can use copies of an allocator, and containers that have them, without a
 * lock; one container, or one allocator object, is for one thread at a time, as with every
 * container. A node may be freed by another thread than the one that made it.
 *
 * Since: 1.2
 */
template <typename T> class allocator
{
public:
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;

  allocator () noexcept = default;

  /**
   * fsmm::allocator::allocator:
   * @name: (nullable): the name that messages use for the pools
   * @max_blocks: the maximum number of nodes of each size that can be live at a time, or 0 for no
   *   limit
   *
   * Makes an allocator that has pools of its own.
   *
   * Throws: `std::bad_alloc`
   *
   * Since: 1.2
   */
  explicit allocator (const char *name, std::size_t max_blocks = 0)
      : pools_ (std::make_shared<detail::pool_set> (name, max_blocks))
  {
  }

  /* Moving one is copying it: a container that nodes were moved out of can still make some. */
  allocator (const allocator &) noexcept = default;
  allocator &operator= (const allocator &) noexcept = default;

  template <typename U> allocator (const allocator<U> &other) noexcept : pools_ (other.pools_)
  {
  }

  /**
   * fsmm::allocator::allocate:
   *
   * Throws: fsmm::bad_alloc with `FSMM_ERROR_EXHAUSTED` or `FSMM_ERROR_NO_MEMORY` if @n is 1, and
   * what `std::allocator` throws otherwise.
   *
   * Since: 1.2
   */
  [[nodiscard]] T *
  allocate (std::size_t n)
  {
    if (n != 1)
      return std::allocator<T> ().allocate (n);

    return static_cast<T *> (detail::alloc (pool ()));
  }

  /**
   * fsmm::allocator::deallocate:
   *
   * A pointer that is no live block of the pool is refused, and logged as a critical message.
   *
   * Since: 1.2
   */
  void
  deallocate (T *object, std::size_t n) noexcept
  {
    if (n != 1)
      std::allocator<T> ().deallocate (object, n);
    else
      fsmm_pool_free (pool (), object, nullptr);
  }

  /**
   * fsmm::allocator::pools:
   *
   * Lists the pools of this allocator and its copies, to see their counts or to trim them.
   *
   * Returns: (transfer none): the pools that there are now. They exist for as long as one of these
   *   allocators does.
   *
   * Since: 1.2
   */
  [[nodiscard]] std::vector<FsmmPool *>
  pools () const
  {
    return set ().list ();
  }

  template <typename U>
  friend bool
  operator== (const allocator &one, const allocator<U> &other) noexcept
  {
    return one.is_copy_of (other);
  }

  template <typename U>
  friend bool
  operator!= (const allocator &one, const allocator<U> &other) noexcept
  {
    return !one.is_copy_of (other);
  }

private:
  template <typename U> friend class allocator;

  template <typename U>
  bool
  is_copy_of (const allocator<U> &other) const noexcept
  {
    return pools_ == other.pools_;
  }

  detail::pool_set &
  set () const
  {
    return pools_ != nullptr ? *pools_ : detail::default_pools ();
  }

  FsmmPool *
  pool ()
  {
    if (pool_ == nullptr)
      pool_ = set ().get (sizeof (T), alignof (T));

    return pool_;
  }

  std::shared_ptr<detail::pool_set> pools_; /* (nullable): those of all allocators without a name */
  FsmmPool *pool_ = nullptr;                /* (nullable): the one for T, once it was used */
};

}
