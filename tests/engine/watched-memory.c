/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "watched-memory.h"

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"

#include <signal.h>
#include <sys/mman.h>

static gpointer watched;
static WatchFunc watcher;
static struct sigaction before;

/* Valgrind does not have all registers as they were when a program goes on after such a handler. */
gboolean
watched_is_possible (void)
{
  return !fsmm_test_is_slow_environment ();
}

/* So many bytes as a granule of the system has, all of them 0. */
gpointer
watched_new (void)
{
  gpointer memory = fsmm_system_map (FSMM_SYSTEM_GRANULE, FSMM_SYSTEM_GRANULE);

  g_assert_nonnull (memory);

  return memory;
}

void
watched_free (gpointer memory)
{
  fsmm_system_unmap (memory, FSMM_SYSTEM_GRANULE);
}

/* The access is made again when this returns. Another fault ends the program. */
static void
handle_fault (int sig)
{
  sigaction (SIGSEGV, &before, NULL);
  mprotect (watched, FSMM_SYSTEM_GRANULE, PROT_READ | PROT_WRITE);
  watcher ();
}

void
watched_begin (gpointer memory, WatchFunc func)
{
  const struct sigaction action = { .sa_handler = handle_fault };

  watched = memory;
  watcher = func;
  g_assert_cmpint (sigaction (SIGSEGV, &action, &before), ==, 0);
  g_assert_cmpint (mprotect (memory, FSMM_SYSTEM_GRANULE, PROT_NONE), ==, 0);
}

void
watched_end (gpointer memory)
{
  mprotect (memory, FSMM_SYSTEM_GRANULE, PROT_READ | PROT_WRITE);
  sigaction (SIGSEGV, &before, NULL);
}
