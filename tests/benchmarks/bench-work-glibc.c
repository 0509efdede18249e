/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* After the two cases of the benchmark of malloc that comes with the GNU C Library. */

#include "bench-work.h"

/* Some blocks are taken, and given back in the same order: few, more, and more than a thread's
 * cache holds. */
static guint64
pass_simple (gpointer state)
{
  static const gsize counts[] = { 25, 100, 400, 1600 };
  gpointer *blocks = state;
  guint64 n_operations = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    for (gsize repeat = 0; repeat < 1600 / counts[i]; repeat++)
      {
        for (gsize j = 0; j < counts[i]; j++)
          blocks[j] = bench_peer_take ();
        for (gsize j = 0; j < counts[i]; j++)
          bench_peer_give (blocks[j]);
        n_operations += counts[i];
      }

  return n_operations;
}

double
bench_work_glibc_simple (const BenchWork *work)
{
  return bench_measure (pass_simple, bench_pages (1600 * sizeof (gpointer)), work);
}

/* Each thread starts with nothing, and takes or replaces random ones of its working set. */
#define GLIBC_WORKING_SET 1024

static guint64
pass_glibc_thread (gpointer state)
{
  BenchLive *self = state;
  guint64 random = self->random;

  for (int i = 0; i < 5000; i++)
    {
      gpointer *place = &self->blocks[bench_random_below (&random, self->n_blocks)];

      if (*place != NULL)
        bench_peer_give (*place);
      *place = bench_peer_take ();
    }
  self->random = random;

  return 5000;
}

double
bench_work_glibc_thread (const BenchWork *work)
{
  g_autofree gpointer *states = g_new0 (gpointer, work->n_threads);

  for (guint i = 0; i < work->n_threads; i++)
    states[i] = bench_live_new (GLIBC_WORKING_SET, i);

  return bench_measure_threads (pass_glibc_thread, states, work->n_threads, work->budget);
}
