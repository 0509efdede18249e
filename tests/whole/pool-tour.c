/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pool-tour.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK_SIZE ((gsize) 1024)
/* Resident memory that is not of pools. */
#define SLACK ((gsize) 512 * 1024)
#define N_BLOCKS ((gsize) 24 * 1024)
#define N_MANY ((gsize) 500)

/* No call of the C library sets this one. */
#define SOME_ERRNO 4711

/* --- Blocks that are never handed out twice --- */

#define IN_USE ((guintptr) 0x5a17c0de)

Taken *
tour_take (FsmmPool *pool)
{
  Taken *block = fsmm_test_alloc (pool);

  g_assert_cmphex (__atomic_exchange_n (&block->cookie, IN_USE, __ATOMIC_RELAXED), !=, IN_USE);

  return block;
}

static void
end_use (Taken *block)
{
  g_assert_cmphex (__atomic_exchange_n (&block->cookie, 0, __ATOMIC_RELAXED), ==, IN_USE);
}

void
tour_give (FsmmPool *pool, Taken *block)
{
  end_use (block);
  errno = SOME_ERRNO;
  fsmm_test_free (pool, block);
  g_assert_cmpint (errno, ==, SOME_ERRNO);
}

static void
assert_free_fails (FsmmPool *pool, gpointer block, FsmmError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_pool_free (pool, block, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
}

void
tour_refuse_misuse (FsmmPool *pool)
{
  Taken *block = tour_take (pool);
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);

  assert_free_fails (pool, (guint8 *) block + 1, FSMM_ERROR_INVALID_POINTER);
  tour_give (pool, block);
  assert_free_fails (pool, block, FSMM_ERROR_DOUBLE_FREE);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_allocated - 1);
}

/* --- Threads --- */

static void
clear_slots (Tour *self)
{
  for (guint i = 0; i < TOUR_N_SLOTS; i++)
    if (self->slots[i] != NULL)
      tour_give (self->shared, g_steal_pointer (&self->slots[i]));
}

static void
trade_once (Tour *self, gint slot)
{
  Taken *other = fsmm_test_swap (&self->slots[slot], tour_take (self->shared));

  if (other != NULL)
    tour_give (self->shared, other);
}

static gpointer
trade (gpointer data)
{
  Tour *self = data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  trade_once (self, 0);
  g_atomic_int_inc (&self->n_trading);
  while (!g_atomic_int_get (&self->is_over))
    trade_once (self, g_rand_int_range (rand, 0, TOUR_N_SLOTS));

  return NULL;
}

/* Whatever the C library needs for a new thread is there when this returns. */
void
tour_start_threads (Tour *self)
{
  for (guint i = 0; i < TOUR_N_THREADS; i++)
    self->threads[i] = g_thread_new ("trade", trade, self);
  while (g_atomic_int_get (&self->n_trading) < TOUR_N_THREADS)
    g_thread_yield ();
}

void
tour_stop_threads (Tour *self)
{
  g_atomic_int_set (&self->is_over, TRUE);
  for (guint i = 0; i < TOUR_N_THREADS; i++)
    g_thread_join (self->threads[i]);
  clear_slots (self);

  g_assert_cmpuint (fsmm_pool_get_n_allocated (self->shared), ==, 0);
  fsmm_test_assert_sound (self->shared);
}

/* Each time, all threads are stopped. */
static void
trim_while_they_trade (Tour *self)
{
  for (guint i = fsmm_test_rounds (200); i > 0; i--)
    {
      errno = SOME_ERRNO;
      fsmm_pool_trim (self->shared);
      g_assert_cmpint (errno, ==, SOME_ERRNO);
    }
}

/* --- One thread --- */

static void
take_and_free_many (FsmmPool *pool)
{
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);
  gpointer blocks[N_MANY];

  g_assert_true (fsmm_pool_alloc_many (pool, N_MANY, blocks, NULL));
  for (gsize i = 0; i < N_MANY; i++)
    ((Taken *) blocks[i])->cookie = IN_USE;
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_allocated + N_MANY);

  for (gsize i = 0; i < N_MANY; i++)
    end_use (blocks[i]);
  g_assert_true (fsmm_pool_free_many (pool, N_MANY, blocks, NULL));
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_allocated);
}

static gpointer
give_in_thread (gpointer data)
{
  gpointer *pair = data;

  tour_give (pair[0], pair[1]);

  return NULL;
}

/* What makes room again is freed by another thread, so that all are stopped to find it. */
static void
reach_a_limit (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("limited", 64, 0, 0, 50, NULL);
  g_autoptr (GError) error = NULL;
  gpointer blocks[50];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = tour_take (pool);
  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i += 10)
    {
      gpointer pair[] = { pool, blocks[i] };

      g_thread_join (g_thread_new ("free", give_in_thread, pair));
      blocks[i] = tour_take (pool);
      g_assert_null (fsmm_pool_alloc (pool, NULL));
    }

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    tour_give (pool, blocks[i]);
  fsmm_test_assert_counts (pool, 0, 1);
}

/* --- Trimming --- */

static gsize
count_resident_bytes (FsmmPool *pool)
{
  gsize page_size = pool->store.segments.page_size;
  gsize n_pages = fsmm_pool_get_chunk_bytes (pool) / page_size;
  g_autofree guint8 *pages = g_new0 (guint8, n_pages);
  gsize n_resident = 0;

  for (GList *l = pool->store.all.head; l != NULL; l = l->next)
    {
      g_assert_cmpint (mincore (((FsmmChunk *) l->data)->base, n_pages * page_size, pages), ==, 0);
      for (gsize i = 0; i < n_pages; i++)
        n_resident += pages[i] & 1;
    }

  return n_resident * page_size;
}

/* A pool has given back what it says. The chunk that was added last may not have been
 * written to yet. */
static void
assert_figures (Tour *self, gsize n_allocated)
{
  gsize reserved = fsmm_pool_get_reserved_bytes (self->pool);
  gsize resident = count_resident_bytes (self->pool);

  g_assert_cmpuint (fsmm_pool_get_n_allocated (self->pool), ==, n_allocated);
  g_assert_cmpuint (resident, <=, reserved);
  g_assert_cmpuint (reserved, <=, resident + fsmm_pool_get_chunk_bytes (self->pool));
  fsmm_test_assert_sound (self->pool);
}

/* What is free already is full of what was in it, unless the system has taken it. */
static void
fill_up (Tour *self)
{
  static const guint8 zeroes[BLOCK_SIZE];

  for (gsize i = 0; i < N_BLOCKS; i++)
    if (self->blocks[i] == NULL)
      {
        self->blocks[i] = fsmm_pool_alloc0 (self->pool, NULL);
        g_assert_nonnull (self->blocks[i]);
        g_assert_cmpmem (self->blocks[i], BLOCK_SIZE, zeroes, BLOCK_SIZE);
        memset (self->blocks[i], 0xee, BLOCK_SIZE);
        self->blocks[i]->cookie = IN_USE;
      }

  assert_figures (self, N_BLOCKS);
}

/* Some chunks become empty: those before the last ones, which have huge pages. Of the others, many
 * pages do. Returns how many blocks are left. */
static gsize
thin_out (Tour *self)
{
  gsize n_left = 0;

  for (gsize i = 0; i < N_BLOCKS; i++)
    if ((i < N_BLOCKS / 4 || i >= N_BLOCKS / 2) && i % 32 == 0)
      n_left++;
    else
      tour_give (self->pool, g_steal_pointer (&self->blocks[i]));

  return n_left;
}

static void
trim_and_fill_up (Tour *self, TourKeeps keeps)
{
  gsize n_left = thin_out (self);
  gsize reserved = fsmm_pool_get_reserved_bytes (self->pool);
  gsize n_chunks = fsmm_pool_get_n_chunks (self->pool);
  gsize resident = fsmm_test_resident_bytes ();
  gsize trimmed, chunks_removed;

  errno = SOME_ERRNO;
  trimmed = fsmm_pool_trim (self->pool);
  g_assert_cmpint (errno, ==, SOME_ERRNO);

  chunks_removed = n_chunks - fsmm_pool_get_n_chunks (self->pool);
  g_assert_cmpuint (chunks_removed, >, 0);
  g_assert_cmpuint (fsmm_pool_get_reserved_bytes (self->pool), ==, reserved - trimmed);
  if (keeps != TOUR_KEEPS_NOTHING)
    g_assert_cmpuint (trimmed, <=, chunks_removed * fsmm_pool_get_chunk_bytes (self->pool));
  if (keeps != TOUR_KEEPS_ALL && !fsmm_test_is_slow_environment ())
    g_assert_cmpuint (fsmm_test_resident_bytes (), <=, resident - trimmed + SLACK);
  assert_figures (self, n_left);

  fill_up (self);
}

/* --- Fork --- */

/* There is one thread here, and what the others had taken stays taken. */
static void
use_in_child (Tour *self)
{
  gsize n_allocated = fsmm_pool_get_n_allocated (self->shared);

  for (guint i = 0; i < 100; i++)
    {
      tour_refuse_misuse (self->shared);
      tour_give (self->pool, self->blocks[i]);
      self->blocks[i] = tour_take (self->pool);
    }
  fsmm_pool_trim (self->shared);

  assert_figures (self, N_BLOCKS);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (self->shared), ==, n_allocated);
  fsmm_test_assert_sound (self->shared);
}

static void
fork_while_they_trade (Tour *self)
{
  /* A sanitizer's own locks do not survive a fork () among threads. */
  for (guint i = fsmm_test_is_slow_environment () ? 0 : 5; i > 0; i--)
    {
      pid_t child = fsmm_test_fork ();
      int status;

      if (child == 0)
        {
          use_in_child (self);
          _exit (0);
        }

      g_assert_cmpint (waitpid (child, &status, 0), ==, child);
      g_assert_cmpint (status, ==, 0);
    }
}

/* --- All of it --- */

/* Before it is known which calls are refused, or after that. */
void
tour_begin (Tour *self)
{
  *self = (Tour){
    .pool = fsmm_test_pool_new_named ("large", BLOCK_SIZE, 0),
    .shared = fsmm_test_pool_new_named ("shared", 64, 1024),
    .blocks = g_new0 (Taken *, N_BLOCKS),
  };

  fill_up (self);
  tour_start_threads (self);
}

void
tour_go (Tour *self, TourKeeps keeps)
{
  trim_while_they_trade (self);
  fork_while_they_trade (self);

  tour_refuse_misuse (self->pool);
  take_and_free_many (self->pool);
  reach_a_limit ();
  trim_and_fill_up (self, keeps);
  trim_and_fill_up (self, keeps);

  fsmm_trim_all ();
  fsmm_test_assert_sound (self->shared);
}

/* All of its memory has been written to. */
static void
drop_pool (Tour *self, TourKeeps keeps)
{
  gsize resident = fsmm_test_resident_bytes ();

  errno = SOME_ERRNO;
  g_object_unref (self->pool);
  g_assert_cmpint (errno, ==, SOME_ERRNO);

  if (keeps != TOUR_KEEPS_ALL && !fsmm_test_is_slow_environment ())
    g_assert_cmpuint (fsmm_test_resident_bytes (), <, resident - N_BLOCKS * BLOCK_SIZE / 2);
}

void
tour_end (Tour *self, TourKeeps keeps)
{
  tour_stop_threads (self);
  g_object_unref (self->shared);

  errno = SOME_ERRNO;
  g_assert_cmpuint (fsmm_pool_free_all (self->pool), ==, N_BLOCKS);
  g_assert_cmpint (errno, ==, SOME_ERRNO);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (self->pool), ==, 0);
  memset (self->blocks, 0, N_BLOCKS * sizeof *self->blocks);
  fill_up (self);

  drop_pool (self, keeps);
  g_free (self->blocks);
}
