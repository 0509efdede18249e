/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the workloads of bench-pool's worker programs are made of. */

#pragma once

#include <glib.h>

#include "bench-peer.h"

G_BEGIN_DECLS

typedef struct {
  gsize size;      /* of a block */
  guint n_threads; /* where there is more than one */
  gsize n_live;    /* where blocks are replaced at random */
  gsize n_bulk;    /* where many are taken at once: a million */
  gint64 budget;   /* how many nanoseconds to measure for, or 0 to do all once */
  guint64 n_passes; /* how often to do all, to have its instructions counted; or 0 */
} BenchWork;

/* Workloads. Each returns what one operation costs, or a negative number if that cannot be
 * measured. */
double bench_work_pair (const BenchWork *work);
double bench_work_batch (const BenchWork *work);
double bench_work_churn (const BenchWork *work);
double bench_work_bulk_alloc (const BenchWork *work);
double bench_work_bulk_free (const BenchWork *work);
double bench_work_free_each (const BenchWork *work);
double bench_work_free_all (const BenchWork *work);
double bench_work_bytes_per_block (const BenchWork *work);
double bench_work_churn_threads (const BenchWork *work);
double bench_work_hand_over (const BenchWork *work);
double bench_work_larson (const BenchWork *work);
double bench_work_xmalloc_test (const BenchWork *work);
double bench_work_cache_scratch (const BenchWork *work);
double bench_work_cache_thrash (const BenchWork *work);
double bench_work_glibc_simple (const BenchWork *work);
double bench_work_glibc_thread (const BenchWork *work);
double bench_work_floor_pair (const BenchWork *work);
double bench_work_floor_batch (const BenchWork *work);
double bench_work_floor_churn (const BenchWork *work);
double bench_work_refill_each (const BenchWork *work);
double bench_work_refill_all (const BenchWork *work);
double bench_work_own_pool (const BenchWork *work);
double bench_work_pools_1 (const BenchWork *work);
double bench_work_pools_64 (const BenchWork *work);
double bench_work_pool_life (const BenchWork *work);
double bench_work_alloc0 (const BenchWork *work);
double bench_work_alloc_memset (const BenchWork *work);
double bench_work_singles (const BenchWork *work);
double bench_work_many (const BenchWork *work);
double bench_work_construct (const BenchWork *work);
double bench_work_construct_active (const BenchWork *work);
double bench_work_boxed (const BenchWork *work);
double bench_work_boxed_active (const BenchWork *work);
double bench_work_box (const BenchWork *work);
double bench_work_box_active (const BenchWork *work);
double bench_work_handle (const BenchWork *work);

/* Prints what is resident, phase by phase. A line for each sample has the phase, the nanoseconds
 * since the start, and by how many KiB the process has grown since then. The budget is the time to
 * be idle for. Returns FALSE if the system does not tell. */
gboolean bench_work_follow_memory (const BenchWork *work);

/* Does operations for some microseconds, next to which asking for the time is nothing, and returns
 * how many. */
typedef guint64 (*BenchPass) (gpointer state);

/* What most of them do. */
#define BENCH_OPERATIONS_PER_PASS 5000

/* The time that this thread has been on a processor. Work of one thread never waits, so that on an
 * idle machine this is the time that passes; on a busy one others' turns are left out. It takes
 * longer to ask for than bench_now (). */
gint64 bench_own_time (void);

/* Passes until the budget is used up, after some that do not count. Returns what an operation costs
 * in nanoseconds of this thread's own time. If there is a number of passes, these are all that is
 * done, and what is returned is how many operations that were. */
double bench_measure (BenchPass pass, gpointer state, const BenchWork *work);

/* The same in several threads at once, each with its own of the states. Returns the mean of what an
 * operation costs in each thread, in time that passes: waiting for each other's locks counts. */
double bench_measure_threads (BenchPass pass, gpointer *states, guint n_threads, gint64 budget);

/* Zeroed memory that is not of the allocator that is measured, and is resident already. */
gpointer bench_pages (gsize n_bytes);

/* Kibibytes of this process that are in memory, or a negative number if the system does not tell.
 * It is asked without the allocator that is measured. */
long bench_resident (void);

/* A random number below @limit. The state must not be 0. */
static inline gsize
bench_random_below (guint64 *state, gsize limit)
{
  guint64 x = *state;

  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;

  return (gsize) ((((x * G_GUINT64_CONSTANT (0x2545F4914F6CDD1D)) >> 32) * (guint64) limit) >> 32);
}

/* Blocks of which random ones are replaced. */
typedef struct {
  gpointer *blocks;
  gsize n_blocks;
  guint64 random;
} BenchLive;

/* On pages of its own: what other threads write shall not slow it down. Without blocks as yet. */
BenchLive *bench_live_new (gsize n_blocks, guint seed);
/* Each place of the array gets a block. */
void bench_live_fill (BenchLive *self);
/* A BenchPass, on a BenchLive that is full. */
guint64 bench_live_replace (gpointer state);

/* Takes @n_blocks, and gives them back in random order: from then on a pool's free blocks lie as
 * they do in a program that has run for a while. */
void bench_shuffle_pool (gsize n_blocks);
void bench_shuffle (gpointer *blocks, gsize n_blocks);

G_END_DECLS
