/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Threads that wait for a block. All orders of what can happen: tests/engine/test-wait-model.c. */

#include "fsmm-test.h"

#include <gio/gio.h>

#define SECOND G_USEC_PER_SEC

static FsmmPool *
new_pool (gsize max_blocks)
{
  return fsmm_pool_new_full ("jobs", 64, 0, 1024, max_blocks, NULL);
}

/* --- A thread that waits --- */

typedef struct {
  FsmmPool *pool;
  gint64 timeout_us;
  GCancellable *cancellable;
  GThread *thread;
  gpointer block;
  GError *error;
  gint64 took; /* microseconds */
} Sleeper;

static gpointer
sleep_for_block (gpointer data)
{
  Sleeper *self = data;
  gint64 start = g_get_monotonic_time ();

  self->block = fsmm_pool_alloc_wait (self->pool, self->timeout_us, self->cancellable, &self->error);
  self->took = g_get_monotonic_time () - start;

  return NULL;
}

static void
wait_until_waiting (FsmmPool *pool, guint n)
{
  while (fsmm_pool_get_n_waiting (pool) != n)
    g_usleep (100);
}

static void
start (Sleeper *self, FsmmPool *pool, gint64 timeout_us, GCancellable *cancellable)
{
  guint n_waiting = fsmm_pool_get_n_waiting (pool);

  *self = (Sleeper) { .pool = pool, .timeout_us = timeout_us, .cancellable = cancellable };
  self->thread = g_thread_new ("sleeper", sleep_for_block, self);
  wait_until_waiting (pool, n_waiting + 1);
}

static void
join_served (Sleeper *self)
{
  g_thread_join (self->thread);
  g_assert_no_error (self->error);
  g_assert_nonnull (self->block);
}

static void
join_refused (Sleeper *self, GQuark domain, gint code)
{
  g_thread_join (self->thread);
  g_assert_null (self->block);
  g_assert_error (self->error, domain, code);
  g_clear_error (&self->error);
}

/* --- What makes room --- */

static void
test_room (void)
{
  g_autoptr (FsmmPool) pool = new_pool (2);
  gpointer block = fsmm_pool_alloc_wait (pool, 0, NULL, NULL);

  g_assert_nonnull (block);
  fsmm_test_free (pool, block);
  block = fsmm_pool_alloc_wait (pool, -1, NULL, NULL);
  g_assert_nonnull (block);
  fsmm_test_free (pool, block);
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_free (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  gpointer block = fsmm_test_alloc (pool);
  Sleeper sleeper;

  start (&sleeper, pool, -1, NULL);
  fsmm_test_free (pool, block);
  join_served (&sleeper);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 1);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
  fsmm_test_free (pool, sleeper.block);
  fsmm_test_assert_sound (pool);
}

/* Each block that comes free goes to one, in the order in which they came. */
static void
test_many (void)
{
  g_autoptr (FsmmPool) pool = new_pool (3);
  gpointer blocks[3];
  Sleeper sleepers[5];

  g_assert_true (fsmm_pool_alloc_many (pool, 3, blocks, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
    start (&sleepers[i], pool, -1, NULL);

  g_usleep (5000);
  g_assert_true (fsmm_pool_free_many (pool, 3, blocks, NULL));
  for (guint i = 0; i < 3; i++)
    join_served (&sleepers[i]);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 2);

  for (guint i = 0; i < 2; i++)
    {
      fsmm_test_free (pool, sleepers[i].block);
      join_served (&sleepers[3 + i]);
    }
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 3);
  fsmm_pool_free_all (pool);
}

static void
test_free_all (void)
{
  g_autoptr (FsmmPool) pool = new_pool (2);
  Sleeper sleepers[3];

  fsmm_test_alloc (pool);
  fsmm_test_alloc (pool);
  for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
    start (&sleepers[i], pool, -1, NULL);

  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 2);
  for (guint i = 0; i < 2; i++)
    join_served (&sleepers[i]);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 1);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 2);
  join_served (&sleepers[2]);
  fsmm_pool_free_all (pool);
  fsmm_test_assert_sound (pool);
}

static void
test_limit_is_raised (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  Sleeper sleepers[3];

  fsmm_test_alloc (pool);
  for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
    start (&sleepers[i], pool, -1, NULL);

  fsmm_pool_set_max_blocks (pool, 3);
  wait_until_waiting (pool, 1);
  g_object_set (pool, "max-blocks", (guint64) 0, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sleepers); i++)
    join_served (&sleepers[i]);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 4);
  fsmm_test_assert_sound (pool);
}

/* More are live than may be: none is handed out until so many have been freed. */
static void
test_limit_is_lowered (void)
{
  g_autoptr (FsmmPool) pool = new_pool (0);
  g_autoptr (GError) error = NULL;
  gpointer blocks[6];
  Sleeper sleeper;

  g_assert_true (fsmm_pool_alloc_many (pool, 6, blocks, NULL));
  fsmm_pool_set_max_blocks (pool, 2);
  g_assert_cmpuint (fsmm_pool_get_max_blocks (pool), ==, 2);
  g_assert_null (fsmm_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_nonnull (strstr (error->message, "max-blocks is 2, and 6 are live"));
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool), ==, 6);
  fsmm_test_assert_sound (pool);

  start (&sleeper, pool, -1, NULL);
  for (guint i = 0; i < 4; i++)
    fsmm_test_free (pool, blocks[i]);
  g_usleep (2000);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 1);
  fsmm_test_free (pool, blocks[4]);
  join_served (&sleeper);
  g_assert_null (fsmm_pool_alloc (pool, NULL));
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 2);
  fsmm_test_assert_sound (pool);
}

static void
count_notified (guint *n)
{
  (*n)++;
}

static void
test_notify (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  guint n_notified = 0;

  g_signal_connect_swapped (pool, "notify::max-blocks", G_CALLBACK (count_notified), &n_notified);
  g_signal_connect_swapped (pool, "notify::flushing", G_CALLBACK (count_notified), &n_notified);
  fsmm_pool_set_max_blocks (pool, 1);
  fsmm_pool_set_flushing (pool, FALSE);
  g_assert_cmpuint (n_notified, ==, 0);
  fsmm_pool_set_max_blocks (pool, 2);
  fsmm_pool_set_flushing (pool, 5);
  g_assert_cmpuint (n_notified, ==, 2);
  g_assert_true (fsmm_pool_get_flushing (pool));
}

/* --- What ends a wait --- */

static void
test_time_is_over (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  gpointer block = fsmm_test_alloc (pool);
  g_autoptr (GError) error = NULL;
  Sleeper other;
  gint64 start_time;

  start (&other, pool, -1, NULL);
  start_time = g_get_monotonic_time ();
  g_assert_null (fsmm_pool_alloc_wait (pool, 20000, NULL, &error));
  g_assert_cmpint (g_get_monotonic_time () - start_time, >=, 20000);
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "pool \"jobs\""));
  g_assert_nonnull (strstr (error->message, "within 0.02 s"));
  g_assert_nonnull (strstr (error->message, "1 are live of at most 1, and 1 other waits"));
  g_clear_error (&error);

  g_assert_null (fsmm_pool_alloc_wait (pool, 0, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 1);

  fsmm_test_free (pool, block);
  join_served (&other);
}

static void
test_cancelled (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gpointer block = fsmm_test_alloc (pool);
  g_autoptr (GError) error = NULL;
  Sleeper sleeper;

  start (&sleeper, pool, -1, cancellable);
  g_cancellable_cancel (cancellable);
  join_refused (&sleeper, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);

  /* Before there is anything to wait for. */
  fsmm_test_free (pool, block);
  g_assert_null (fsmm_pool_alloc_wait (pool, -1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fsmm_test_assert_counts (pool, 0, 1);
}

static void
test_flushing (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  gpointer block = fsmm_test_alloc (pool);
  g_autoptr (GError) error = NULL;
  Sleeper sleepers[2];

  for (guint i = 0; i < 2; i++)
    start (&sleepers[i], pool, -1, NULL);
  fsmm_pool_set_flushing (pool, TRUE);
  for (guint i = 0; i < 2; i++)
    join_refused (&sleepers[i], FSMM_ERROR, FSMM_ERROR_CLOSED);

  /* Also where there is room, but not for what does not wait. */
  fsmm_test_free (pool, block);
  g_assert_null (fsmm_pool_alloc_wait (pool, -1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_CLOSED);
  g_assert_nonnull (strstr (error->message, "flushing"));
  fsmm_test_free (pool, fsmm_test_alloc (pool));

  fsmm_pool_set_flushing (pool, FALSE);
  block = fsmm_pool_alloc_wait (pool, -1, NULL, NULL);
  g_assert_nonnull (block);
  fsmm_test_free (pool, block);
}

/* A resource must not be lost to one whose time is over, whatever comes first. */
static void
test_no_block_is_lost (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);

  for (guint i = fsmm_test_rounds (300); i > 0; i--)
    {
      gpointer block = fsmm_test_alloc (pool);
      Sleeper sleeper = { .pool = pool, .timeout_us = 200 };

      sleeper.thread = g_thread_new ("sleeper", sleep_for_block, &sleeper);
      g_usleep (g_random_int_range (0, 400));
      fsmm_test_free (pool, block);
      g_thread_join (sleeper.thread);
      g_clear_error (&sleeper.error);
      if (sleeper.block != NULL)
        fsmm_test_free (pool, sleeper.block);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
      g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
    }
  fsmm_test_assert_sound (pool);
}

/* --- Many threads --- */

typedef struct {
  FsmmPool *pool;
  guint n_rounds;
  gint n_at_once; /* (atomic) */
  gint most;      /* (atomic) */
} Crowd;

static gpointer
take_and_give (gpointer data)
{
  Crowd *crowd = data;

  for (guint i = 0; i < crowd->n_rounds; i++)
    {
      gpointer block = fsmm_pool_alloc_wait (crowd->pool, -1, NULL, NULL);
      gint n = g_atomic_int_add (&crowd->n_at_once, 1) + 1;
      gint most = g_atomic_int_get (&crowd->most);

      g_assert_nonnull (block);
      while (n > most && !g_atomic_int_compare_and_exchange (&crowd->most, most, n))
        most = g_atomic_int_get (&crowd->most);
      if (i % 64 == 0)
        g_usleep (50);
      g_atomic_int_add (&crowd->n_at_once, -1);
      fsmm_test_free (crowd->pool, block);
    }

  return NULL;
}

static void
run_crowd (guint n_threads, guint n_blocks, guint n_rounds)
{
  g_autoptr (FsmmPool) pool = new_pool (n_blocks);
  g_autofree GThread **threads = g_new (GThread *, n_threads);
  Crowd crowd = { pool, n_rounds, 0, 0 };

  for (guint i = 0; i < n_threads; i++)
    threads[i] = g_thread_new ("crowd", take_and_give, &crowd);
  for (guint i = 0; i < n_threads; i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (crowd.most, <=, (gint) n_blocks);
  g_assert_cmpuint (fsmm_pool_get_n_waiting (pool), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  fsmm_test_assert_sound (pool);
}

static void
test_six_threads_on_three (void)
{
  run_crowd (6, 3, fsmm_test_rounds (10000));
}

static void
test_two_hundred_threads (void)
{
  run_crowd (200, 2, fsmm_test_rounds (100));
}

static gpointer
barge (gpointer data)
{
  gpointer *arguments = data;

  while (!g_atomic_int_get ((gint *) arguments[1]))
    {
      gpointer block = fsmm_pool_alloc (arguments[0], NULL);

      if (block != NULL)
        fsmm_test_free (arguments[0], block);
    }

  return NULL;
}

/* Threads that never wait take each block at once: one that waits still gets one soon. */
static void
test_nobody_starves (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  gint is_over = FALSE;
  gpointer arguments[] = { pool, &is_over };
  GThread *threads[3];

  for (guint i = 0; i < 3; i++)
    threads[i] = g_thread_new ("barge", barge, arguments);
  for (guint i = 0; i < 20; i++)
    {
      gpointer block = fsmm_pool_alloc_wait (pool, 20 * SECOND, NULL, NULL);

      g_assert_nonnull (block);
      fsmm_test_free (pool, block);
    }
  g_atomic_int_set (&is_over, TRUE);
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
}

/* All who wait may be told that it is over while all blocks are dropped. */
static void
test_flush_during_free_all (void)
{
  g_autoptr (FsmmPool) pool = new_pool (2);

  for (guint i = fsmm_test_rounds (100); i > 0; i--)
    {
      Sleeper sleepers[3];

      fsmm_test_alloc (pool);
      fsmm_test_alloc (pool);
      for (guint k = 0; k < 3; k++)
        start (&sleepers[k], pool, -1, NULL);
      fsmm_pool_free_all (pool);
      fsmm_pool_set_flushing (pool, TRUE);
      for (guint k = 0; k < 3; k++)
        {
          g_thread_join (sleepers[k].thread);
          g_assert_true (sleepers[k].block != NULL ||
                         g_error_matches (sleepers[k].error, FSMM_ERROR, FSMM_ERROR_CLOSED));
          g_clear_error (&sleepers[k].error);
        }
      fsmm_pool_set_flushing (pool, FALSE);
      fsmm_pool_free_all (pool);
      fsmm_test_assert_sound (pool);
    }
}

/* --- What else there is --- */

static void
test_handle (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  g_autoptr (GError) error = NULL;
  FsmmBlock *first = fsmm_pool_acquire_wait (pool, -1, NULL, NULL);

  g_assert_nonnull (first);
  g_assert_null (fsmm_pool_acquire_wait (pool, 1000, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  memset (fsmm_block_get_address (first), 0xff, 64);
  fsmm_block_unref (first);

  first = fsmm_pool_acquire_wait (pool, 1000, NULL, NULL);
  for (guint i = 0; i < 64; i++)
    g_assert_cmphex (((guint8 *) fsmm_block_get_address (first))[i], ==, 0);
  fsmm_block_unref (first);
}

/* A thread that waits keeps the pool alive. */
static void
test_keeps_the_pool (void)
{
  FsmmPool *pool = new_pool (1);
  Sleeper sleeper;

  fsmm_test_alloc (pool);
  g_object_add_weak_pointer (G_OBJECT (pool), (gpointer *) &pool);
  start (&sleeper, pool, 50000, NULL);
  g_object_unref (pool);
  g_assert_nonnull (pool);
  join_refused (&sleeper, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_null (pool);
}

static void
test_refused (void)
{
  g_autoptr (GError) error = NULL;
  FsmmPool *broken = g_object_new (FSMM_TYPE_POOL, "alloc-size", (guint64) 0, NULL);

  g_assert_null (fsmm_pool_alloc_wait (broken, -1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (fsmm_pool_acquire_wait (broken, -1, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  fsmm_pool_set_max_blocks (broken, 5);
  g_assert_null (fsmm_pool_alloc (broken, NULL));
  g_object_unref (broken);
}

/* Once nobody waits any more, threads have blocks of their own again. */
static void
test_back_to_normal (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  gpointer block = fsmm_test_alloc (pool);

  g_assert_null (fsmm_pool_alloc_wait (pool, 100, NULL, NULL));
  g_assert_true (pool->store.diverts);
  g_usleep (15000);
  fsmm_test_free (pool, block);
  for (guint i = 0; i < 10; i++)
    fsmm_test_free (pool, fsmm_test_alloc (pool));
  g_assert_false (pool->store.diverts);
  g_assert_cmpuint (pool->store.n_counted, <=, 1);
  fsmm_pool_set_max_blocks (pool, 0);
  block = fsmm_test_alloc (pool);
  g_assert_nonnull (fsmm_cache_enter_fast (pool->store.key));
  fsmm_reader_leave ();
  fsmm_test_free (pool, block);
}

static void
test_dump (void)
{
  g_autoptr (FsmmPool) pool = new_pool (1);
  gpointer block = fsmm_test_alloc (pool);
  g_autofree char *text = NULL;
  Sleeper sleeper;

  start (&sleeper, pool, -1, NULL);
  text = fsmm_pool_dump (pool);
  g_assert_nonnull (strstr (text, "1 waits for a block"));
  fsmm_test_free (pool, block);
  join_served (&sleeper);
}

int
main (int argc, char *argv[])
{
  gboolean wants_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait/room", test_room);
  g_test_add_func ("/wait/free", test_free);
  g_test_add_func ("/wait/many", test_many);
  g_test_add_func ("/wait/free-all", test_free_all);
  g_test_add_func ("/wait/limit-is-raised", test_limit_is_raised);
  g_test_add_func ("/wait/limit-is-lowered", test_limit_is_lowered);
  g_test_add_func ("/wait/notify", test_notify);
  g_test_add_func ("/wait/time-is-over", test_time_is_over);
  g_test_add_func ("/wait/cancelled", test_cancelled);
  g_test_add_func ("/wait/flushing", test_flushing);
  g_test_add_func ("/wait/no-block-is-lost", test_no_block_is_lost);
  g_test_add_func ("/wait/six-threads-on-three", test_six_threads_on_three);
  g_test_add_func ("/wait/two-hundred-threads", test_two_hundred_threads);
  g_test_add_func ("/wait/nobody-starves", test_nobody_starves);
  g_test_add_func ("/wait/flush-during-free-all", test_flush_during_free_all);
  g_test_add_func ("/wait/handle", test_handle);
  g_test_add_func ("/wait/keeps-the-pool", test_keeps_the_pool);
  g_test_add_func ("/wait/refused", test_refused);
  if (wants_caches)
    g_test_add_func ("/wait/back-to-normal", test_back_to_normal);
  g_test_add_func ("/wait/dump", test_dump);

  return g_test_run ();
}
