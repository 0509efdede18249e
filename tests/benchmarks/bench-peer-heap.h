/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pools of the allocator that a worker program measures, where it has any: those of a general
 * allocator are called heaps, or obstacks. Called without a detour, as in bench-peer.h, but for
 * those of general allocators, which are looked for when the program runs. */

#pragma once

#include "bench-peer.h"

G_BEGIN_DECLS

#if defined BENCH_PEER_MALLOC || defined BENCH_PEER_SLICE || defined BENCH_PEER_INLINE
typedef struct {
  gpointer (*create) (gsize size);
  gpointer (*take) (gpointer heap, gsize size);
  void (*give) (gpointer heap, gpointer block);
  void (*drop) (gpointer heap);
} BenchHeapCalls;

extern BenchHeapCalls bench_heap_calls;
#endif

/* To be called before the others. Returns FALSE if there are no pools. */
gboolean bench_heap_find (void);

static inline gpointer
bench_heap_new (gsize size)
{
#if defined BENCH_PEER_FSMM
  return fsmm_pool_new (size, 0, NULL);
#elif defined BENCH_PEER_BOOST
  return bench_boost_new (size);
#elif defined BENCH_PEER_SIMPLE_POOL
  return bench_simple_pool_new (size);
#else
  return bench_heap_calls.create (size);
#endif
}

static inline gpointer
bench_heap_take (gpointer heap, gsize size)
{
#if defined BENCH_PEER_FSMM
  gpointer block = fsmm_pool_alloc (heap, NULL);
#elif defined BENCH_PEER_BOOST
  gpointer block = bench_boost_take (heap);
#elif defined BENCH_PEER_SIMPLE_POOL
  gpointer block = bench_simple_pool_take (heap);
#else
  gpointer block = bench_heap_calls.take (heap, size);
#endif

  *(volatile guint64 *) block = 1;
  bench_use (block);

  return block;
}

static inline void
bench_heap_give (gpointer heap, gpointer block)
{
#if defined BENCH_PEER_FSMM
  fsmm_pool_free (heap, block, NULL);
#elif defined BENCH_PEER_BOOST
  bench_boost_give (heap, block);
#elif defined BENCH_PEER_SIMPLE_POOL
  bench_simple_pool_give (heap, block);
#else
  bench_heap_calls.give (heap, block);
#endif
}

/* With all blocks that it has given out. */
static inline void
bench_heap_drop (gpointer heap)
{
#if defined BENCH_PEER_FSMM
  g_object_unref (heap);
#elif defined BENCH_PEER_BOOST
  bench_boost_free (heap);
#elif defined BENCH_PEER_SIMPLE_POOL
  bench_simple_pool_free (heap);
#else
  bench_heap_calls.drop (heap);
#endif
}

G_END_DECLS
