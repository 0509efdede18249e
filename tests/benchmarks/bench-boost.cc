/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-boost.h"

#include <boost/pool/pool.hpp>
#include <boost/version.hpp>

#include <mutex>

struct BenchBoost
{
  explicit BenchBoost (size_t size)
    : pool (size)
  {
  }

  std::mutex mutex;
  boost::pool<> pool;
};

BenchBoost *
bench_boost_new (size_t size)
{
  return new BenchBoost (size);
}

void
bench_boost_free (BenchBoost *self)
{
  delete self;
}

void *
bench_boost_take (BenchBoost *self)
{
  std::lock_guard<std::mutex> lock (self->mutex);

  return self->pool.malloc ();
}

void
bench_boost_give (BenchBoost *self, void *block)
{
  std::lock_guard<std::mutex> lock (self->mutex);

  self->pool.free (block);
}

void
bench_boost_drop_all (BenchBoost *self)
{
  std::lock_guard<std::mutex> lock (self->mutex);

  self->pool.purge_memory ();
}

const char *
bench_boost_version (void)
{
  return BOOST_LIB_VERSION;
}
