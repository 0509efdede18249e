/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

#include "engine/chunk/fsmm-spare.h"

/* Memory that has not been needed for a while goes back to the system. Somebody looks now and then: what
 * a store had beyond the most that it needed between two looks is idle. Looking stops no thread, and
 * trimming, which does, is not done to no purpose again and again. */

/* A chunk, usually: less is not worth it. */
#define LEAST_BYTES ((guint64) 64 * 1024)
/* Nor is a smaller part of what a store has. */
#define LEAST_PART 8
/* How many looks are left out at most. */
#define MAX_LEFT_OUT 31

/* What comes back after trimming shows that it was needed after all: then it takes ever longer until the
 * next time. */
static void
judge_last_trim (FsmmDecay *decay, guint64 reserved)
{
  if (decay->gain == 0)
    return;

  if (reserved >= decay->trimmed_to + decay->gain / 2)
    decay->n_vain = MIN (2 * decay->n_vain + 1, MAX_LEFT_OUT);
  else
    decay->n_vain /= 2;
  decay->gain = 0;
  decay->n_skipped = 0;
}

/* A live block keeps a page in memory. How many share one is known of those that were live at the last
 * trim, and unless more are, there is no less memory to be kept than then. The others are taken to lie side
 * by side: if they do not, a trim finds out. */
static guint64
count_needed (const FsmmStore *self, gsize n_peak)
{
  const FsmmDecay *decay = &self->decay;
  guint64 block_size = self->geometry.block_size;
  guint64 needed = decay->trimmed_to;

  if (n_peak < decay->trimmed_live)
    needed = n_peak * (decay->trimmed_to / decay->trimmed_live);
  else
    needed += (n_peak - decay->trimmed_live) * block_size;

  return n_peak > 0 ? MAX (needed, n_peak * block_size) : 0;
}

static gboolean
is_worth_trimming (FsmmStore *self, guint64 reserved, gsize n_peak)
{
  FsmmDecay *decay = &self->decay;
  guint64 needed = MIN (count_needed (self, n_peak), reserved);

  if (decay->n_skipped < decay->n_vain)
    {
      decay->n_skipped++;
      return FALSE;
    }

  return reserved - needed >= (n_peak == 0 ? 1 : MAX (LEAST_BYTES, reserved / LEAST_PART));
}

/* Called with the lock held, which it gives back. Returns how many bytes less the store holds. */
static gsize
look_and_unlock (FsmmStore *self)
{
  FsmmDecay *decay = &self->decay;
  gsize reserved = fsmm_heap_count_reserved (self);
  gsize n_live, n_peak;

  fsmm_cache_note_peak (self);
  n_live = fsmm_cache_count_live (self);
  n_peak = MAX (decay->recent_peak, n_live);
  decay->recent_peak = n_live;

  judge_last_trim (decay, reserved);
  decay->trimmed_to = MIN (decay->trimmed_to, reserved);
  if (!is_worth_trimming (self, reserved, n_peak))
    {
      fsmm_unlock (self->lock);
      return 0;
    }

  return fsmm_heap_trim_and_unlock (self);
}

/* Looks at all stores. Returns how many bytes the system has got. */
gsize
fsmm_heap_decay_all (void)
{
  return (gsize) fsmm_heap_sum_up_stores (look_and_unlock) + fsmm_spare_decay ();
}
