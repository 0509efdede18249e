/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is told of objects that come back other than they were made, and that never come back. */

#include "thing.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FsmmObjectPool *
new_pool (const char *name)
{
  return g_object_new (FSMM_TYPE_OBJECT_POOL, "name", name, "item-type", THING_TYPE, NULL);
}

static void
ignore (void)
{
}

static G_GNUC_NO_INLINE FsmmLease *
borrow_here (FsmmObjectPool *pool)
{
  FsmmLease *lease = fsmm_object_pool_borrow (pool, NULL);

  g_assert_nonnull (lease);
  return lease;
}

/* --- FSMM_DEBUG=objects --- */

static void
test_property (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("watched");
  FsmmLease *lease = borrow_here (pool);

  g_object_set (fsmm_lease_get_object (lease), "label", "left over", NULL);
  fsmm_test_expect_report ("object pool \"watched\" (Thing): the Thing at * came back other than it was "
                           "made; reset it:\n  property label is \"left over\", and was NULL\n"
                           "  borrowed by:*borrow_here*");
  thing_give_back (lease);
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "dirty-object");
  fsmm_test_assert_field ("FSMM_POOL", "watched");
  fsmm_test_assert_field ("FSMM_TYPE", "Thing");
}

static gboolean
reset_label (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  g_object_set (object, "label", NULL, NULL);

  return TRUE;
}

static void
count_report (const char *message, gpointer n_reports)
{
  (*(guint *) n_reports)++;
}

static void
assert_nothing_is_told (FsmmObjectPool *pool)
{
  FsmmLease *lease = borrow_here (pool);
  guint n_reports = 0;

  g_object_set (fsmm_lease_get_object (lease), "label", "left over", NULL);
  fsmm_test_watch_reports (count_report, &n_reports);
  thing_give_back (lease);
  fsmm_test_watch_reports (NULL, NULL);
  g_assert_cmpuint (n_reports, ==, 0);
}

static void
test_clean (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("watched");

  fsmm_object_pool_set_reset_func (pool, reset_label, NULL, NULL);
  assert_nothing_is_told (pool);
}

static void
test_handler (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("watched");
  FsmmLease *lease = borrow_here (pool);

  g_signal_connect (fsmm_lease_get_object (lease), "used", G_CALLBACK (ignore), NULL);
  g_signal_connect (fsmm_lease_get_object (lease), "notify::label", G_CALLBACK (ignore), NULL);
  fsmm_test_expect_report ("*reset it:\n  signal used still has a handler\n  signal notify still has a "
                           "handler*");
  thing_give_back (lease);
  fsmm_test_assert_reported ();
}

static void
test_reference (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("watched");
  FsmmLease *lease = borrow_here (pool);
  g_autoptr (GObject) kept = g_object_ref (fsmm_lease_get_object (lease));

  fsmm_test_expect_report ("*reset it:\n  1 other reference to it is left*");
  thing_give_back (lease);
  fsmm_test_assert_reported ();
}

static GObject *
make_resolver (FsmmObjectPool *pool, gpointer data, GError **error)
{
  static const char *const hosts[] = { "one", "two", NULL };

  return g_object_new (G_TYPE_SIMPLE_PROXY_RESOLVER, "ignore-hosts", hosts, NULL);
}

/* Each time, a property that is boxed gives another copy of what it is. */
static void
test_strings (void)
{
  static const char *const others[] = { "one", "three", NULL };
  g_autoptr (FsmmObjectPool) pool = g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "watched", "item-type",
                                                  G_TYPE_SIMPLE_PROXY_RESOLVER, NULL);
  FsmmLease *lease;
  guint n_reports = 0;

  fsmm_object_pool_set_create_func (pool, make_resolver, NULL, NULL);
  fsmm_test_watch_reports (count_report, &n_reports);
  thing_give_back (borrow_here (pool));
  fsmm_test_watch_reports (NULL, NULL);
  g_assert_cmpuint (n_reports, ==, 0);

  lease = borrow_here (pool);
  g_object_set (fsmm_lease_get_object (lease), "ignore-hosts", others, NULL);
  fsmm_test_expect_report ("*property ignore-hosts is *three*, and was *two*");
  thing_give_back (lease);
  fsmm_test_assert_reported ();
}

/* Where nothing of the program may run, it is told later. */
static void
test_dropped_lease (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("watched");
  FsmmLease *lease = borrow_here (pool);

  g_object_set (fsmm_lease_get_object (lease), "label", "left over", NULL);
  fsmm_lease_unref (lease);
  fsmm_test_expect_report ("*property label*");
  thing_run_context ();
  fsmm_test_assert_reported ();
}

static void
test_other_pool (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("not watched");

  assert_nothing_is_told (pool);
}

/* --- FSMM_DEBUG=trace --- */

static void
test_sites (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("traced");
  g_autoptr (GError) error = NULL;
  FsmmLease *leases[] = { borrow_here (pool), borrow_here (pool) };

  fsmm_object_pool_set_max_objects (pool, 2);
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 1000, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "borrowed by:"));
#ifdef HAVE_LIBDW
  g_assert_nonnull (strstr (error->message, "borrow_here (test-object-debug.c:"));
#endif
  for (guint i = 0; i < 2; i++)
    thing_give_back (leases[i]);
}

/* --- FSMM_DEBUG=wait --- */

static gboolean
wait_in_vain (gpointer pool)
{
  g_assert_null (fsmm_object_pool_borrow_wait (pool, 1000, NULL, NULL));

  return G_SOURCE_REMOVE;
}

static void
test_main_loop (void)
{
  g_autoptr (FsmmObjectPool) pool = new_pool ("waits");
  FsmmLease *lease = borrow_here (pool);

  fsmm_object_pool_set_max_objects (pool, 1);
  wait_in_vain (pool);
  fsmm_test_expect_report ("fsmm_object_pool_borrow_wait: object pool \"waits\" (Thing) has none to lend*");
  g_idle_add (wait_in_vain, pool);
  thing_run_context ();
  fsmm_test_assert_reported ();
  fsmm_test_assert_field ("FSMM_FAULT", "blocked-loop");
  thing_give_back (lease);
}

/* --- FSMM_DEBUG=leaks --- */

static void
test_leaks (void)
{
  if (g_test_subprocess ())
    {
      FsmmObjectPool *pool = new_pool ("leaky");

      thing_give_back (borrow_here (pool));
      borrow_here (pool);
      borrow_here (pool);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*object pool \"leaky\" (Thing): 2 objects lent when the program exited, the "
                             "oldest for *\n  * object* borrowed by:*borrow_here*");
}

static void
test_no_leaks (void)
{
  if (g_test_subprocess ())
    {
      FsmmObjectPool *pool = new_pool ("leaky");

      thing_give_back (borrow_here (pool));
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr_unmatched ("*lent when*");
}

/* What was lent in the parent is for that to tell. */
static void
test_leaks_in_child (void)
{
  if (g_test_subprocess ())
    {
      FsmmObjectPool *pool = new_pool ("leaky");
      FsmmLease *lease = borrow_here (pool);
      pid_t child = fork ();

      if (child > 0)
        {
          waitpid (child, NULL, 0);
          thing_give_back (lease);
        }
      exit (0);
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr_unmatched ("*lent when*");
}

int
main (int argc, char **argv)
{
  g_setenv ("FSMM_DEBUG", "watched:objects;traced:trace;waits:wait;leaky:leaks", TRUE);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/object-debug/property", test_property);
  g_test_add_func ("/object-debug/clean", test_clean);
  g_test_add_func ("/object-debug/handler", test_handler);
  g_test_add_func ("/object-debug/reference", test_reference);
  g_test_add_func ("/object-debug/strings", test_strings);
  g_test_add_func ("/object-debug/dropped-lease", test_dropped_lease);
  g_test_add_func ("/object-debug/other-pool", test_other_pool);
  g_test_add_func ("/object-debug/sites", test_sites);
  g_test_add_func ("/object-debug/main-loop", test_main_loop);
  g_test_add_func ("/object-debug/leaks", test_leaks);
  g_test_add_func ("/object-debug/no-leaks", test_no_leaks);
  g_test_add_func ("/object-debug/leaks-in-child", test_leaks_in_child);

  return g_test_run ();
}
