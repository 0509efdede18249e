/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A clear function does not return while everything is dropped: the others are cleared all the same,
 * each once. */

#include "no-return-scene.h"

static void
do_free_all (void)
{
  fsmm_typed_pool_free_all (pool);
}

/* Further down the stack than what was left, so that its frames are not where those were. */
static G_GNUC_NO_INLINE gsize
free_all_deeper (void)
{
  volatile char bytes[8192];

  bytes[0] = 0;
  return fsmm_typed_pool_free_all (pool) + (gsize) bytes[0];
}

static void
test_free_all (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_free_all);
  g_assert_cmpuint (n_cleared, ==, 0);

  /* The next drop goes on with the others. */
  g_assert_cmpuint (free_all_deeper (), ==, N_ITEMS);
  assert_others_go_on ();
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  g_assert_false (has_box ());
  assert_can_be_emptied ();
  teardown (TRUE);
}

/* The clear function is left each time that it is called: each call gets one further. */
static void
test_free_all_again_and_again (gconstpointer data)
{
  way = data;
  if (way->resume != NULL)
    {
      g_test_message ("one fiber is left at a time");
      return;
    }

  setup ();
  for (guint i = 0; i < N_ITEMS; i++)
    leave ("clear", do_free_all);
  g_assert_cmpuint (n_cleared, ==, 0);
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 1);
  g_assert_cmpuint (n_cleared, ==, 1);
  assert_can_be_emptied ();
  teardown (TRUE);
}

/* Instances that were not cleared can be destroyed one by one, too. */
static void
test_destroy_after_free_all (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_free_all);
  for (guint i = 1; i < N_ITEMS; i++)
    {
      g_assert_true (fsmm_typed_pool_destroy (pool, items[i], NULL));
      /* A fiber may have been left for a while only. */
      g_assert_true (n_cleared == i || way->resume != NULL);
    }
  fsmm_typed_pool_free_all (pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  assert_can_be_emptied ();
  teardown (TRUE);
}

/* With the pool that is dropped, those that were not cleared are. */
static void
test_pool_after_free_all (gconstpointer data)
{
  way = data;
  setup ();
  leave ("clear", do_free_all);
  g_clear_pointer (&box, fsmm_box_unref);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);
  if (way->resume != NULL)
    way->resume ();
  assert_others_go_on ();
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

static gint has_left, may_end; /* (atomic) */

static void
wait_for (gint *flag)
{
  while (!g_atomic_int_get (flag))
    g_usleep (1000);
}

static gpointer
leave_and_wait (gpointer data)
{
  leave ("clear", do_free_all);
  g_atomic_int_set (&has_left, TRUE);
  wait_for (&may_end);

  return NULL;
}

/* The thread that left it goes on with something else meanwhile. */
static void
test_pool_after_free_all_elsewhere (gconstpointer data)
{
  GThread *thread;

  way = data;
  setup ();
  g_clear_pointer (&box, fsmm_box_unref);
  thread = g_thread_new ("leave", leave_and_wait, NULL);
  wait_for (&has_left);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (n_cleared, ==, N_ITEMS);

  g_atomic_int_set (&may_end, TRUE);
  g_thread_join (thread);
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

static void
add_tests (const NoReturnWay *of)
{
  add_test (of, "free-all", test_free_all);
  add_test (of, "free-all-again-and-again", test_free_all_again_and_again);
  add_test (of, "destroy-after-free-all", test_destroy_after_free_all);
  add_test (of, "pool-after-free-all", test_pool_after_free_all);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; ways[i] != NULL; i++)
    add_tests (ways[i]);
  add_test (&no_return_by_longjmp, "pool-after-free-all-elsewhere",
            test_pool_after_free_all_elsewhere);

  return g_test_run ();
}
