/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a process has in memory while blocks come, go, and come again. */

#include "bench-work.h"

#include <stdio.h>

#define SAMPLES_OF_PHASE 20
#define MOST_SAMPLES (6 * SAMPLES_OF_PHASE)
#define KEPT_ONE_OF 5000

typedef struct {
  const char *phase;
  gint64 time;
  long resident;
} Sample;

typedef struct {
  gpointer *blocks;
  gsize n_blocks;
  gsize n_kept; /* of these, the first ones outlive the others */
  Sample *samples;
  gsize n_samples;
} Course;

static void
add_sample (Course *self, const char *phase)
{
  self->samples[self->n_samples++] = (Sample) { phase, bench_now (), bench_resident () };
}

typedef void (*Step) (Course *self, gsize at);

static void
take (Course *self, gsize at)
{
  self->blocks[at] = bench_peer_take ();
}

static void
give (Course *self, gsize at)
{
  bench_peer_give (self->blocks[at]);
}

/* Does a step for each place from @first on, with samples at even distances. */
static void
run_phase (Course *self, const char *phase, Step step, gsize first)
{
  gsize at = first;

  for (gsize i = 1; i <= SAMPLES_OF_PHASE; i++)
    {
      gsize end = first + (self->n_blocks - first) * i / SAMPLES_OF_PHASE;

      for (; at < end; at++)
        step (self, at);
      add_sample (self, phase);
    }
}

/* What is kept lies far apart, and what is given back comes in random order. */
static void
choose_kept (Course *self)
{
  gpointer *blocks = self->blocks;

  for (gsize i = 0; i < self->n_kept; i++)
    {
      gpointer kept = blocks[i * KEPT_ONE_OF];

      blocks[i * KEPT_ONE_OF] = blocks[i];
      blocks[i] = kept;
    }
  bench_shuffle (blocks + self->n_kept, self->n_blocks - self->n_kept);
}

static void
trim (Course *self)
{
  if (bench_peer_trim ())
    add_sample (self, "trim");
}

/* The kernel may move pages meanwhile. */
static void
idle (Course *self, gint64 nanoseconds)
{
  for (int i = 0; i < SAMPLES_OF_PHASE; i++)
    {
      g_usleep ((gulong) (nanoseconds / 1000 / SAMPLES_OF_PHASE));
      add_sample (self, "idle");
    }
}

static void
drop (Course *self)
{
  if (bench_peer_drop_all ())
    add_sample (self, "drop");
  else
    run_phase (self, "drop", give, 0);
}

/* The code that a first call brings into memory belongs to no block. */
static void
rehearse (void)
{
  bench_peer_give (bench_peer_take ());
  bench_peer_trim ();
  bench_peer_drop_all ();
  g_usleep (1);
  bench_resident ();
}

static void
print_samples (const Course *self, gint64 start, long resident)
{
  for (gsize i = 0; i < self->n_samples; i++)
    printf ("%s %" G_GINT64_FORMAT " %ld\n", self->samples[i].phase, self->samples[i].time - start,
            self->samples[i].resident - resident);
}

gboolean
bench_work_follow_memory (const BenchWork *work)
{
  Course self = {
    .blocks = bench_pages (work->n_bulk * sizeof (gpointer)),
    .n_blocks = work->n_bulk,
    .n_kept = MAX (1, work->n_bulk / KEPT_ONE_OF),
    .samples = bench_pages (MOST_SAMPLES * sizeof (Sample)),
  };
  gint64 start;
  long resident;

  rehearse ();
  resident = bench_resident ();
  if (resident < 0)
    return FALSE;

  start = bench_now ();
  run_phase (&self, "fill", take, 0);
  choose_kept (&self);
  run_phase (&self, "shrink", give, self.n_kept);
  trim (&self);
  idle (&self, work->budget);
  run_phase (&self, "refill", take, self.n_kept);
  drop (&self);
  print_samples (&self, start, resident);

  return TRUE;
}
