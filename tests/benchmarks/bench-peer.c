/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE

#include "bench-peer.h"

#include <dlfcn.h>
#include <stdio.h>

/* What is not called while time is taken. */

#if defined BENCH_PEER_INLINE

FsmmStaticPool bench_peer_pool = { NULL, "inline", BENCH_PEER_INLINE, 8, FSMM_INLINE_LAYOUT,
                                   FSMM_INLINE_FIRST_PLACE };

gpointer
bench_peer_take_called (void)
{
  return fsmm_pool_alloc (bench_peer_pool.pool, NULL);
}

gboolean
bench_peer_set_up (gsize size)
{
  fsmm_static_pool_make (&bench_peer_pool);

  return size == BENCH_PEER_INLINE;
}

char *
bench_peer_describe (void)
{
  return g_strdup ("the same library, with a pool that is compiled in");
}

gboolean
bench_peer_drop_all (void)
{
  fsmm_pool_free_all (bench_peer_pool.pool);

  return TRUE;
}

#elif defined BENCH_PEER_FSMM

FsmmPool *bench_peer_pool;

gboolean
bench_peer_set_up (gsize size)
{
  bench_peer_pool = fsmm_pool_new (size, 0, NULL);

  return bench_peer_pool != NULL;
}

char *
bench_peer_describe (void)
{
  return bench_peer_library_of ("fsmm_pool_alloc");
}

gboolean
bench_peer_drop_all (void)
{
  fsmm_pool_free_all (bench_peer_pool);

  return TRUE;
}

#elif defined BENCH_PEER_BOOST

BenchBoost *bench_peer_pool;

gboolean
bench_peer_set_up (gsize size)
{
  bench_peer_pool = bench_boost_new (size);

  return TRUE;
}

char *
bench_peer_describe (void)
{
  return g_strdup_printf ("Boost %s", bench_boost_version ());
}

gboolean
bench_peer_drop_all (void)
{
  bench_boost_drop_all (bench_peer_pool);

  return TRUE;
}

#elif defined BENCH_PEER_SIMPLE_POOL

BenchSimplePool *bench_peer_pool;

gboolean
bench_peer_set_up (gsize size)
{
  bench_peer_pool = bench_simple_pool_new (size);

  return TRUE;
}

char *
bench_peer_describe (void)
{
  return g_strdup ("free list and two hash sets behind a mutex");
}

gboolean
bench_peer_drop_all (void)
{
  bench_simple_pool_drop_all (bench_peer_pool);

  return TRUE;
}

#elif defined BENCH_PEER_SLICE

gsize bench_peer_size;

/* Since 2.76 it is malloc by another name. */
gboolean
bench_peer_set_up (gsize size)
{
  bench_peer_size = size;
  if (glib_check_version (2, 75, 0) != NULL)
    return TRUE;

  fprintf (stderr, "GLib %u.%u has no slice allocator of its own any more\n", glib_major_version,
           glib_minor_version);
  return FALSE;
}

char *
bench_peer_describe (void)
{
  return bench_peer_library_of ("g_slice_alloc");
}

gboolean
bench_peer_drop_all (void)
{
  return FALSE;
}

#else

gsize bench_peer_size;

gboolean
bench_peer_set_up (gsize size)
{
  bench_peer_size = size;

  return TRUE;
}

char *
bench_peer_describe (void)
{
  return bench_peer_library_of ("malloc");
}

gboolean
bench_peer_drop_all (void)
{
  return FALSE;
}

#endif

void
bench_peer_give_plainly (gpointer block)
{
#if defined BENCH_PEER_MALLOC
  g_free (block);
#else
  bench_peer_give (block);
#endif
}

char *
bench_peer_library_of (const char *name)
{
  Dl_info info = { 0 };
  gpointer function = dlsym (RTLD_DEFAULT, name);

  if (function == NULL || dladdr (function, &info) == 0 || info.dli_fname == NULL)
    return g_strdup ("unknown");

  return realpath (info.dli_fname, NULL);
}
