/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test-public.h"

#include <fsmm-glib/fsmm-glib.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>

namespace
{

/* Each knows of all others that there are. */
class Counted
{
public:
  static inline int n_live = 0;
  static inline int n_destroyed = 0;

  explicit Counted (std::unique_ptr<int> number = nullptr)
      : number_ (std::move (number)), text_ ("too long a text to be kept in the string itself")
  {
    n_live++;
  }

  ~Counted ()
  {
    n_live--;
    n_destroyed++;
  }

  Counted (const Counted &) = delete;
  Counted &operator= (const Counted &) = delete;

  int
  number () const
  {
    return *number_;
  }

private:
  std::unique_ptr<int> number_;
  std::string text_;
};

struct Thrown
{
};

struct Throwing
{
  std::string text{ "made before the constructor throws, and destroyed then" };

  explicit Throwing (int)
  {
    throw Thrown ();
  }
};

struct alignas (256) Aligned
{
  char first = 1;
};

struct Shape
{
  virtual ~Shape () = default;
};

struct Named
{
  virtual ~Named () = default;
  std::string name{ "as a second base it does not lie at the start of the block" };
};

struct Circle final : public Shape, public Named
{
  Counted counted;
};

/* A boxed type of C, whose functions count. */
struct Track
{
  char *title;
  int seconds;
};

int n_cleared;

void
track_copy (const Track *source, Track *destination)
{
  destination->title = g_strdup (source->title);
  destination->seconds = source->seconds;
}

void
track_clear (Track *self)
{
  g_free (self->title);
  n_cleared++;
}

}

extern "C" GType track_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Track, track, track_copy, track_clear)

namespace
{

/* What is promised to cost nothing, and not to throw. */
static_assert (sizeof (fsmm::unique_ptr<Counted>) == sizeof (void *));
static_assert (sizeof (fsmm::block_ptr<Track>) == sizeof (void *));
static_assert (sizeof (fsmm::ref<FsmmPool>) == sizeof (void *));
static_assert (std::is_nothrow_destructible_v<fsmm::unique_ptr<Counted>>);
static_assert (std::is_nothrow_move_assignable_v<fsmm::unique_ptr<Counted>>);
static_assert (std::is_nothrow_invocable_v<fsmm::block_deleter, void *>);
static_assert (std::is_nothrow_invocable_v<fsmm::object_deleter<Counted>, Counted *>);
static_assert (std::is_nothrow_invocable_v<fsmm::unref, FsmmPool *>);
static_assert (std::is_nothrow_copy_constructible_v<fsmm::bad_alloc>);
static_assert (std::is_base_of_v<std::bad_alloc, fsmm::bad_alloc>);
static_assert (!std::is_convertible_v<fsmm::object_deleter<Circle>, fsmm::object_deleter<Named>>);

void
assert_empty (FsmmPool *pool)
{
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  g_assert_cmpint (Counted::n_live, ==, 0);
}

/* Calls what throws, and asserts with which code and words. */
template <typename Func>
void
assert_throws (FsmmError code, const char *pattern, Func &&func)
{
  try
    {
      func ();
    }
  catch (const std::bad_alloc &exception)
    {
      const fsmm::bad_alloc copy (dynamic_cast<const fsmm::bad_alloc &> (exception));

      g_assert_cmpint (copy.code (), ==, code);
      g_assert_cmpstr (copy.what (), ==, exception.what ());
      if (!g_pattern_match_simple (pattern, copy.what ()))
        g_error ("“%s” is not “%s”", copy.what (), pattern);
      return;
    }

  g_error ("nothing was thrown, but “%s” should be", pattern);
}

void
test_ref_drops_its_reference ()
{
  gpointer pool, typed, trimmer;

  {
    const auto owner = fsmm::make_pool<int> ("numbers");
    const fsmm::ref<FsmmTypedPool> typed_owner (fsmm_typed_pool_new (G_TYPE_DATE, 0, nullptr));
    const fsmm::ref<FsmmTrimmer> trimmer_owner (
        static_cast<FsmmTrimmer *> (g_object_new (FSMM_TYPE_TRIMMER, nullptr)));

    pool = owner.get ();
    typed = typed_owner.get ();
    trimmer = trimmer_owner.get ();
    for (gpointer *object : { &pool, &typed, &trimmer })
      g_object_add_weak_pointer (static_cast<GObject *> (*object), object);

    {
      const fsmm::ref<FsmmBlock> block (fsmm_pool_acquire (owner.get (), nullptr));
      const fsmm::ref<FsmmBox> box (fsmm_typed_pool_alloc (typed_owner.get (), nullptr));

      g_assert_cmpuint (fsmm_pool_get_n_allocated (owner.get ()), ==, 1);
      fsmm_test_assert_live (typed_owner.get (), 1);
    }
    assert_empty (owner.get ());
    fsmm_test_assert_live (typed_owner.get (), 0);
    g_assert_nonnull (pool);
  }

  g_assert_null (pool);
  g_assert_null (typed);
  g_assert_null (trimmer);
}

void
test_ref_can_be_shared ()
{
  auto owner = fsmm::make_pool<int> ();
  gpointer pool = owner.get ();
  std::shared_ptr<FsmmPool> one (std::move (owner));
  const std::shared_ptr<FsmmPool> other (one);

  g_object_add_weak_pointer (G_OBJECT (pool), &pool);
  one.reset ();
  g_assert_true (other.get () == pool);
  const_cast<std::shared_ptr<FsmmPool> &> (other).reset ();
  g_assert_null (pool);
}

void
test_make_pool_suits_the_type ()
{
  const auto pool = fsmm::make_pool<Aligned> ("aligned", 3, 4096);
  const auto unnamed = fsmm::make_pool<char> ();

  g_assert_cmpstr (fsmm_pool_get_name (pool.get ()), ==, "aligned");
  g_assert_cmpuint (fsmm_pool_get_alloc_size (pool.get ()), ==, sizeof (Aligned));
  g_assert_cmpuint (fsmm_pool_get_alignment (pool.get ()), ==, 256);
  g_assert_cmpuint (fsmm_pool_get_max_blocks (pool.get ()), ==, 3);
  g_assert_cmpuint (fsmm_pool_get_chunk_bytes (pool.get ()), ==, 4096);
  g_assert_null (fsmm_pool_get_name (unnamed.get ()));
  g_assert_cmpuint (fsmm_pool_get_alignment (unnamed.get ()), ==, 1);

  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "cannot make pool \"tiny\":*chunk*",
                 [] { auto tiny = fsmm::make_pool<int> ("tiny", 0, 1); });
}

void
test_block_ptr_frees_its_block ()
{
  const auto pool = fsmm::make_pool<Track> ("tracks");

  {
    fsmm::block_ptr<Track> track (static_cast<Track *> (fsmm_pool_alloc0 (pool.get (), nullptr)));

    track->seconds = 312;
    fsmm::block_ptr<Track> moved (std::move (track));
    g_assert_null (track);
    g_assert_cmpuint (fsmm_pool_get_n_allocated (pool.get ()), ==, 1);
  }

  g_assert_cmpint (n_cleared, ==, 0);
  assert_empty (pool.get ());
}

void
test_block_ptr_reports_what_is_refused ()
{
  const auto pool = fsmm::make_pool<int> ("numbers");

  {
    const fsmm::block_ptr<int> block (static_cast<int *> (fsmm_pool_alloc (pool.get (), nullptr)));

    g_assert_true (fsmm_pool_free (pool.get (), block.get (), nullptr));
    fsmm_test_expect_report ("fsmm_free: pool \"numbers\"*it is free already*");
  }

  fsmm_test_assert_reported ();
  assert_empty (pool.get ());
}

void
test_unique_makes_and_destroys ()
{
  const auto pool = fsmm::make_pool<Counted> ("objects");
  const int n_destroyed = Counted::n_destroyed;

  {
    auto object = fsmm::make_unique<Counted> (pool.get (), std::make_unique<int> (7));

    g_assert_cmpint (object->number (), ==, 7);
    g_assert_true (fsmm_pool_for_block (object.get ()) == pool.get ());
    g_assert_cmpint (Counted::n_live, ==, 1);

    object = fsmm::make_unique<Counted> (pool.get (), std::make_unique<int> (8));
    g_assert_cmpint (object->number (), ==, 8);
    g_assert_cmpint (Counted::n_live, ==, 1);
  }

  g_assert_cmpint (Counted::n_destroyed, ==, n_destroyed + 2);
  assert_empty (pool.get ());
}

void
test_unique_of_a_constant ()
{
  const auto pool = fsmm::make_pool<std::string> ("texts");

  {
    const auto text = fsmm::make_unique<const std::string> (pool.get (), 100U, 'x');

    g_assert_cmpuint (text->size (), ==, 100);
  }

  assert_empty (pool.get ());
}

void
test_unique_when_the_constructor_throws ()
{
  const auto pool = fsmm::make_pool<Throwing> ("throwing");
  bool is_caught = false;

  try
    {
      auto object = fsmm::make_unique<Throwing> (pool.get (), 1);
    }
  catch (const Thrown &)
    {
      is_caught = true;
    }

  g_assert_true (is_caught);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool.get ()), ==, 1);
  assert_empty (pool.get ());
}

void
test_unique_at_the_limit ()
{
  const auto pool = fsmm::make_pool<Counted> ("few", 1);

  {
    auto object = fsmm::make_unique<Counted> (pool.get ());

    assert_throws (FSMM_ERROR_EXHAUSTED, "pool \"few\"*max-blocks is 1*",
                   [&] { auto other = fsmm::make_unique<Counted> (pool.get ()); });
    g_assert_cmpint (Counted::n_live, ==, 1);
    g_assert_cmpuint (fsmm_pool_get_n_allocated (pool.get ()), ==, 1);

    object.reset ();
    object = fsmm::make_unique<Counted> (pool.get ());
  }

  assert_empty (pool.get ());
}

void
test_unique_is_aligned ()
{
  const auto pool = fsmm::make_pool<Aligned> ("aligned");
  fsmm::unique_ptr<Aligned> objects[20];

  for (auto &object : objects)
    {
      object = fsmm::make_unique<Aligned> (pool.get ());
      g_assert_cmpuint (reinterpret_cast<std::uintptr_t> (object.get ()) % 256, ==, 0);
    }
}

void
test_unique_must_fit ()
{
  const fsmm::ref<FsmmPool> small (fsmm_test_pool_new_named ("small", sizeof (Counted) - 1, 0));
  const fsmm::ref<FsmmPool> unaligned (
      fsmm_pool_new_full ("l\xc3\xb6se\n", sizeof (Aligned), 64, 0, 0, nullptr));
  const fsmm::ref<FsmmPool> roomy (fsmm_test_pool_new (sizeof (Counted) + 100, 0));

  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "pool \"small\": its blocks have *make_pool ()",
                 [&] { auto object = fsmm::make_unique<Counted> (small.get ()); });
  assert_throws (
      FSMM_ERROR_INVALID_ARGUMENT,
      "pool \"l\\303\\266se\\n\"*256 bytes, aligned to 64, but*needs 256, aligned to 256*",
      [&] { auto object = fsmm::make_unique<Aligned> (unaligned.get ()); });
  assert_empty (small.get ());
  assert_empty (unaligned.get ());

  fsmm::make_unique<Counted> (roomy.get ()).reset ();
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (roomy.get ()), ==, 1);
  assert_empty (roomy.get ());
}

void
test_unique_needs_a_pool ()
{
  FsmmTypedPool *typed = fsmm_typed_pool_get_default (track_get_type ());

  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "no pool was passed*",
                 [] { auto object = fsmm::make_unique<Counted> (nullptr); });
  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "*instances of a typed pool*",
                 [&] { auto object = fsmm::make_unique<int> (fsmm_typed_pool_get_pool (typed)); });
  fsmm_test_assert_live (typed, 0);
}

void
test_unique_is_destroyed_once ()
{
  const auto pool = fsmm::make_pool<Counted> ("objects");
  const int n_destroyed = Counted::n_destroyed;
  Counted *object = fsmm::make_unique<Counted> (pool.get ()).release ();

  fsmm::object_deleter<Counted> () (object);
  g_assert_cmpint (Counted::n_destroyed, ==, n_destroyed + 1);

  fsmm_test_expect_report ("fsmm_free: pool \"objects\"*it is free already*");
  fsmm::object_deleter<Counted> () (object);
  fsmm_test_assert_reported ();
  g_assert_cmpint (Counted::n_destroyed, ==, n_destroyed + 1);
  assert_empty (pool.get ());
}

void
test_unique_of_another_allocator ()
{
  auto object = std::make_unique<Counted> ();

  fsmm_test_expect_report ("fsmm_free: cannot free*it lies in no chunk of any pool*");
  fsmm::object_deleter<Counted> () (object.get ());
  fsmm_test_assert_reported ();
  g_assert_cmpint (Counted::n_live, ==, 1);
}

/* A destructor would use memory that is gone. What the objects own is lost, as with free_all (). */
void
test_unique_without_its_pool ()
{
  auto pool = fsmm::make_pool<Counted> ("objects");
  auto dropped = fsmm::make_unique<Counted> (pool.get ());
  fsmm::unique_ptr<Counted> late;

  dropped->~Counted ();
  g_assert_cmpuint (fsmm_pool_free_all (pool.get ()), ==, 1);
  fsmm_test_expect_report ("fsmm_free:*cannot free*");
  dropped.reset ();
  fsmm_test_assert_reported ();

  late = fsmm::make_unique<Counted> (pool.get ());
  late->~Counted ();
  pool.reset ();
  fsmm_test_expect_report ("fsmm_free: cannot free*it lies in no chunk of any pool*");
  late.reset ();
  fsmm_test_assert_reported ();
  g_assert_cmpint (Counted::n_live, ==, 0);
}

void
test_unique_ends_in_another_thread ()
{
  const auto pool = fsmm::make_pool<std::string> ("texts");

  for (int i = 0; i < 100; i++)
    std::thread ([text = fsmm::make_unique<std::string> (pool.get (), 100U, 'x')] {
      g_assert_cmpuint (text->size (), ==, 100);
    }).join ();

  assert_empty (pool.get ());
}

void
test_shared_of_a_base ()
{
  const auto pool = fsmm::make_pool<Circle> ("circles");

  {
    const std::shared_ptr<Shape> shape (fsmm::make_unique<Circle> (pool.get ()));
    const std::shared_ptr<Named> named (fsmm::make_unique<Circle> (pool.get ()));

    g_assert_cmpint (Counted::n_live, ==, 2);
    g_assert_null (fsmm_pool_for_block (named.get ()));
  }

  assert_empty (pool.get ());
}

void
test_construct_clears_at_the_end ()
{
  const fsmm::ref<FsmmTypedPool> pool (fsmm_typed_pool_new (track_get_type (), 0, nullptr));

  n_cleared = 0;
  {
    auto track = fsmm::construct<Track> (pool.get ());

    g_assert_null (track->title);
    track->title = g_strdup ("Aria");
    track->seconds = 312;

    const auto copy = fsmm::construct_copy (pool.get (), *track);

    track.reset ();
    g_assert_cmpint (n_cleared, ==, 1);
    g_assert_cmpstr (copy->title, ==, "Aria");
    g_assert_cmpint (copy->seconds, ==, 312);
    fsmm_test_assert_live (pool.get (), 1);
  }

  g_assert_cmpint (n_cleared, ==, 2);
  fsmm_test_assert_live (pool.get (), 0);
}

void
test_construct_reports_errors ()
{
  const fsmm::ref<FsmmTypedPool> pool (
      fsmm_typed_pool_new_full ("few", track_get_type (), 0, 1, nullptr));
  const auto track = fsmm::construct<Track> (pool.get ());

  assert_throws (FSMM_ERROR_EXHAUSTED, "pool \"few\"*max-blocks is 1*",
                 [&] { auto other = fsmm::construct<Track> (pool.get ()); });
  assert_throws (FSMM_ERROR_EXHAUSTED, "pool \"few\"*max-blocks is 1*",
                 [&] { auto other = fsmm::construct_copy (pool.get (), *track); });
  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "pool \"few\": its blocks have *",
                 [&] { auto other = fsmm::construct<Aligned> (pool.get ()); });
  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "no pool was passed*",
                 [] { auto other = fsmm::construct<Track> (nullptr); });
  assert_throws (FSMM_ERROR_INVALID_ARGUMENT, "no pool was passed*",
                 [&] { auto other = fsmm::construct_copy (nullptr, *track); });
  fsmm_test_assert_live (pool.get (), 1);
}

}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, nullptr);

  g_test_add_func ("/cpp/ref/drops-its-reference", test_ref_drops_its_reference);
  g_test_add_func ("/cpp/ref/can-be-shared", test_ref_can_be_shared);
  g_test_add_func ("/cpp/make-pool/suits-the-type", test_make_pool_suits_the_type);
  g_test_add_func ("/cpp/block-ptr/frees-its-block", test_block_ptr_frees_its_block);
  g_test_add_func ("/cpp/block-ptr/reports-what-is-refused",
                   test_block_ptr_reports_what_is_refused);
  g_test_add_func ("/cpp/unique-ptr/makes-and-destroys", test_unique_makes_and_destroys);
  g_test_add_func ("/cpp/unique-ptr/of-a-constant", test_unique_of_a_constant);
  g_test_add_func ("/cpp/unique-ptr/constructor-throws", test_unique_when_the_constructor_throws);
  g_test_add_func ("/cpp/unique-ptr/at-the-limit", test_unique_at_the_limit);
  g_test_add_func ("/cpp/unique-ptr/is-aligned", test_unique_is_aligned);
  g_test_add_func ("/cpp/unique-ptr/must-fit", test_unique_must_fit);
  g_test_add_func ("/cpp/unique-ptr/needs-a-pool", test_unique_needs_a_pool);
  g_test_add_func ("/cpp/unique-ptr/is-destroyed-once", test_unique_is_destroyed_once);
  g_test_add_func ("/cpp/unique-ptr/of-another-allocator", test_unique_of_another_allocator);
  g_test_add_func ("/cpp/unique-ptr/without-its-pool", test_unique_without_its_pool);
  g_test_add_func ("/cpp/unique-ptr/ends-in-another-thread", test_unique_ends_in_another_thread);
  g_test_add_func ("/cpp/unique-ptr/shared-of-a-base", test_shared_of_a_base);
  g_test_add_func ("/cpp/construct/clears-at-the-end", test_construct_clears_at_the_end);
  g_test_add_func ("/cpp/construct/reports-errors", test_construct_reports_errors);

  return g_test_run ();
}
