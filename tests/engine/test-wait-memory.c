/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waiting while the system has no memory. The code is run here as in test-wait-model.c, piece by piece. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"

static gint64 now;

#define FSMM_WAIT_NOW() now
#define FSMM_WAIT_DOES(step) TRUE

#undef G_LOG_DOMAIN
#include "fsmm-glib/engine/heap/fsmm-heap-wait.c"

/* What a thread does that does not sleep. */
static gboolean
look (FsmmStore *store, FsmmWait *wait)
{
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gboolean is_over;

  fsmm_heap_lock (store);
  is_over = step_once (store, wait, -1, &deferred);
  fsmm_heap_unlock_and_finish (store, &deferred);

  return is_over;
}

static gboolean
look_without_memory (FsmmStore *store, FsmmWait *wait)
{
  gboolean is_over;

  fsmm_system_fail_nth (1);
  is_over = look (store, wait);
  g_assert_true (fsmm_system_fail_none ());

  return is_over;
}

static FsmmPool *
new_pool_with_full_chunk (gpointer blocks[16])
{
  FsmmPool *pool = fsmm_pool_new_full ("test", 64, 0, 1024, 100, NULL);

  g_assert_true (fsmm_pool_alloc_many (pool, 16, blocks, NULL));
  fsmm_test_assert_counts (pool, 16, 1);

  return pool;
}

static void
wait_without_memory (FsmmPool *pool, FsmmWait *wait)
{
  fsmm_heap_wait_init (wait, &pool->store, 0, NULL);
  g_assert_cmpint (fsmm_heap_wait_begin (&pool->store, wait), ==, FSMM_ALLOC_OK);
  g_assert_cmpint (wait->waiter.state, ==, FSMM_WAITER_WOKEN);
  g_assert_false (look_without_memory (&pool->store, wait));
  g_assert_cmpint (wait->waiter.state, ==, FSMM_WAITER_ASLEEP);
}

static void
assert_served (FsmmPool *pool, FsmmWait *wait)
{
  g_assert_cmpint (wait->waiter.state, ==, FSMM_WAITER_WOKEN);
  g_assert_true (look (&pool->store, wait));
  g_assert_cmpint (wait->result, ==, FSMM_ALLOC_OK);
  g_assert_true (fsmm_heap_publish (&pool->store, &wait->claim, FSMM_STATE_LIVE));
  fsmm_test_free (pool, wait->claim.block);
  fsmm_heap_wait_clear (wait);
}

/* A block that is freed will do. */
static void
test_no_memory_until_a_free (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_pool_with_full_chunk (blocks);
  FsmmWait wait;

  wait_without_memory (pool, &wait);
  fsmm_test_free (pool, blocks[3]);
  assert_served (pool, &wait);
}

/* So will memory, which comes back without a word: it is looked for from time to time, and when somebody
 * else gets a chunk. */
static void
test_no_memory_until_there_is (void)
{
  gpointer blocks[16];
  g_autoptr (FsmmPool) pool = new_pool_with_full_chunk (blocks);
  FsmmWait wait;

  now = g_get_monotonic_time ();
  wait_without_memory (pool, &wait);
  g_assert_cmpint (get_end_of_sleep (&pool->store, -1), ==, now + MEMORY_INTERVAL);
  g_assert_cmpint (get_end_of_sleep (&pool->store, now + 5), ==, now + 5);
  fsmm_lock (pool->store.lock);
  sleep_until_woken (&pool->store, &wait, now + 1000);
  fsmm_unlock (pool->store.lock);
  g_assert_false (look (&pool->store, &wait));
  assert_served (pool, &wait);

  for (guint i = 0; i < 16; i++)
    fsmm_test_alloc (pool);
  wait_without_memory (pool, &wait);
  fsmm_test_alloc (pool);
  assert_served (pool, &wait);
}

/* There is nothing to wait for. */
static void
test_no_memory_and_no_block (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 100, NULL);
  FsmmWait wait;

  fsmm_heap_wait_init (&wait, &pool->store, 0, NULL);
  g_assert_cmpint (fsmm_heap_wait_begin (&pool->store, &wait), ==, FSMM_ALLOC_OK);
  g_assert_true (look_without_memory (&pool->store, &wait));
  g_assert_cmpint (wait.result, ==, FSMM_ALLOC_NO_MEMORY);
  fsmm_heap_wait_clear (&wait);
  g_assert_cmpuint (fsmm_heap_count_waiting (&pool->store), ==, 0);
}

/* Not even for the queue. */
static void
test_no_memory_to_wait (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("test", 64, 0, 1024, 1, NULL);
  gpointer block = fsmm_test_alloc (pool);
  FsmmWait wait;

  fsmm_heap_wait_init (&wait, &pool->store, 0, NULL);
  fsmm_system_fail_nth (1);
  g_assert_cmpint (fsmm_heap_wait (&pool->store, &wait, -1), ==, FSMM_ALLOC_NO_MEMORY);
  g_assert_true (fsmm_system_fail_none ());
  fsmm_heap_wait_clear (&wait);
  fsmm_test_free (pool, block);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wait-memory/until-a-free", test_no_memory_until_a_free);
  g_test_add_func ("/wait-memory/until-there-is", test_no_memory_until_there_is);
  g_test_add_func ("/wait-memory/no-block", test_no_memory_and_no_block);
  g_test_add_func ("/wait-memory/to-wait", test_no_memory_to_wait);

  return g_test_run ();
}
