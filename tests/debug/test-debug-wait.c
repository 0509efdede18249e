/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is told of those that wait. */

#include "fsmm-test.h"

#include <gio/gio.h>

static G_GNUC_NO_INLINE gpointer
take_here (FsmmPool *pool)
{
  gpointer block = fsmm_pool_alloc (pool, NULL);

  g_assert_nonnull (block);
  return block;
}

static gboolean
wait_in_vain (gpointer pool)
{
  g_assert_null (fsmm_pool_alloc_wait (pool, 1000, NULL, NULL));

  return G_SOURCE_REMOVE;
}

/* Only where it would sleep, and only the thread that runs the main loop. */
static void
test_main_loop (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("watched", 64, 0, 1024, 1, NULL);
  gpointer block = fsmm_pool_alloc_wait (pool, -1, NULL, NULL);

  g_assert_nonnull (block);
  wait_in_vain (pool);

  fsmm_test_expect_report ("fsmm_pool_alloc_wait: pool \"watched\"*is full*runs the main loop*");
  g_idle_add (wait_in_vain, pool);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "blocked-loop");
  fsmm_test_assert_field ("FSMM_POOL", "watched");
  fsmm_test_free (pool, block);

  /* It does not change what the pool does. */
  g_assert_cmpuint (pool->store.debug & ~FSMM_DEBUG_TOOLS, ==, 0);
}

/* Who has all the blocks. */
static void
test_sites (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("traced", 64, 0, 1024, 2, NULL);
  g_autoptr (GError) error = NULL;
  gpointer blocks[] = { take_here (pool), take_here (pool) };

  g_assert_null (fsmm_pool_alloc_wait (pool, 1000, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "block"));
  g_assert_nonnull (strstr (error->message, "taken by:"));
#ifdef HAVE_LIBDW
  g_assert_nonnull (strstr (error->message, "take_here (test-debug-wait.c:"));
#endif
  for (guint i = 0; i < 2; i++)
    fsmm_test_free (pool, blocks[i]);
}

static G_GNUC_NO_INLINE gpointer
wait_here (gpointer data)
{
  gpointer block = fsmm_pool_alloc_wait (data, -1, NULL, NULL);

  g_assert_nonnull (block);
  return block;
}

/* What is handed over was taken by who waited, not by who made room. */
static void
test_handed_over (void)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("traced", 64, 0, 1024, 1, NULL);
  gpointer block = take_here (pool);
  GThread *thread = g_thread_new ("wait", wait_here, pool);

  while (fsmm_pool_get_n_waiting (pool) == 0)
    g_usleep (100);
  g_usleep (5000);
  fsmm_test_free (pool, block);
  block = g_thread_join (thread);
#ifdef HAVE_LIBDW
  fsmm_test_expect_report ("*taken by:*wait_here (test-debug-wait.c:*");
#else
  fsmm_test_expect_report ("*taken by:*");
#endif
  g_assert_false (fsmm_pool_free (pool, (guint8 *) block + 8, NULL));
  fsmm_test_assert_reported ();
  fsmm_test_free (pool, block);
}

/* Each way of debugging. */
static gpointer
take_and_give (gpointer data)
{
  for (guint i = fsmm_test_rounds (500); i > 0; i--)
    {
      gpointer block = fsmm_pool_alloc_wait (data, -1, NULL, NULL);

      g_assert_nonnull (block);
      memset (block, 0x55, 64);
      fsmm_test_free (data, block);
    }

  return NULL;
}

static void
test_all_flags (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full (name, 64, 0, 1024, 2, NULL);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("crowd", take_and_give, pool);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, 0);
  fsmm_test_assert_sound (pool);
}

int
main (int argc, char *argv[])
{
  const char *const pools[] = { "p1", "p2", "p3", "p4", "p5", "p6", "p7" };

  g_setenv ("FSMM_DEBUG",
            "watched:wait;traced:trace;p1:poison;p2:canary;p3:quarantine;p4:trace;"
            "p5:malloc;p6:wipe;p7:all;*:no-tools",
            TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/wait/main-loop", test_main_loop);
  g_test_add_func ("/debug/wait/sites", test_sites);
  g_test_add_func ("/debug/wait/handed-over", test_handed_over);
  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      g_autofree char *path = g_strconcat ("/debug/wait/with-flags-of-", pools[i], NULL);

      g_test_add_data_func (path, pools[i], test_all_flags);
    }

  return g_test_run ();
}
