/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Containers of several threads, whose nodes come from the same pools. */

#include "cpp-containers.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace
{

constexpr int n_threads = 4;

/* Calls a function with the number of the thread in each of several, at the same moment. */
void
run_at_once (const std::function<void (int)> &func)
{
  std::vector<std::thread> threads;
  std::atomic<int> n_missing{ n_threads };

  for (int i = 0; i < n_threads; i++)
    threads.emplace_back ([&, i] {
      n_missing--;
      while (n_missing > 0)
        std::this_thread::yield ();
      func (i);
    });
  for (std::thread &thread : threads)
    thread.join ();
}

/* All want the first node of each size at once: for each there is one pool nevertheless. */
void
test_first_nodes ()
{
  for (guint round = 0; round < fsmm_test_rounds (400); round++)
    {
      const fsmm::allocator<int> allocator ("first");

      run_at_once ([&] (int i) {
        List<int> numbers (allocator);
        List<std::string> texts (allocator);

        numbers.push_back (i);
        texts.push_back (std::to_string (i));
        g_assert_cmpint (numbers.front (), ==, i);
      });

      g_assert_cmpuint (allocator.pools ().size (), ==, 2);
      assert_live (allocator, 0);
    }
}

template <typename Allocator>
void
work_with_maps (const Allocator &allocator, int seed)
{
  Map<int, std::string> map (allocator);
  const int n_rounds = static_cast<int> (fsmm_test_rounds (20000));

  for (int i = 0; i < n_rounds; i++)
    {
      const int key = (i * 7 + seed) % 101;

      if (const auto found = map.find (key); found != map.end ())
        map.erase (found);
      else
        map.emplace (key, std::to_string (key));
    }
  for (const auto &[key, text] : map)
    g_assert_true (std::to_string (key) == text);
}

void
test_own_containers ()
{
  const fsmm::allocator<int> allocator ("maps");
  const fsmm::allocator<int> unnamed;
  const gsize n_before = count_live (unnamed);

  run_at_once ([&] (int i) {
    work_with_maps (allocator, i);
    work_with_maps (unnamed, i);
  });

  assert_live (allocator, 0);
  assert_live (unnamed, n_before);
}

/* Each list is made by one thread, and destroyed by the next. */
void
test_lists_change_hands ()
{
  const fsmm::allocator<int> allocator ("lists");
  std::vector<List<int>> lists;

  for (int i = 0; i < n_threads; i++)
    lists.emplace_back (allocator);

  for (guint round = 0; round < fsmm_test_rounds (100); round++)
    run_at_once ([&] (int i) {
      List<int> &list = lists[static_cast<std::size_t> (i + static_cast<int> (round)) % n_threads];

      list.clear ();
      for (int k = 0; k < 100; k++)
        list.push_back (k);
    });

  assert_live (allocator, n_threads * 100);
  lists.clear ();
  assert_live (allocator, 0);
}

/* The last container of a set of pools ends in any thread. */
void
test_pools_end_in_a_thread ()
{
  for (guint round = 0; round < fsmm_test_rounds (200); round++)
    {
      std::vector<List<int>> lists;
      gpointer pool;

      {
        const fsmm::allocator<int> allocator ("ended");

        for (int i = 0; i < n_threads; i++)
          lists.emplace_back (10, i, allocator);
        pool = allocator.pools ()[0];
        g_object_add_weak_pointer (G_OBJECT (pool), &pool);
      }

      run_at_once (
          [&] (int i) { List<int> list (std::move (lists[static_cast<std::size_t> (i)])); });
      g_assert_nonnull (pool);
      lists.clear ();
      g_assert_null (pool);
    }
}

}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, nullptr);

  g_test_add_func ("/cpp/threads/first-nodes", test_first_nodes);
  g_test_add_func ("/cpp/threads/own-containers", test_own_containers);
  g_test_add_func ("/cpp/threads/lists-change-hands", test_lists_change_hands);
  g_test_add_func ("/cpp/threads/pools-end", test_pools_end_in_a_thread);

  return g_test_run ();
}
