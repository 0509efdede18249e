/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is said about FSMM_DEBUG when the first pool is made, to handlers that make pools. */

#include "fsmm-test.h"

#include <unistd.h>

static guint n_said;

/* Called by handlers. Where that would hang, an alarm ends the program. */
static void
use_pool (void)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_test_free (pool, fsmm_test_alloc (pool));
  n_said++;
}

static GLogWriterOutput
use_pool_to_write (GLogLevelFlags level,
                   const GLogField *fields,
                   gsize n_fields,
                   gpointer user_data)
{
  use_pool ();

  return G_LOG_WRITER_HANDLED;
}

static void
use_pool_to_print (const char *text)
{
  use_pool ();
}

static gpointer
use_pool_in_thread (gpointer data)
{
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (64, 0);

  fsmm_test_free (pool, fsmm_test_alloc (pool));

  return NULL;
}

/* Another thread need not wait for the handler, which may wait for that thread. */
static GLogWriterOutput
wait_for_thread (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  g_thread_join (g_thread_new ("user", use_pool_in_thread, NULL));
  n_said++;

  return G_LOG_WRITER_HANDLED;
}

/* There is only one first pool in a process. */
static gboolean
is_first (const char *variable)
{
  if (g_test_subprocess ())
    {
      alarm (20);
      /* A warning is what is tested here. */
      g_log_set_always_fatal (G_LOG_FATAL_MASK);
      return g_setenv ("FSMM_DEBUG", variable, TRUE);
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();

  return FALSE;
}

static void
test_writer_makes_a_pool (void)
{
  if (!is_first ("no-tools,bogus,other:wrong"))
    return;

  g_log_set_writer_func (use_pool_to_write, NULL, NULL);
  use_pool ();
  g_assert_cmpuint (n_said, ==, 3);
}

static void
test_printer_makes_a_pool (void)
{
  if (!is_first ("no-tools,help"))
    return;

  g_set_printerr_handler (use_pool_to_print);
  use_pool ();
  g_assert_cmpuint (n_said, ==, 2);
}

static void
test_writer_waits_for_a_thread (void)
{
  if (!is_first ("no-tools,bogus"))
    return;

  g_log_set_writer_func (wait_for_thread, NULL, NULL);
  use_pool ();
  g_assert_cmpuint (n_said, ==, 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug-start/writer-makes-a-pool", test_writer_makes_a_pool);
  g_test_add_func ("/debug-start/printer-makes-a-pool", test_printer_makes_a_pool);
  g_test_add_func ("/debug-start/writer-waits-for-a-thread", test_writer_waits_for_a_thread);

  return g_test_run ();
}
