/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ends as its argument says, with a pool that is cleaned up in time, or is not. */

#include "exit-library.h"

#include <fsmm-glib/fsmm-glib.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FsmmPool *pool;
static char *block;
static gboolean in_destructor;

static void
use (void)
{
  pool = fsmm_pool_new_full ("victim", 32, 8, 0, 0, NULL);
  block = fsmm_pool_alloc (pool, NULL);
}

static void
clean_up (void)
{
  fsmm_pool_free (pool, block, NULL);
  g_clear_object (&pool);
}

static void
clean_up_early (void)
{
  if (atexit (clean_up) == 0)
    use ();
}

static void
clean_up_late (void)
{
  use ();
  if (atexit (clean_up) != 0)
    abort ();
}

static void
clean_up_in_destructor (void)
{
  use ();
  in_destructor = TRUE;
}

__attribute__ ((destructor)) static void
destroy (void)
{
  if (in_destructor)
    clean_up ();
}

static void
leak (void)
{
  use ();
}

/* What the parent frees is no leak of its child, which has it too. */
static void
leak_in_child (void)
{
  int status;
  pid_t child;

  use ();
  child = fork ();
  if (child == 0)
    {
      fsmm_pool_alloc (pool, NULL);
      exit (0);
    }

  if (waitpid (child, &status, 0) != child || status != 0)
    abort ();
  clean_up ();
}

/* In a pool that stays, as that of a library does: behind a block, and in one that is free again. */
static void
damage (void)
{
  char *other;

  use ();
  other = fsmm_pool_alloc (pool, NULL);
  block[33] = 1;
  fsmm_pool_free (pool, other, NULL);
  other[3] = 7;
}

static const struct {
  const char *name;
  void (*act) (void);
} acts[] = {
  { "library", exit_library_use },
  { "atexit-early", clean_up_early },
  { "atexit-late", clean_up_late },
  { "destructor", clean_up_in_destructor },
  { "leak", leak },
  { "child", leak_in_child },
  { "damage", damage },
};

int
main (int argc, char *argv[])
{
  for (guint i = 0; i < G_N_ELEMENTS (acts); i++)
    if (argc == 2 && strcmp (argv[1], acts[i].name) == 0)
      {
        acts[i].act ();
        return 0;
      }

  return 2;
}
