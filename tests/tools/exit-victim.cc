/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A C++ program whose objects clean up when they go: at the very end. */

#include <fsmm-glib/fsmm-glib.h>

namespace {

/* It is there before its pool, so that it goes after what is to be called since the pool was made. */
class Holder
{
public:
  Holder () = default;

  void open (const char *name)
  {
    pool = fsmm_pool_new_full (name, 32, 8, 0, 0, nullptr);
    block = fsmm_pool_alloc (pool, nullptr);
  }

  ~Holder ()
  {
    fsmm_pool_free (pool, block, nullptr);
    g_object_unref (pool);
  }

  Holder (const Holder &) = delete;
  Holder &operator= (const Holder &) = delete;

private:
  FsmmPool *pool = nullptr;
  gpointer block = nullptr;
};

Holder global;
thread_local Holder of_thread;

} // namespace

int
main ()
{
  static Holder local;

  global.open ("global");
  of_thread.open ("of thread");
  local.open ("local");

  return 0;
}
