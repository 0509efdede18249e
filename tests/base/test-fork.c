/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A child process has the pools of its parent as they were, and one thread: whatever the others
 * were doing at that moment, it can use them at once. At certain moments of theirs, that is in
 * test-fork-moments.c. */

#include "crowd.h"

/* Two threads do one thing each. */
typedef struct {
  void (*one) (Crowd *crowd);
  void (*two) (Crowd *crowd);
} Pair;

static const Pair pairs[] = {
  { use_blocks, use_stores },
  { use_many, use_room },
  { use_handles, use_room },
  { use_instances, use_boxes },
  { use_room, use_room },
};

typedef struct {
  Crowd *crowd;
  void (*use) (Crowd *crowd);
} Worker;

static gpointer
work_until_told (gpointer data)
{
  const Worker *worker = data;

  while (!g_atomic_int_get (&worker->crowd->stop))
    worker->use (worker->crowd);

  return NULL;
}

static void
test_while_others_are_inside (gconstpointer data)
{
  const Pair *pair = data;
  Crowd crowd;
  Worker workers[] = { { &crowd, pair->one }, { &crowd, pair->two } };
  GThread *threads[2];

  crowd_init (&crowd, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("work", work_until_told, &workers[i]);

  for (guint i = fsmm_test_rounds (60); i > 0; i--)
    run_in_child (use_all_in_child, &crowd);

  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  crowd_clear (&crowd);
}

static void
count_block (gpointer block, gpointer user_data)
{
  gsize *n_blocks = user_data;

  (*n_blocks)++;
}

/* A block that another thread was just about to put into its cache, or to take out, is nowhere
 * else. */
static int
count_blocks_in_child (gpointer data)
{
  Crowd *crowd = data;
  gsize n_blocks = 0;

  fsmm_pool_foreach (crowd->pool, count_block, &n_blocks);
  if (n_blocks != fsmm_pool_get_n_allocated (crowd->pool))
    return 1;

  return fsmm_heap_find_fault (&crowd->pool->store) == NULL ? 0 : 2;
}

static void
test_nothing_is_lost (void)
{
  Crowd crowd;
  Worker worker = { &crowd, use_blocks };
  GThread *threads[2];

  crowd_init (&crowd, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("work", work_until_told, &worker);

  for (guint i = fsmm_test_rounds (400); i > 0; i--)
    run_in_child (count_blocks_in_child, &crowd);

  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  crowd_clear (&crowd);
}

static gpointer
peek_until_told (gpointer data)
{
  Crowd *crowd = data;

  while (!g_atomic_int_get (&crowd->stop))
    use_boxes (crowd);

  return NULL;
}

static int
peek_in_child (gpointer box)
{
  return fsmm_box_peek (box, NULL) != NULL ? 0 : 1;
}

/* The first look into a box takes a lock that is not a pool's. */
static void
test_while_others_peek (void)
{
  Crowd crowd;
  GThread *threads[2];

  crowd_init (&crowd, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("peek", peek_until_told, &crowd);

  for (guint i = fsmm_test_rounds (200); i > 0; i--)
    {
      FsmmBox *box = fsmm_typed_pool_alloc (crowd.typed, NULL);

      run_in_child (peek_in_child, box);
      fsmm_box_unref (box);
    }

  g_atomic_int_set (&crowd.stop, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  crowd_clear (&crowd);
}

int
main (int argc, char *argv[])
{
  static const char *const paths[G_N_ELEMENTS (pairs)] = {
    "/fork/while-others-take-and-make-stores", "/fork/while-others-take-many-and-trim",
    "/fork/while-others-use-handles-and-trim", "/fork/while-others-make-instances-and-boxes",
    "/fork/while-others-trim",
  };

  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    g_test_add_data_func (paths[i], &pairs[i], test_while_others_are_inside);
  g_test_add_func ("/fork/nothing-is-lost", test_nothing_is_lost);
  g_test_add_func ("/fork/while-others-peek", test_while_others_peek);

  return g_test_run ();
}
