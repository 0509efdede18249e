/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Berger's two about false sharing: a thread takes a block, writes to all of it again and again,
 * and gives it back. That is slow where the blocks of two threads lie in one cache line. */

#include "bench-work.h"

#define CACHE_BLOCKS 100
#define CACHE_WRITES 50

typedef struct {
  gsize n_words;
  gpointer first; /* what another thread has taken, or NULL */
} Cache;

/* The same loop for every peer, whatever is compiled into what calls it. */
static G_GNUC_NO_INLINE void
write_words (volatile guint64 *block, gsize n_words)
{
  for (int j = 0; j < CACHE_WRITES; j++)
    for (gsize word = 0; word < n_words; word++)
      block[word] = j;
}

static guint64
pass_cache (gpointer state)
{
  Cache *self = state;

  if (self->first != NULL)
    bench_peer_give (g_steal_pointer (&self->first));

  for (int i = 0; i < CACHE_BLOCKS; i++)
    {
      gpointer block = bench_peer_take ();

      write_words (block, self->n_words);
      bench_peer_give (block);
    }

  return CACHE_BLOCKS;
}

static double
cache (const BenchWork *work, gboolean is_passive)
{
  g_autofree gpointer *states = g_new0 (gpointer, work->n_threads);

  for (guint i = 0; i < work->n_threads; i++)
    {
      Cache *state = bench_pages (sizeof *state);

      state->n_words = work->size / sizeof (guint64);
      state->first = is_passive ? bench_peer_take () : NULL;
      states[i] = state;
    }

  return bench_measure_threads (pass_cache, states, work->n_threads, work->budget);
}

/* Each thread first gives back a block that lies beside those of the other threads. */
double
bench_work_cache_scratch (const BenchWork *work)
{
  return cache (work, TRUE);
}

double
bench_work_cache_thrash (const BenchWork *work)
{
  return cache (work, FALSE);
}
