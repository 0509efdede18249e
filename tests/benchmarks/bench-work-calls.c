/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Other calls that take blocks: zeroed, and many at once. */

#include "bench-work.h"

#include <string.h>

#define MANY 64

/* The call that some allocators have for it. */
#if defined BENCH_PEER_FSMM
#define TAKE_ZEROED() fsmm_pool_alloc0 (bench_peer_pool, NULL)
#elif defined BENCH_PEER_SLICE
#define TAKE_ZEROED() g_slice_alloc0 (bench_peer_size)
#elif defined BENCH_PEER_MALLOC
#define TAKE_ZEROED() calloc (1, bench_peer_size)
#endif

#ifdef TAKE_ZEROED
static guint64
pass_zeroed (gpointer state)
{
  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)
    {
      gpointer block = TAKE_ZEROED ();

      bench_use (block);
      bench_peer_give (block);
    }

  return BENCH_OPERATIONS_PER_PASS;
}
#endif

double
bench_work_alloc0 (const BenchWork *work)
{
#ifdef TAKE_ZEROED
  return bench_measure (pass_zeroed, NULL, work);
#else
  return -1;
#endif
}

/* A program knows the size of a struct, and needs no call to zero it then. */
#define DEFINE_PASS_MEMSET(name, n_bytes)                                                          \
  static guint64 name (gpointer state)                                                             \
  {                                                                                                \
    gsize size = n_bytes;                                                                          \
                                                                                                   \
    for (int i = 0; i < BENCH_OPERATIONS_PER_PASS; i++)                                            \
      {                                                                                            \
        gpointer block = bench_peer_take_raw ();                                                   \
                                                                                                   \
        bench_use (memset (block, 0, size));                                                       \
        bench_peer_give (block);                                                                   \
      }                                                                                            \
                                                                                                   \
    return BENCH_OPERATIONS_PER_PASS;                                                              \
  }

DEFINE_PASS_MEMSET (pass_memset_24, 24)
DEFINE_PASS_MEMSET (pass_memset_40, 40)
DEFINE_PASS_MEMSET (pass_memset_48, 48)
DEFINE_PASS_MEMSET (pass_memset_64, 64)
DEFINE_PASS_MEMSET (pass_memset_other, *(gsize *) state)

static BenchPass
choose_pass_memset (gsize size)
{
  switch (size)
    {
    case 24:
      return pass_memset_24;
    case 40:
      return pass_memset_40;
    case 48:
      return pass_memset_48;
    case 64:
      return pass_memset_64;
    default:
      return pass_memset_other;
    }
}

double
bench_work_alloc_memset (const BenchWork *work)
{
  gsize size = work->size;

  return bench_measure (choose_pass_memset (size), &size, work);
}

/* Not written to, here and below: what is compared is calls. */
static guint64
pass_singles (gpointer state)
{
  gpointer blocks[MANY];

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS / MANY; i++)
    {
      for (int j = 0; j < MANY; j++)
        blocks[j] = bench_peer_take_raw ();
      bench_use (blocks);
      for (int j = 0; j < MANY; j++)
        bench_peer_give (blocks[j]);
    }

  return BENCH_OPERATIONS_PER_PASS / MANY * MANY;
}

double
bench_work_singles (const BenchWork *work)
{
  return bench_measure (pass_singles, NULL, work);
}

#if defined BENCH_PEER_FSMM
static guint64
pass_many (gpointer state)
{
  gpointer blocks[MANY];

  for (int i = 0; i < BENCH_OPERATIONS_PER_PASS / MANY; i++)
    {
      fsmm_pool_alloc_many (bench_peer_pool, MANY, blocks, NULL);
      bench_use (blocks);
      fsmm_pool_free_many (bench_peer_pool, MANY, blocks, NULL);
    }

  return BENCH_OPERATIONS_PER_PASS / MANY * MANY;
}
#endif

double
bench_work_many (const BenchWork *work)
{
#if defined BENCH_PEER_FSMM
  return bench_measure (pass_many, NULL, work);
#else
  return -1;
#endif
}
