/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* usage: bench-worker-PEER WORKLOAD SIZE N_THREADS N_LIVE N_BULK NANOSECONDS N_PASSES
 *
 * Runs a workload once, and prints what an operation costs, or "none" if the allocator has no such
 * operation. The workload "describe" prints whose blocks those are, and "memory" what is resident
 * along the phases of a program. Started by bench-pool, which tells why each measurement is a
 * process. */

#include "bench-work.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef double (*WorkFunc) (const BenchWork *work);

static const struct {
  const char *name;
  WorkFunc run;
} workloads[] = {
  { "pair", bench_work_pair },
  { "batch", bench_work_batch },
  { "churn", bench_work_churn },
  { "bulk-alloc", bench_work_bulk_alloc },
  { "bulk-free", bench_work_bulk_free },
  { "free-each", bench_work_free_each },
  { "free-all", bench_work_free_all },
  { "bytes/block", bench_work_bytes_per_block },
  { "threads", bench_work_churn_threads },
  { "hand-over", bench_work_hand_over },
  { "larson", bench_work_larson },
  { "xmalloc-test", bench_work_xmalloc_test },
  { "cache-scratch", bench_work_cache_scratch },
  { "cache-thrash", bench_work_cache_thrash },
  { "glibc-simple", bench_work_glibc_simple },
  { "glibc-thread", bench_work_glibc_thread },
  { "floor-pair", bench_work_floor_pair },
  { "floor-batch", bench_work_floor_batch },
  { "floor-churn", bench_work_floor_churn },
  { "refill-each", bench_work_refill_each },
  { "refill-all", bench_work_refill_all },
  { "own-pool", bench_work_own_pool },
  { "pools-1", bench_work_pools_1 },
  { "pools-64", bench_work_pools_64 },
  { "pool-life", bench_work_pool_life },
  { "alloc0", bench_work_alloc0 },
  { "alloc-memset", bench_work_alloc_memset },
  { "singles", bench_work_singles },
  { "many", bench_work_many },
  { "construct", bench_work_construct },
  { "construct-active", bench_work_construct_active },
  { "boxed", bench_work_boxed },
  { "boxed-active", bench_work_boxed_active },
  { "box", bench_work_box },
  { "box-active", bench_work_box_active },
  { "handle", bench_work_handle },
};

static WorkFunc
find_workload (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (workloads); i++)
    if (strcmp (workloads[i].name, name) == 0)
      return workloads[i].run;

  return NULL;
}

static int
describe (void)
{
  g_autofree char *description = bench_peer_describe ();

  puts (description);

  return 0;
}

static int
follow_memory (const BenchWork *work)
{
  if (bench_work_follow_memory (work))
    return 0;

  fprintf (stderr, "The system does not tell what is in memory\n");

  return 1;
}

int
main (int argc, char *argv[])
{
  WorkFunc run;
  BenchWork work;
  double result;

  if (argc != 8)
    {
      fprintf (stderr, "This is for bench-pool to run\n");
      return 2;
    }

  work.size = g_ascii_strtoull (argv[2], NULL, 10);
  work.n_threads = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  work.n_live = g_ascii_strtoull (argv[4], NULL, 10);
  work.n_bulk = g_ascii_strtoull (argv[5], NULL, 10);
  work.budget = g_ascii_strtoll (argv[6], NULL, 10);
  work.n_passes = g_ascii_strtoull (argv[7], NULL, 10);

  if (!bench_peer_set_up (work.size))
    return 1;
  if (strcmp (argv[1], "describe") == 0)
    return describe ();
  if (strcmp (argv[1], "memory") == 0)
    return follow_memory (&work);

  run = find_workload (argv[1]);
  if (run == NULL)
    {
      fprintf (stderr, "There is no workload %s\n", argv[1]);
      return 2;
    }

  result = run (&work);
  if (result < 0)
    puts ("none");
  else
    printf ("%.6f\n", result);
  fflush (stdout);
  /* What is still live stays so: a million blocks given back would only take time. */
  _exit (0);
}
