/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The program exits while a thread uses the static pool of a library, which did so before main ()
 * had begun. The library looks whether its pool is still there. */

#include "early-library.h"

static gpointer
use_for_ever (gpointer data)
{
  for (;;)
    {
      early_library_use ();
      g_atomic_int_set ((gint *) data, TRUE);
    }

  return NULL;
}

int
main (void)
{
  static gint is_used; /* (atomic) */

  g_thread_unref (g_thread_new ("user", use_for_ever, &is_used));
  while (!g_atomic_int_get (&is_used))
    g_thread_yield ();

  return 0;
}
