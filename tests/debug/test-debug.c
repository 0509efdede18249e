/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* FSMM_DEBUG: how it is read, and that nothing is done that was not asked for. What each flag finds,
 * and what it says, is in a file of its own; there pools are debugged by their names. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"
#include "fsmm-glib/debug/fsmm-debug-flags.h"
#include "fsmm-glib/debug/fsmm-sanitizers.h"

static void
test_variable (void)
{
  g_assert_cmpint (fsmm_debug_parse ("", "a"), ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("poison,canary", NULL), ==,
                   FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY);
  g_assert_cmpint (fsmm_debug_parse (" poison : canary ", "a"), ==,
                   FSMM_DEBUG_POISON | FSMM_DEBUG_CANARY);
  g_assert_cmpint (fsmm_debug_parse ("leaks,node*:poison, trace;edge:canary", "nodes"), ==,
                   FSMM_DEBUG_LEAKS | FSMM_DEBUG_POISON | FSMM_DEBUG_TRACE);
  g_assert_cmpint (fsmm_debug_parse ("leaks,node*:poison,trace;edge:canary", "edge"), ==,
                   FSMM_DEBUG_LEAKS | FSMM_DEBUG_CANARY);
  g_assert_cmpint (fsmm_debug_parse ("my nodes: wipe ;quarantine", "my nodes"), ==,
                   FSMM_DEBUG_WIPE | FSMM_DEBUG_QUARANTINE);
  g_assert_cmpint (fsmm_debug_parse ("leaks, my nodes :wipe", "my nodes"), ==,
                   FSMM_DEBUG_LEAKS | FSMM_DEBUG_WIPE);
  g_assert_cmpint (fsmm_debug_parse ("a:poison", NULL), ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("a:b:poison", "a:b"), ==, FSMM_DEBUG_POISON);
  g_assert_cmpint (fsmm_debug_parse ("ALL", "a") & FSMM_DEBUG_MALLOC, ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("all", "a") & FSMM_DEBUG_LEAKS, ==, FSMM_DEBUG_LEAKS);
}

static void
assert_watch (const char *text, gboolean is_shown, const char *record)
{
  FsmmDebugWatch watch;

  fsmm_debug_parse_watch (text, &watch);
  g_assert_cmpint (watch.is_shown, ==, is_shown);
  g_assert_cmpstr (watch.record, ==, record);
  g_free (watch.record);
}

static void
test_watch (void)
{
  assert_watch ("", FALSE, NULL);
  assert_watch ("monitors", FALSE, NULL);
  assert_watch ("Monitor", TRUE, NULL);
  assert_watch ("leaks: monitor", TRUE, NULL);
  assert_watch ("nodes:monitor", FALSE, NULL);
  assert_watch ("nodes:trace;monitor", TRUE, NULL);
  assert_watch ("record=", FALSE, NULL);
  assert_watch ("leaks, RECORD=/tmp/My files:1/x.csv ,nodes:trace", FALSE, "/tmp/My files:1/x.csv");
  assert_watch ("record=a;record=b,monitor", TRUE, "b");

  /* They are no flags of a pool, and make none of what is next to them the name of one. */
  g_assert_cmpint (fsmm_debug_parse ("monitor,record=leaks", "a"), ==, 0);
  g_assert_cmpint (fsmm_debug_parse ("monitor:leaks", "a"), ==, FSMM_DEBUG_LEAKS);
  g_assert_cmpint (fsmm_debug_parse ("a:trace,record=b:c,leaks", "a"), ==,
                   FSMM_DEBUG_TRACE | FSMM_DEBUG_LEAKS);
}

/* --- What was not asked for --- */

static void
test_off_is_off (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named ("no flag is for this one", 64, 1024);
  guint8 *block = fsmm_test_alloc (pool);

  g_assert_cmpint (pool->store.debug, ==, 0);
  g_assert_cmpuint (fsmm_test_count_caches (pool), ==, 1);
  g_assert_cmpuint (fsmm_pool_get_block_size (pool), ==, 64);
  fsmm_test_free (pool, block);
}

/* Without a tool, nothing is done for one: a pool is as quick as it can be. */
static void
test_nobody_watches (void)
{
  /* But a sanitizer or Valgrind may be there. */
  if (fsmm_test_is_slow_environment ())
    return;

  g_assert_false (fsmm_sanitizers_are_there ());
  g_assert_cmpint (fsmm_debug_get_flags (NULL), ==, 0);
}

/* --- Each failing request, with all that is allocated besides --- */

static void
test_no_memory (gconstpointer name)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new_named (name, 64, 1024);
  gpointer blocks[40];

  for (guint nth = 1;; nth++)
    {
      g_autoptr (GError) error = NULL;
      gboolean taken;

      fsmm_system_fail_nth (nth);
      taken = fsmm_pool_alloc_many (pool, G_N_ELEMENTS (blocks), blocks, &error);
      if (!fsmm_system_fail_none ())
        {
          g_assert_true (taken);
          break;
        }

      /* Nothing is done without in silence. */
      g_assert_false (taken);
      g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
      fsmm_test_assert_counts (pool, 0, 0);
    }

  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 40);
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "everything:all;from-malloc:malloc;*:no-tools", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/variable", test_variable);
  g_test_add_func ("/debug/watch", test_watch);
  g_test_add_func ("/debug/off-is-off", test_off_is_off);
  g_test_add_func ("/debug/nobody-watches", test_nobody_watches);
  g_test_add_data_func ("/debug/no-memory/everything", "everything", test_no_memory);
  g_test_add_data_func ("/debug/no-memory/malloc", "from-malloc", test_no_memory);

  return g_test_run ();
}
