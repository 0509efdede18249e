/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a call costs above the engine, and what many blocks at once save. Linked with the static library, to
 * reach the engine: what the public functions cost through a shared one is in bench-pool. */

#include "bench.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"
#include "fsmm-glib/pool/fsmm-pool-private.h"

static FsmmPool *pool;

#define MOST 1000

static gpointer blocks[MOST];

/* Nothing is checked of the pool, and all of the block. */
static gint64
engine_pairs (guint64 n, gconstpointer data)
{
  FsmmStore *store = &pool->store;
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      FsmmAllocResult result;
      FsmmLook look;
      gsize epoch;
      gpointer block = fsmm_heap_alloc (store, FSMM_STATE_LIVE, (FsmmFill) { 0 }, &epoch, &result).block;

      bench_use (block);
      fsmm_heap_free (store, block, &look);
    }

  return bench_now () - start;
}

static gint64
public_pairs (guint64 n, gconstpointer data)
{
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i++)
    {
      gpointer block = fsmm_pool_alloc (pool, NULL);

      bench_use (block);
      fsmm_pool_free (pool, block, NULL);
    }

  return bench_now () - start;
}

/* The same for each block, with as many at a time as @data says. */
static gint64
one_by_one (guint64 n, gconstpointer data)
{
  gsize n_blocks = GPOINTER_TO_SIZE (data);
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i += n_blocks)
    {
      for (gsize j = 0; j < n_blocks; j++)
        blocks[j] = fsmm_pool_alloc (pool, NULL);
      bench_use (blocks);
      for (gsize j = 0; j < n_blocks; j++)
        fsmm_pool_free (pool, blocks[j], NULL);
    }

  return bench_now () - start;
}

static gint64
at_once (guint64 n, gconstpointer data)
{
  gsize n_blocks = GPOINTER_TO_SIZE (data);
  gint64 start = bench_now ();

  for (guint64 i = 0; i < n; i += n_blocks)
    {
      fsmm_pool_alloc_many (pool, n_blocks, blocks, NULL);
      bench_use (blocks);
      fsmm_pool_free_many (pool, n_blocks, blocks, NULL);
    }

  return bench_now () - start;
}

int
main (int argc, char *argv[])
{
  const BenchCase cases[] = {
    { "a pair", "the engine", engine_pairs, NULL },
    { "a pair", "fsmm_pool_alloc, free", public_pairs, NULL },
    { "each of 16", "one by one", one_by_one, GSIZE_TO_POINTER (16) },
    { "each of 16", "alloc_many, free_many", at_once, GSIZE_TO_POINTER (16) },
    { "each of 100", "one by one", one_by_one, GSIZE_TO_POINTER (100) },
    { "each of 100", "alloc_many, free_many", at_once, GSIZE_TO_POINTER (100) },
    { "each of 1000", "one by one", one_by_one, GSIZE_TO_POINTER (1000) },
    { "each of 1000", "alloc_many, free_many", at_once, GSIZE_TO_POINTER (1000) },
  };

  pool = fsmm_pool_new (64, 0, NULL);

  return bench_main (argc, argv, "Calls", cases, G_N_ELEMENTS (cases));
}
