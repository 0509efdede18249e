/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The allocator that a worker program measures. It is chosen when the program is compiled, so that
 * the workloads, which are written once, call each allocator as a program of its own would: by its
 * name, without a function pointer or a switch in between. */

#pragma once

#include <glib.h>
#include <stdlib.h>

#include "bench.h"

#if defined BENCH_PEER_FSMM || defined BENCH_PEER_INLINE
#include <fsmm-glib/fsmm-glib.h>
#elif defined BENCH_PEER_BOOST
#include "bench-boost.h"
#elif defined BENCH_PEER_SIMPLE_POOL
#include "bench-simple-pool.h"
#endif

G_BEGIN_DECLS

#if defined BENCH_PEER_INLINE
/* What FSMM_DEFINE_POOL_INLINE () defines, for several files. The size is known when the worker is
 * compiled. */
extern FsmmStaticPool bench_peer_pool;
gpointer bench_peer_take_called (void);
#elif defined BENCH_PEER_FSMM
extern FsmmPool *bench_peer_pool;
#elif defined BENCH_PEER_BOOST
extern BenchBoost *bench_peer_pool;
#elif defined BENCH_PEER_SIMPLE_POOL
extern BenchSimplePool *bench_peer_pool;
#else
extern gsize bench_peer_size;
#endif

/* To be called once, before anything else. Returns FALSE, and says why, if there is nothing to
 * measure. */
gboolean bench_peer_set_up (gsize size);

/* Who really provides the blocks: a library's file name, or a version. To be freed. */
char *bench_peer_describe (void);

/* Drops all blocks in one call. Returns FALSE if the allocator has no such call. */
gboolean bench_peer_drop_all (void);

/* Gives memory in which no block lies back to the system. Returns FALSE if the allocator has no
 * call for that. */
gboolean bench_peer_trim (void);

/* What the heap of a GLib program is freed by, where giving back is compared to dropping all. */
void bench_peer_give_plainly (gpointer block);

/* The file that the function called @name was loaded from. */
char *bench_peer_library_of (const char *name);

static inline gpointer
bench_peer_take_raw (void)
{
#if defined BENCH_PEER_INLINE
  gpointer block = _fsmm_inline_take (&bench_peer_pool, BENCH_PEER_INLINE, 0);

  return G_LIKELY (block != NULL) ? block : bench_peer_take_called ();
#elif defined BENCH_PEER_FSMM
  return fsmm_pool_alloc (bench_peer_pool, NULL);
#elif defined BENCH_PEER_BOOST
  return bench_boost_take (bench_peer_pool);
#elif defined BENCH_PEER_SIMPLE_POOL
  return bench_simple_pool_take (bench_peer_pool);
#elif defined BENCH_PEER_SLICE
  return g_slice_alloc (bench_peer_size);
#elif defined BENCH_PEER_MALLOC
  return malloc (bench_peer_size);
#else
#error "Which allocator is it?"
#endif
}

/* Every block is written once: memory that is never touched costs nothing. */
static inline gpointer
bench_peer_take (void)
{
  gpointer block = bench_peer_take_raw ();

  *(volatile guint64 *) block = 1;
  bench_use (block);

  return block;
}

static inline void
bench_peer_give (gpointer block)
{
#if defined BENCH_PEER_INLINE
  if (G_UNLIKELY (!_fsmm_inline_free (bench_peer_pool.pool, block, BENCH_PEER_INLINE)))
    fsmm_pool_free (bench_peer_pool.pool, block, NULL);
#elif defined BENCH_PEER_FSMM
  fsmm_pool_free (bench_peer_pool, block, NULL);
#elif defined BENCH_PEER_BOOST
  bench_boost_give (bench_peer_pool, block);
#elif defined BENCH_PEER_SIMPLE_POOL
  bench_simple_pool_give (bench_peer_pool, block);
#elif defined BENCH_PEER_SLICE
  g_slice_free1 (bench_peer_size, block);
#else
  free (block);
#endif
}

G_END_DECLS
