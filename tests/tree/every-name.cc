/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What users write with the names of the headers for C++: test-headers.py has compilers say all
 * that they can of it. */

#include <fsmm-glib/fsmm-glib.hpp>

#include <map>
#include <string>

int main ();

namespace
{

/* What users may call their own things, also where they use the namespace. */
using namespace fsmm;
int pool, instance, entry, block, object, share, error;

using Titles =
    std::map<int, std::string, std::less<int>, allocator<std::pair<const int, std::string>>>;

int
count_titles ()
{
  const fsmm::allocator<int> own ("titles", 100);
  Titles titles (own);

  titles.emplace (1, "Aria");
  Titles copy (titles);
  titles.swap (copy);
  copy = std::move (titles);

  return own == copy.get_allocator () && own != fsmm::allocator<char> () &&
         own.pools ().size () == 1;
}

int
make_objects ()
{
  const fsmm::ref<FsmmPool> strings = fsmm::make_pool<std::string> ("strings", 10, 4096);
  const fsmm::unique_ptr<std::string> text = fsmm::make_unique<std::string> (strings.get (), "x");
  const fsmm::ref<FsmmTypedPool> dates (fsmm_typed_pool_new (G_TYPE_DATE, 0, nullptr));
  const fsmm::block_ptr<GDate> date = fsmm::construct<GDate> (dates.get ());
  const fsmm::block_ptr<GDate> copy = fsmm::construct_copy (dates.get (), *date);

  /* The deleters are for pointers of other kinds as well. */
  const std::shared_ptr<FsmmPool> shared (fsmm_pool_new (8, 0, nullptr), fsmm::unref ());
  const std::shared_ptr<void> block_of_c (fsmm_pool_alloc (shared.get (), nullptr),
                                          fsmm::block_deleter ());
  const std::unique_ptr<int, fsmm::object_deleter<int>> number (
      fsmm::make_unique<int> (shared.get (), 1));

  return static_cast<int> (text->size ()) + *number;
}

int
run ()
{
#ifdef __cpp_exceptions
  try
    {
      return count_titles () + make_objects ();
    }
  catch (const fsmm::bad_alloc &exception)
    {
      g_print ("%s\n", exception.what ());
      return exception.code () == FSMM_ERROR_EXHAUSTED;
    }
#else
  return count_titles () + make_objects ();
#endif
}

}

int
main ()
{
  pool = instance = entry = block = object = share = error = 0;

  return run () + pool;
}
