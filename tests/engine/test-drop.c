/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All blocks of a pool are being dropped, in steps or at once, while something else happens. */

#include "fsmm-test.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

/* What is left of them is neither idle nor in the way of what is taken meanwhile. */
static void
test_counts_while_all_are_dropped (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  FsmmHeapDrop drop;

  for (guint i = 0; i < 10; i++)
    fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_heap_drop_begin (&drop, store), ==, 10);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 0);
  for (guint i = 0; i < 3; i++)
    fsmm_test_alloc (pool);
  fsmm_test_assert_counts (pool, 13, 2);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 13);

  fsmm_heap_drop_end (&drop);
  fsmm_test_assert_counts (pool, 3, 1);
  g_assert_cmpuint (fsmm_pool_get_n_free (pool), ==, 13);
}

/* A block that the drop has claimed since another thread has seen that it is live is not that one's
 * to free. */
static void
test_drop_was_faster (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  FsmmDeferred deferred = FSMM_DEFERRED_INIT;
  gpointer block = fsmm_test_alloc (pool);
  FsmmHeapDrop drop;
  FsmmSlot slot;

  fsmm_heap_drop_begin (&drop, store);
  slot = fsmm_store_find (store, block);
  g_assert_true (fsmm_heap_drop_next (&drop) == block);

  fsmm_lock (store->lock);
  g_assert_false (fsmm_cache_free_locked (&store->common, slot, FSMM_STATE_LIVE, &deferred));
  fsmm_unlock (store->lock);
  g_assert_cmpuint (fsmm_state_get (slot.state), ==, FSMM_STATE_CLAIMED);

  g_assert_null (fsmm_heap_drop_next (&drop));
  fsmm_heap_drop_end (&drop);
  fsmm_test_assert_counts (pool, 0, 0);
}

/* Who has left a drop to another one finds nothing more to clear, also in the middle of a chunk. */
static void
test_drop_that_was_taken_over (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 65536);
  FsmmStore *store = &pool->store;
  FsmmHeapDrop drop;
  guint n_cleared = G_N_ELEMENTS (drop.cleared);

  for (guint i = 0; i < n_cleared + 36; i++)
    fsmm_test_alloc (pool);
  fsmm_heap_drop_begin (&drop, store);
  for (guint i = 0; i < n_cleared; i++)
    g_assert_nonnull (fsmm_heap_drop_next (&drop));
  fsmm_heap_abandon_drop (&(FsmmDropName){ fsmm_store_get_name (store), drop.id });
  g_assert_cmpuint (fsmm_heap_drop_all (store), ==, 36);

  g_assert_null (fsmm_heap_drop_next (&drop));
  fsmm_heap_drop_end (&drop);
  fsmm_test_assert_counts (pool, 0, 0);
}

/* Just the one that was left. */
static void
test_inner_drop_is_left (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  gpointer block = fsmm_test_alloc (pool);
  FsmmHeapDrop outer, inner;

  g_assert_cmpuint (fsmm_heap_drop_begin (&outer, store), ==, 1);
  fsmm_test_alloc (pool);
  g_assert_cmpuint (fsmm_heap_drop_begin (&inner, store), ==, 1);
  fsmm_heap_abandon_drop (&(FsmmDropName){ fsmm_store_get_name (store), inner.id });
  fsmm_heap_drop_end (&inner);
  g_assert_cmpuint (fsmm_heap_drop_all (store), ==, 0);

  g_assert_true (fsmm_heap_drop_next (&outer) == block);
  g_assert_null (fsmm_heap_drop_next (&outer));
  fsmm_heap_drop_end (&outer);
  fsmm_test_assert_counts (pool, 0, 0);
}

static guint n_released;

static void
note_released (gpointer owner)
{
  n_released++;
}

/* A store stays as long as it is being dropped, also when there is nothing left in it. */
static void
test_drop_keeps_the_store (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  FsmmHeapDrop drop;

  fsmm_heap_drop_begin (&drop, store);
  g_assert_true (fsmm_heap_outlive_pins (store, note_released));
  fsmm_heap_trim (store);
  g_assert_cmpuint (n_released, ==, 0);
  g_assert_null (fsmm_heap_drop_next (&drop));
  g_assert_cmpuint (n_released, ==, 0);
  fsmm_heap_drop_end (&drop);
  g_assert_cmpuint (n_released, ==, 1);
}

/* And as long as a chunk is pinned, by whomever. */
static void
test_pins_keep_the_store (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  gpointer block = fsmm_test_alloc (pool);
  FsmmChunk *chunk = fsmm_heap_pin (store, block, store->epoch);

  g_assert_true (fsmm_heap_pin (store, block, store->epoch) == chunk);
  g_assert_cmpuint (fsmm_heap_drop_all (store), ==, 1);
  n_released = 0;
  g_assert_true (fsmm_heap_outlive_pins (store, note_released));
  fsmm_heap_unpin (store, chunk);
  g_assert_cmpuint (n_released, ==, 0);
  fsmm_heap_unpin (store, chunk);
  g_assert_cmpuint (n_released, ==, 1);
}

/* In a child of fork (), a thread goes on with its own drop. */
static void
test_own_drop_is_not_abandoned (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 1024);
  FsmmStore *store = &pool->store;
  gpointer block = fsmm_test_alloc (pool);
  FsmmHeapDrop drop;

  g_assert_cmpuint (fsmm_heap_drop_begin (&drop, store), ==, 1);
  fsmm_lock (store->lock);
  fsmm_store_abandon_drops_of_others (store);
  fsmm_unlock (store->lock);

  g_assert_cmpuint (fsmm_heap_drop_all (store), ==, 0);
  g_assert_true (fsmm_heap_drop_next (&drop) == block);
  g_assert_null (fsmm_heap_drop_next (&drop));
  fsmm_heap_drop_end (&drop);
  fsmm_test_assert_counts (pool, 0, 0);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/drop/counts", test_counts_while_all_are_dropped);
  g_test_add_func ("/drop/was-faster", test_drop_was_faster);
  g_test_add_func ("/drop/was-taken-over", test_drop_that_was_taken_over);
  g_test_add_func ("/drop/inner-is-left", test_inner_drop_is_left);
  g_test_add_func ("/drop/keeps-the-store", test_drop_keeps_the_store);
  g_test_add_func ("/drop/pins-keep-the-store", test_pins_keep_the_store);
  g_test_add_func ("/drop/own-is-not-abandoned", test_own_drop_is_not_abandoned);

  return g_test_run ();
}
