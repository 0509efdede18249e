/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Writes a capture, for a picture: what Sysprof would get of a program that makes trees and serves
 * requests.
 *
 * usage: make-capture FILE */

#include <fsmm-glib/fsmm-glib.h>

#include "profiler.h"

#define SECONDS 12
#define STEPS_A_SECOND 10
#define N_REQUESTS 64

int
main (int argc, char *argv[])
{
  static Profiler profiler;
  g_autoptr (FsmmPool) nodes = NULL;
  g_autoptr (FsmmPool) requests = NULL;
  gpointer live[N_REQUESTS];
  guint n_live = 0;

  if (argc != 2)
    {
      g_printerr ("usage: %s FILE\n", argv[0]);
      return 2;
    }

  profiler_init (&profiler, argv[1]);
  nodes = fsmm_pool_new_full ("tree nodes", 48, 0, 0, 0, NULL);
  requests = fsmm_pool_new_full ("requests", 256, 0, 0, N_REQUESTS, NULL);

  for (guint i = 0; i < SECONDS * STEPS_A_SECOND; i++)
    {
      /* A tree grows for three seconds, and goes at once. */
      if (i % (3 * STEPS_A_SECOND) == 0)
        fsmm_pool_free_all (nodes);
      for (guint k = 0; k < 2000; k++)
        g_assert_nonnull (fsmm_pool_alloc (nodes, NULL));

      /* Requests come faster than they are served, until there is no room; then they are. */
      if (i / 20 % 2 == 0)
        while (n_live < N_REQUESTS && n_live < 4 * (i % 20))
          live[n_live++] = fsmm_pool_alloc (requests, NULL);
      else
        for (guint k = 0; k < 4 && n_live > 0; k++)
          fsmm_pool_free (requests, live[--n_live], NULL);

      profiler_wait (&profiler, 1000 / STEPS_A_SECOND);
    }

  profiler_clear (&profiler);

  return 0;
}
