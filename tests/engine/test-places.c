/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which cache a thread finds, and when it must not use it. */

#include "other-thread.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <sys/wait.h>
#include <unistd.h>

/* --- Where a thread finds them --- */

#define N_STORES 520

static FsmmCache *
enter (FsmmPool *pool)
{
  FsmmCache *cache = fsmm_cache_enter (&pool->store);

  if (cache != NULL)
    fsmm_reader_leave ();

  return cache;
}

static FsmmCache *
enter_fast (FsmmPool *pool)
{
  FsmmCache *cache = fsmm_cache_enter_fast (pool->store.key);

  if (cache != NULL)
    fsmm_reader_leave ();

  return cache;
}

static gpointer
find_more_caches_than_places (gpointer data)
{
  FsmmPool **pools = data;

  for (guint i = 0; i < N_STORES; i++)
    fsmm_test_free (pools[i], fsmm_test_alloc (pools[i]));

  for (guint n = 0; n < 3; n++)
    for (guint i = 0; i < N_STORES; i++)
      {
        FsmmPool *pool = pools[(i * (n + 1) * 7) % N_STORES];

        g_assert_nonnull (get_own_cache (pool));
        g_assert_true (enter (pool) == get_own_cache (pool));
        g_assert_true (enter (pool)->store == &pool->store);
      }

  return NULL;
}

/* Two pools of which each has a place for itself if the second one goes to its other place. */
static gboolean
collide (FsmmPool *a, FsmmPool *b)
{
  gsize place = fsmm_cache_get_place (a->store.key);

  return a != b && fsmm_cache_get_place (b->store.key) == place &&
         fsmm_cache_get_other_place (b->store.key) != place;
}

/* Neither drives the other one out: both are found at once from then on. */
static void
assert_both_have_a_place (FsmmPool *a, FsmmPool *b)
{
  gsize first = fsmm_cache_get_place (a->store.key);
  gsize other = fsmm_cache_get_other_place (b->store.key);

  fsmm_test_free (a, fsmm_test_alloc (a));
  fsmm_test_free (b, fsmm_test_alloc (b));
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (enter_fast (a) == get_own_cache (a));
      g_assert_true (enter_fast (b) == get_own_cache (b));
      g_assert_true (fsmm_cache_get_at (first) == get_own_cache (a));
      g_assert_true (fsmm_cache_get_at (other) == get_own_cache (b));
    }
}

static gpointer
find_two_that_collide (gpointer data)
{
  FsmmPool **pools = data;

  for (guint i = 0; i < N_STORES; i++)
    for (guint j = 0; j < N_STORES; j++)
      if (collide (pools[i], pools[j]))
        {
          assert_both_have_a_place (pools[i], pools[j]);
          return NULL;
        }

  g_assert_not_reached ();
}

static void
run_with_pools (GThreadFunc func)
{
  FsmmPool *pools[N_STORES];

  G_STATIC_ASSERT (N_STORES > 2 * FSMM_INLINE_FIRST_PLACE);
  for (guint i = 0; i < N_STORES; i++)
    pools[i] = fsmm_test_pool_new (64, 1024);
  g_thread_join (g_thread_new ("places", func, pools));
  for (guint i = 0; i < N_STORES; i++)
    {
      fsmm_test_assert_sound (pools[i]);
      g_object_unref (pools[i]);
    }
}

static void
test_more_pools_than_places (void)
{
  run_with_pools (find_more_caches_than_places);
}

static void
test_two_that_collide (void)
{
  run_with_pools (find_two_that_collide);
}

/* --- Stopping --- */

static gpointer stopped_block;

static gpointer
enter_at_all (FsmmPool *pool)
{
  gpointer cache = enter (pool);

  g_assert_true (enter_fast (pool) == cache);
  g_assert_cmpint (fsmm_thread.front.busy, ==, 0);

  return cache;
}

static gpointer
try_to_free_stopped (FsmmPool *pool)
{
  return GINT_TO_POINTER (fsmm_heap_try_free_own (&pool->store, stopped_block));
}

/* Another thread can neither enter its cache nor free a block of its own while it is stopped, and
 * can do both as soon as it goes on. Its caches of other pools stay as they are. */
static void
test_stopped_caches_are_not_entered (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 256 * 1024);
  g_autoptr (FsmmPool) another = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;
  Other other;

  other_start (&other);
  stopped_block = other_call (&other, take_one, pool);
  other_call (&other, take_one, another);
  fsmm_test_alloc (pool);

  for (guint i = 0; i < 3; i++)
    {
      g_assert_nonnull (other_call (&other, enter_at_all, pool));
      fsmm_lock (store->lock);
      fsmm_store_stop (store);

      g_assert_null (other_call (&other, enter_at_all, pool));
      g_assert_null (other_call (&other, try_to_free_stopped, pool));
      g_assert_nonnull (other_call (&other, enter_at_all, another));
      g_assert_nonnull (enter (pool));

      fsmm_store_resume (store);
      fsmm_unlock (store->lock);
    }

  g_assert_nonnull (other_call (&other, try_to_free_stopped, pool));
  fsmm_test_assert_counts (pool, 1, 1);
  other_end (&other);
}

/* @expected is what is to be so in the child. */
static void
fork_and_wait (const gint *expected)
{
  pid_t child = fsmm_test_fork ();
  int status;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (expected == NULL || g_atomic_int_get (expected) ? 0 : 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

/* A process forks with the keys of all other threads taken away. Nobody gives them back: a thread gets
 * that of a cache when it has the lock for the first time. */
static void
test_keys_come_back_after_fork (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 256 * 1024);
  g_autoptr (FsmmPool) another = fsmm_test_pool_new (64, 0);
  gpointer cache;
  Other other;

  other_start (&other);
  stopped_block = other_call (&other, take_one, pool);
  other_call (&other, take_one, another);
  cache = other_call (&other, enter_at_all, pool);
  g_assert_nonnull (cache);

  for (guint i = 0; i < 3; i++)
    {
      fork_and_wait (NULL);
      g_assert_null (other_call (&other, enter_at_all, pool));
      g_assert_null (other_call (&other, try_to_free_stopped, pool));

      other_call (&other, take_one, pool);
      g_assert_true (other_call (&other, enter_at_all, pool) == cache);
      g_assert_null (other_call (&other, enter_at_all, another));
    }

  g_assert_nonnull (other_call (&other, try_to_free_stopped, pool));
  fsmm_test_assert_counts (pool, 3, 1);
  fsmm_pool_trim (another);
  g_assert_nonnull (other_call (&other, enter_at_all, another));
  other_end (&other);
}

static gint has_entered, has_left; /* (atomic) */

static gpointer
stay_for_a_while (FsmmPool *pool)
{
  g_assert_nonnull (fsmm_cache_enter (&pool->store));
  g_atomic_int_set (&has_entered, TRUE);
  g_usleep (20000);
  g_atomic_int_set (&has_left, TRUE);
  fsmm_reader_leave ();

  return NULL;
}

static gpointer
take_and_stay (gpointer pool)
{
  fsmm_test_alloc (pool);

  return stay_for_a_while (pool);
}

/* Who stops a thread waits until it is not busy any more. */
static void
test_stopping_waits (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &pool->store;

  for (guint i = 0; i < 5; i++)
    {
      GThread *thread;

      has_entered = has_left = FALSE;
      thread = g_thread_new ("stays", take_and_stay, pool);
      while (!g_atomic_int_get (&has_entered))
        g_usleep (20);

      fsmm_lock (store->lock);
      fsmm_store_stop (store);
      g_assert_true (g_atomic_int_get (&has_left));
      fsmm_store_resume (store);
      fsmm_unlock (store->lock);
      g_thread_join (thread);
    }
}

/* So does who forks: a block that is half taken would stay so in the child. */
static void
test_forking_waits (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  for (guint i = 0; i < 5; i++)
    {
      GThread *thread;

      has_entered = has_left = FALSE;
      thread = g_thread_new ("stays", take_and_stay, pool);
      while (!g_atomic_int_get (&has_entered))
        g_usleep (20);

      fork_and_wait (&has_left);
      g_thread_join (thread);
    }
}

/* --- Without the kernel's help --- */

static void
test_fenced_caches (void)
{
  gboolean was_symmetric = fsmm_barrier_is_symmetric;
  FsmmPool *pool;
  Other other;

  fsmm_barrier_is_symmetric = TRUE;
  pool = fsmm_test_pool_new (64, 1024);
  other_start (&other);

  for (guint i = 0; i < 20; i++)
    {
      other_call (&other, take_and_give_100, pool);
      g_assert_cmpuint (other_count_regions (&other, pool), >, 0);
      take_and_give_100 (pool);
      g_assert_null (enter_fast (pool));
      g_assert_nonnull (enter (pool));
      fsmm_pool_trim (pool);
      fsmm_test_assert_counts (pool, 0, 0);
    }

  other_end (&other);
  g_object_unref (pool);
  fsmm_barrier_is_symmetric = was_symmetric;
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/places/more-pools-than-places", test_more_pools_than_places);
  g_test_add_func ("/places/two-that-collide", test_two_that_collide);
  g_test_add_func ("/places/stopped", test_stopped_caches_are_not_entered);
  g_test_add_func ("/places/after-fork", test_keys_come_back_after_fork);
  g_test_add_func ("/places/stopping-waits", test_stopping_waits);
  g_test_add_func ("/places/forking-waits", test_forking_waits);
  g_test_add_func ("/places/fenced", test_fenced_caches);

  return g_test_run ();
}
