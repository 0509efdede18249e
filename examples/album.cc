/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In C++: tracks are objects in the blocks of one pool, and the nodes of the map that owns them
 * come from another one, which has room for three. Both pools are declared before the map, since
 * what is declared last is destroyed first. */

#include <fsmm-glib/fsmm-glib.hpp>

#include <iostream>
#include <map>
#include <string>
#include <utility>

namespace
{

class Track
{
public:
  Track (std::string title, int seconds) : title_ (std::move (title)), seconds_ (seconds)
  {
  }

  ~Track ()
  {
    std::cout << "destroy " << title_ << ", " << seconds_ << " s\n";
  }

  Track (const Track &) = delete;
  Track &operator= (const Track &) = delete;

private:
  std::string title_;
  int seconds_;
};

using Item = std::pair<const int, fsmm::unique_ptr<Track>>;
using Album = std::map<int, fsmm::unique_ptr<Track>, std::less<>, fsmm::allocator<Item>>;

void
print_counts (const char *when, FsmmPool *tracks, const Album &album)
{
  std::cout << when << ": " << fsmm_pool_get_n_allocated (tracks) << " tracks";
  for (FsmmPool *nodes : album.get_allocator ().pools ())
    std::cout << ", " << fsmm_pool_get_n_allocated (nodes) << " nodes";
  std::cout << '\n';
}

void
run ()
{
  const auto tracks = fsmm::make_pool<Track> ("tracks");
  const fsmm::allocator<Item> nodes ("nodes", 3);
  Album album (nodes);

  album[1] = fsmm::make_unique<Track> (tracks.get (), "Overture", 312);
  album[2] = fsmm::make_unique<Track> (tracks.get (), "Aria", 67);
  album[3] = fsmm::make_unique<Track> (tracks.get (), "Finale", 254);
  print_counts ("filled", tracks.get (), album);

  try
    {
      album.emplace (4, fsmm::make_unique<Track> (tracks.get (), "Encore", 90));
    }
  catch (const fsmm::bad_alloc &exception)
    {
      std::cout << (exception.code () == FSMM_ERROR_EXHAUSTED ? "no room" : exception.what ())
                << '\n';
    }
  print_counts ("refused", tracks.get (), album);

  album.erase (2);
  print_counts ("one erased", tracks.get (), album);
}

}

int
main ()
{
  try
    {
      run ();
    }
  catch (const std::exception &exception)
    {
      std::cerr << exception.what () << '\n';
      return 1;
    }
}
