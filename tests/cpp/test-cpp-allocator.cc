/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "cpp-containers.h"

#include <cstdint>
#include <forward_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace
{

/* Static, and so destroyed after main (). */
List<std::string> until_the_end;

static_assert (std::is_nothrow_default_constructible_v<fsmm::allocator<int>>);
static_assert (std::is_nothrow_copy_constructible_v<fsmm::allocator<int>>);
static_assert (std::is_nothrow_move_constructible_v<fsmm::allocator<int>>);
static_assert (std::is_nothrow_copy_assignable_v<fsmm::allocator<int>>);
static_assert (std::is_nothrow_constructible_v<fsmm::allocator<int>, fsmm::allocator<char>>);
static_assert (!std::is_convertible_v<const char *, fsmm::allocator<int>>);
static_assert (noexcept (fsmm::allocator<int> ().deallocate (nullptr, 1)));
static_assert (!std::allocator_traits<fsmm::allocator<int>>::is_always_equal::value);
static_assert (std::is_nothrow_move_assignable_v<Map<int, int>>);

template <typename Container>
Container
filled (const fsmm::allocator<int> &allocator, int n_items)
{
  Container container{ allocator };

  for (int i = 0; i < n_items; i++)
    add (container, i);

  return container;
}

/* All that a container can do as a whole, with pools of its own. */
template <typename Container>
void
test_container ()
{
  const fsmm::allocator<int> allocator ("first");
  const fsmm::allocator<int> other_allocator ("second");

  {
    auto one = filled<Container> (allocator, 100);
    auto other = filled<Container> (other_allocator, 30);
    Container copy (one);

    assert_live (allocator, 200);
    assert_live (other_allocator, 30);
    g_assert_true (copy == one);

    /* Containers keep their pools when they are given a copy. */
    copy = other;
    g_assert_true (copy.get_allocator () == allocator);
    assert_live (allocator, 130);
    assert_live (other_allocator, 30);

    /* Nodes keep theirs when they are moved. */
    copy.swap (other);
    g_assert_true (copy.get_allocator () == other_allocator);
    g_assert_true (other.get_allocator () == allocator);
    assert_live (allocator, 130);

    other = std::move (copy);
    g_assert_true (other.get_allocator () == other_allocator);
    assert_live (allocator, 100);
    assert_live (other_allocator, 30);

    Container moved (std::move (one));
    g_assert_true (moved.get_allocator () == allocator);
    assert_live (allocator, 100);

    one.clear ();
    add (one, 1);
    assert_live (allocator, 101);

    /* Into pools of others, one by one. */
    Container there (std::move (moved), other_allocator);
    g_assert_true (there.get_allocator () == other_allocator);
    assert_live (other_allocator, 130);
  }

  assert_live (allocator, 0);
  assert_live (other_allocator, 0);
}

void
test_nodes_of_one_size_share_a_pool ()
{
  const fsmm::allocator<int> allocator ("shared");

  {
    const auto set = filled<Set<int>> (allocator, 10);
    const auto other_set = filled<Set<int>> (allocator, 20);
    const auto pools = allocator.pools ();

    g_assert_cmpuint (pools.size (), ==, 1);
    g_assert_cmpstr (fsmm_pool_get_name (pools[0]), ==, "shared");
    g_assert_cmpuint (fsmm_pool_get_n_allocated (pools[0]), ==, 30);

    const auto texts = filled<List<std::string>> (allocator, 5);

    g_assert_cmpuint (allocator.pools ().size (), ==, 2);
    assert_live (allocator, 35);
  }

  assert_live (allocator, 0);
}

void
test_arrays_come_from_the_heap ()
{
  fsmm::allocator<int> allocator ("numbers");

  for (const std::size_t n : { 0U, 2U, 1000U })
    {
      int *numbers = allocator.allocate (n);

      g_assert_null (fsmm_pool_for_block (numbers));
      allocator.deallocate (numbers, n);
    }
  g_assert_cmpuint (allocator.pools ().size (), ==, 0);

  {
    std::vector<int, fsmm::allocator<int>> numbers (1000, 7, allocator);
    /* With thousands of buckets, none of which counts. */
    const auto map = filled<UnorderedMap<int, int>> (allocator, 1000);

    assert_live (allocator, 1000);
  }
  assert_live (allocator, 0);
}

void
test_copies_are_equal ()
{
  const fsmm::allocator<int> unnamed;
  const fsmm::allocator<int> one ("name");
  const fsmm::allocator<int> other ("name");
  const fsmm::allocator<std::string> copy (one);
  fsmm::allocator<int> moved (one);
  const fsmm::allocator<int> target (std::move (moved));

  g_assert_true (unnamed == fsmm::allocator<std::string> ());
  g_assert_true (one == copy && copy == one && !(one != copy));
  g_assert_true (one != other && !(one == other));
  g_assert_true (one != unnamed);
  g_assert_true (target == one);
  /* What is moved stays what it is, or a container could not be used any more. */
  g_assert_true (moved == one);
}

void
test_unnamed_share_all ()
{
  const fsmm::allocator<int> allocator;
  const gsize n_before = count_live (allocator);

  {
    List<int> one{ 1, 2, 3 };
    List<int> other{ 4, 5 };

    assert_live (allocator, n_before + 5);
    g_assert_cmpstr (fsmm_pool_get_name (allocator.pools ()[0]), ==, "fsmm::allocator");
    one.splice (one.end (), other);
    g_assert_true (one == List<int> ({ 1, 2, 3, 4, 5 }));
    g_assert_true (other.empty ());
  }

  assert_live (allocator, n_before);

  until_the_end = { "destroyed", "when", "all", "else", "is" };
  assert_live (allocator, n_before + 5);
}

void
test_nodes_move_between_lists ()
{
  const fsmm::allocator<int> allocator ("lists");

  {
    auto one = filled<List<int>> (allocator, 10);
    auto other = filled<List<int>> (allocator, 10);
    List<int> empty (allocator);

    one.merge (other);
    assert_live (allocator, 20);
    /* A list that has taken no node itself gives one back. */
    empty.splice (empty.begin (), one, one.begin ());
    empty.clear ();
    assert_live (allocator, 19);
    one.sort ();
    one.reverse ();
    one.unique ();
    assert_live (allocator, 10);
  }

  assert_live (allocator, 0);
}

void
test_nodes_move_between_forward_lists ()
{
  const fsmm::allocator<int> allocator ("lists");

  {
    std::forward_list<int, fsmm::allocator<int>> one ({ 1, 3, 5 }, allocator);
    std::forward_list<int, fsmm::allocator<int>> other ({ 2, 4 }, allocator);

    one.merge (other);
    one.pop_front ();
    other.splice_after (other.before_begin (), one, one.before_begin ());
    assert_live (allocator, 4);
  }

  assert_live (allocator, 0);
}

/* Without a name: before GCC 14, libstdc++ forgets to destroy the allocator of a node handle when
 * it inserts the node, so that pools with a name would never end. */
template <typename Container>
void
test_nodes_move_between_maps ()
{
  const fsmm::allocator<int> allocator;
  const gsize n_before = count_live (allocator);

  {
    auto one = filled<Container> (allocator, 10);
    auto other = filled<Container> (allocator, 20);

    other.merge (one);
    g_assert_cmpuint (other.size (), ==, 20);
    g_assert_cmpuint (one.size (), ==, 10);
    one.clear ();
    one.merge (other);
    g_assert_cmpuint (one.size (), ==, 20);

    auto node = one.extract (7);
    node.key () = 1007;
    assert_live (allocator, n_before + 20);
    other.insert (std::move (node));
    g_assert_cmpuint (other.count (1007), ==, 1);
    assert_live (allocator, n_before + 20);
  }

  assert_live (allocator, n_before);
}

void
test_pools_end_with_the_last_container ()
{
  gpointer pool;
  Map<int, int>::node_type node;

  {
    auto map = filled<Map<int, int>> (fsmm::allocator<int> ("ended"), 3);

    pool = map.get_allocator ().pools ()[0];
    g_object_add_weak_pointer (G_OBJECT (pool), &pool);
    node = map.extract (1);
  }

  /* The node keeps it. */
  g_assert_nonnull (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (static_cast<FsmmPool *> (pool)), ==, 1);
  node = {};
  g_assert_null (pool);
}

/* At the limit, what a container has stays what it was. */
template <typename Container>
void
test_limit ()
{
  const fsmm::allocator<int> allocator ("few", 10);

  {
    auto container = filled<Container> (allocator, 10);
    const Container copy = filled<Container> (fsmm::allocator<int> ("many"), 10);

    for (int i = 0; i < 3; i++)
      try
        {
          add (container, 100);
          g_assert_not_reached ();
        }
      catch (const fsmm::bad_alloc &exception)
        {
          g_assert_cmpint (exception.code (), ==, FSMM_ERROR_EXHAUSTED);
          g_assert_nonnull (g_strrstr (exception.what (), "pool \"few\""));
        }

    g_assert_true (container == copy);
    assert_live (allocator, 10);

    container.erase (container.begin ());
    add (container, 100);
    assert_live (allocator, 10);
  }

  assert_live (allocator, 0);
}

struct Explosive
{
  std::string text{ "destroyed when the constructor throws, and its node given back" };

  explicit Explosive (bool explodes)
  {
    if (explodes)
      throw std::string ("bang");
  }
};

void
test_throwing_constructors ()
{
  const fsmm::allocator<int> allocator ("explosive");

  {
    List<Explosive> list (allocator);

    list.emplace_back (false);
    try
      {
        list.emplace_back (true);
        g_assert_not_reached ();
      }
    catch (const std::string &)
      {
      }
    g_assert_cmpuint (list.size (), ==, 1);
    assert_live (allocator, 1);
  }

  assert_live (allocator, 0);
}

struct alignas (128) Aligned
{
  int number;
};

void
test_nodes_are_aligned ()
{
  const fsmm::allocator<int> allocator ("aligned");

  {
    List<Aligned> list (50, Aligned{ 7 }, allocator);
    fsmm::allocator<Aligned> aligned (allocator);
    Aligned *array = aligned.allocate (3);

    for (const Aligned &item : list)
      g_assert_cmpuint (reinterpret_cast<std::uintptr_t> (&item) % 128, ==, 0);
    g_assert_cmpuint (reinterpret_cast<std::uintptr_t> (array) % 128, ==, 0);
    aligned.deallocate (array, 3);
    assert_live (allocator, 50);
  }

  assert_live (allocator, 0);
}

/* Of the same size, but not of the same alignment. */
void
test_alignments_have_pools_of_their_own ()
{
  struct alignas (32) Wide
  {
    char bytes[32];
  };
  struct Narrow
  {
    char bytes[32];
  };
  const fsmm::allocator<int> allocator ("both");
  fsmm::allocator<Wide> wide (allocator);
  fsmm::allocator<Narrow> narrow (allocator);
  Narrow *first = narrow.allocate (1);
  Wide *second = wide.allocate (1);

  g_assert_cmpuint (allocator.pools ().size (), ==, 2);
  narrow.deallocate (first, 1);
  wide.deallocate (second, 1);
  assert_live (allocator, 0);
}

void
test_foreign_blocks_are_refused ()
{
  fsmm::allocator<int> one ("one");
  fsmm::allocator<int> other ("other");
  int *block = one.allocate (1);
  int on_the_stack = 0;

  fsmm_test_expect_report ("*pool \"other\"*it lies in a chunk of pool \"one\"*");
  other.deallocate (block, 1);
  fsmm_test_assert_reported ();
  assert_live (one, 1);

  fsmm_test_expect_report ("*pool \"other\"*it lies in no chunk of this pool*");
  other.deallocate (&on_the_stack, 1);
  fsmm_test_assert_reported ();

  one.deallocate (block, 1);
  fsmm_test_expect_report ("*pool \"one\"*it is free already*");
  one.deallocate (block, 1);
  fsmm_test_assert_reported ();
  assert_live (one, 0);
  assert_live (other, 0);
}

void
test_shared_pointers ()
{
  const fsmm::allocator<int> allocator ("shared");
  std::weak_ptr<std::string> weak;

  {
    const auto text = std::allocate_shared<std::string> (allocator, "long enough for the heap");

    weak = text;
    g_assert_cmpstr (text->c_str (), ==, "long enough for the heap");
    assert_live (allocator, 1);
  }

  /* What counts the references goes with the last weak one. */
  assert_live (allocator, 1);
  weak.reset ();
  assert_live (allocator, 0);
}

/* A type that is not complete where its containers are named. */
struct Tree
{
  List<Tree> children;
  int depth;

  Tree (int tree_depth, const fsmm::allocator<int> &allocator)
      : children (allocator), depth (tree_depth)
  {
    for (int i = 0; i < depth; i++)
      children.emplace_back (depth - 1, allocator);
  }
};

void
test_containers_in_nodes ()
{
  const fsmm::allocator<int> allocator ("trees");

  {
    const Tree tree (4, allocator);

    assert_live (allocator, 4 + 4 * 3 + 4 * 3 * 2 + 4 * 3 * 2);
    g_assert_cmpuint (allocator.pools ().size (), ==, 1);
  }

  assert_live (allocator, 0);
}

template <typename Container>
void
add_container (const char *name)
{
  g_autofree char *whole = g_strdup_printf ("/cpp/allocator/containers/%s", name);
  g_autofree char *limit = g_strdup_printf ("/cpp/allocator/limit/%s", name);

  g_test_add_func (whole, test_container<Container>);
  g_test_add_func (limit, test_limit<Container>);
}

}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, nullptr);

  add_container<List<int>> ("list");
  add_container<Map<int, int>> ("map");
  add_container<Set<int>> ("set");
  add_container<UnorderedMap<int, int>> ("unordered-map");
  add_container<UnorderedSet<int>> ("unordered-set");
  g_test_add_func ("/cpp/allocator/one-size-one-pool", test_nodes_of_one_size_share_a_pool);
  g_test_add_func ("/cpp/allocator/arrays", test_arrays_come_from_the_heap);
  g_test_add_func ("/cpp/allocator/copies-are-equal", test_copies_are_equal);
  g_test_add_func ("/cpp/allocator/unnamed-share-all", test_unnamed_share_all);
  g_test_add_func ("/cpp/allocator/between/lists", test_nodes_move_between_lists);
  g_test_add_func ("/cpp/allocator/between/forward-lists", test_nodes_move_between_forward_lists);
  g_test_add_func ("/cpp/allocator/between/maps", test_nodes_move_between_maps<Map<int, int>>);
  g_test_add_func ("/cpp/allocator/between/unordered-maps",
                   test_nodes_move_between_maps<UnorderedMap<int, int>>);
  g_test_add_func ("/cpp/allocator/pools-end", test_pools_end_with_the_last_container);
  g_test_add_func ("/cpp/allocator/throwing-constructors", test_throwing_constructors);
  g_test_add_func ("/cpp/allocator/alignment/nodes", test_nodes_are_aligned);
  g_test_add_func ("/cpp/allocator/alignment/pools", test_alignments_have_pools_of_their_own);
  g_test_add_func ("/cpp/allocator/foreign-blocks", test_foreign_blocks_are_refused);
  g_test_add_func ("/cpp/allocator/shared-pointers", test_shared_pointers);
  g_test_add_func ("/cpp/allocator/containers-in-nodes", test_containers_in_nodes);

  return g_test_run ();
}
