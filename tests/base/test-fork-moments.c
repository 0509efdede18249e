/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread forks at a certain moment of another one, in a function of the user, or in a child. */

#include "crowd.h"

#include "fsmm-glib/base/fsmm-lock.h"

/* --- At a certain moment of another thread --- */

static int
drop_all_in_child (gpointer data)
{
  Crowd *crowd = data;

  fsmm_block_unref (crowd->handle);
  fsmm_pool_free_all (crowd->pool);
  fsmm_test_assert_sound (crowd->pool);
  g_object_unref (crowd->pool);

  return 0;
}

/* A thread that reads at the moment of a fork () never comes to the end of that in the child. */
static void
test_while_another_reads (void)
{
  Crowd crowd;
  FsmmChunk *pinned;

  crowd_init (&crowd, 0);
  pinned = fsmm_heap_pin (&crowd.pool->store, fsmm_block_get_address (crowd.handle),
                           crowd.pool->store.epoch);
  run_in_child (drop_all_in_child, &crowd);
  fsmm_heap_unpin (&crowd.pool->store, pinned);
  crowd_clear (&crowd);
}

static gint is_inside; /* (atomic) */
static gint may_leave; /* (atomic) */

static void
wait_inside (void)
{
  crowd_on_init = crowd_on_clear = NULL;
  ANNOTATE_HAPPENS_BEFORE (&is_inside);
  g_atomic_int_set (&is_inside, TRUE);
  while (!g_atomic_int_get (&may_leave))
    g_usleep (20);
}

static gpointer
construct_slowly (gpointer data)
{
  Crowd *crowd = data;

  crowd_on_init = wait_inside;
  fsmm_test_destroy (crowd->typed, fsmm_test_construct (crowd->typed));

  return NULL;
}

static gpointer
destroy_slowly (gpointer data)
{
  Crowd *crowd = data;
  gpointer instance = fsmm_test_construct (crowd->typed);

  crowd_on_clear = wait_inside;
  fsmm_test_destroy (crowd->typed, instance);

  return NULL;
}

/* What it drops is what was there, and so has to be made anew for the end. */
static gpointer
drop_slowly (gpointer data)
{
  Crowd *crowd = data;

  crowd_on_clear = wait_inside;
  g_assert_cmpuint (fsmm_typed_pool_free_all (crowd->typed), ==, 1);
  crowd->instance = fsmm_test_construct (crowd->typed);

  return NULL;
}

/* What the other thread was in the middle of stays unfinished, and is in no call's way. */
static int
use_pool_beside_a_ghost (gpointer data)
{
  Crowd *crowd = data;
  FsmmPool *raw = fsmm_typed_pool_get_pool (crowd->typed);
  gpointer instances[100];

  if (fsmm_heap_find_fault (&raw->store) != NULL)
    return 1;
  for (guint i = 0; i < G_N_ELEMENTS (instances); i++)
    instances[i] = fsmm_test_construct (crowd->typed);
  for (guint i = 0; i < G_N_ELEMENTS (instances); i++)
    if (!fsmm_typed_pool_destroy (crowd->typed, instances[i], NULL))
      return 2;

  fsmm_typed_pool_free_all (crowd->typed);
  fsmm_test_construct (crowd->typed);
  if (fsmm_typed_pool_free_all (crowd->typed) != 1)
    return 3;
  fsmm_pool_trim (raw);
  if (fsmm_heap_find_fault (&raw->store) != NULL)
    return 4;
  g_object_unref (crowd->typed);

  return 0;
}

static void
test_while_another_is_in_a_user_function (gconstpointer data)
{
  GThreadFunc slowly = (GThreadFunc) data;
  Crowd crowd;
  GThread *thread;

  crowd_init (&crowd, 0);
  is_inside = may_leave = FALSE;
  thread = g_thread_new ("slow", slowly, &crowd);
  while (!g_atomic_int_get (&is_inside))
    g_usleep (20);
  ANNOTATE_HAPPENS_AFTER (&is_inside);

  run_in_child (use_pool_beside_a_ghost, &crowd);

  g_atomic_int_set (&may_leave, TRUE);
  g_thread_join (thread);
  crowd_clear (&crowd);
}

/* --- Who forks, and how often --- */

static int
fork_again (gpointer data)
{
  use_blocks (data);
  run_in_child (use_all_in_child, data);

  return use_all_in_child (data);
}

static void
test_children_of_children (void)
{
  Crowd crowd;

  crowd_init (&crowd, 0);
  run_in_child (fork_again, &crowd);
  crowd_clear (&crowd);
}

static Crowd *forking_crowd;

/* Both processes come out of the function, and go on. */
static void
fork_inside (void)
{
  crowd_on_init = crowd_on_clear = NULL;
  run_in_child (use_all_in_child, forking_crowd);
}

static void
test_in_a_user_function (void)
{
  Crowd crowd;
  gpointer instance;

  crowd_init (&crowd, 0);
  forking_crowd = &crowd;

  crowd_on_init = fork_inside;
  instance = fsmm_test_construct (crowd.typed);
  crowd_on_clear = fork_inside;
  fsmm_test_destroy (crowd.typed, instance);
  crowd_on_clear = fork_inside;
  g_assert_cmpuint (fsmm_typed_pool_free_all (crowd.typed), ==, 1);

  crowd.instance = fsmm_test_construct (crowd.typed);
  crowd_clear (&crowd);
}

#define LIMIT 100

/* What lies in the cache of a thread that is not there any more can be taken: no block is
 * refused. */
static int
take_up_to_the_limit (gpointer data)
{
  Crowd *crowd = data;

  while (fsmm_pool_get_n_allocated (crowd->pool) < LIMIT)
    if (fsmm_pool_alloc (crowd->pool, NULL) == NULL)
      return 1;
  if (fsmm_pool_alloc (crowd->pool, NULL) != NULL)
    return 2;

  return fsmm_test_count_caches (crowd->pool) == 1 ? 0 : 3;
}

static gpointer
fork_from_thread (gpointer data)
{
  use_blocks (data);
  run_in_child (take_up_to_the_limit, data);
  use_blocks (data);

  return NULL;
}

static void
test_from_another_thread (void)
{
  Crowd crowd;
  gpointer blocks[LIMIT - 10];

  crowd_init (&crowd, LIMIT);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_alloc (crowd.pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_free (crowd.pool, blocks[i]);

  g_thread_join (g_thread_new ("fork", fork_from_thread, &crowd));
  g_assert_cmpint (take_up_to_the_limit (&crowd), ==, 0);
  fsmm_pool_free_all (crowd.pool);
  crowd.block = fsmm_test_alloc (crowd.pool);
  crowd_clear (&crowd);
}

int
main (int argc, char *argv[])
{
  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/fork/while-another-reads", test_while_another_reads);
  g_test_add_data_func ("/fork/while-another-constructs", construct_slowly,
                        test_while_another_is_in_a_user_function);
  g_test_add_data_func ("/fork/while-another-destroys", destroy_slowly,
                        test_while_another_is_in_a_user_function);
  g_test_add_data_func ("/fork/while-another-drops-all", drop_slowly,
                        test_while_another_is_in_a_user_function);
  g_test_add_func ("/fork/children-of-children", test_children_of_children);
  g_test_add_func ("/fork/in-a-user-function", test_in_a_user_function);
  if (has_caches)
    g_test_add_func ("/fork/from-another-thread", test_from_another_thread);

  return g_test_run ();
}
