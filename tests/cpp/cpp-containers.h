/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers whose nodes are in pools, and what is asserted of these. */

#pragma once

#include "fsmm-test-public.h"

#include <fsmm-glib/fsmm-glib.hpp>

#include <functional>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

template <typename T> using List = std::list<T, fsmm::allocator<T>>;
template <typename T> using Set = std::set<T, std::less<>, fsmm::allocator<T>>;
template <typename T>
using UnorderedSet = std::unordered_set<T, std::hash<T>, std::equal_to<>, fsmm::allocator<T>>;
template <typename K, typename V>
using Map = std::map<K, V, std::less<>, fsmm::allocator<std::pair<const K, V>>>;
template <typename K, typename V>
using UnorderedMap =
    std::unordered_map<K, V, std::hash<K>, std::equal_to<>, fsmm::allocator<std::pair<const K, V>>>;

template <typename T>
inline void
add (List<T> &list, int number)
{
  if constexpr (std::is_arithmetic_v<T>)
    list.push_back (number);
  else
    list.emplace_back (static_cast<std::size_t> (number), 'x');
}

template <typename T>
inline void
add (Set<T> &set, int number)
{
  set.insert (number);
}

template <typename T>
inline void
add (UnorderedSet<T> &set, int number)
{
  set.insert (number);
}

template <typename K, typename V>
inline void
add (Map<K, V> &map, int number)
{
  map.emplace (number, number);
}

template <typename K, typename V>
inline void
add (UnorderedMap<K, V> &map, int number)
{
  map.emplace (number, number);
}

/* How many nodes of all sizes there are. */
template <typename T>
inline gsize
count_live (const fsmm::allocator<T> &allocator)
{
  gsize n_live = 0;

  for (FsmmPool *pool : allocator.pools ())
    {
      fsmm_test_assert_sound (pool);
      n_live += fsmm_pool_get_n_allocated (pool);
    }

  return n_live;
}

template <typename T>
inline void
assert_live (const fsmm::allocator<T> &allocator, gsize n_live)
{
  g_assert_cmpuint (count_live (allocator), ==, n_live);
}
