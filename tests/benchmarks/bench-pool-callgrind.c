/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-callgrind.h"

#include <math.h>
#include <string.h>

/* Each worker is measured as it runs without Valgrind: the library, and GLib's slices, would do
 * something else where they see it. */
static BenchPoolPeer
make_unwatched (const BenchPoolPeer *peer)
{
  BenchPoolPeer self = *peer;
  const char *flags = g_environ_getenv (peer->environment, "FSMM_DEBUG");
  g_autofree char *debug =
      g_strdup_printf ("%s%sno-tools", flags != NULL ? flags : "", flags != NULL ? "," : "");

  self.environment = g_strdupv (peer->environment);
  self.environment = g_environ_setenv (self.environment, "FSMM_DEBUG", debug, TRUE);
  self.environment = g_environ_setenv (self.environment, "G_SLICE", "", TRUE);

  return self;
}

typedef struct {
  double n_instructions, n_operations;
} Count;

/* The worker prints a line, and Valgrind others, which begin with its process. */
static gboolean
parse (const char *output, Count *count)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  gboolean has_instructions = FALSE, has_operations = FALSE;

  for (char **line = lines; *line != NULL; line++)
    {
      const char *collected = strstr (*line, "Collected : ");

      if (collected != NULL)
        {
          count->n_instructions = g_ascii_strtod (collected + strlen ("Collected : "), NULL);
          has_instructions = TRUE;
        }
      else if (g_ascii_isdigit (**line))
        {
          count->n_operations = g_ascii_strtod (*line, NULL);
          has_operations = TRUE;
        }
      else if (strcmp (*line, "none") == 0)
        {
          count->n_operations = NAN;
          has_operations = TRUE;
        }
    }

  return has_instructions && has_operations;
}

static Count
count (const BenchPoolPeer *peer, const char *workload, gsize size, guint n_passes)
{
  static const char *const valgrind[] = {
    "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1", NULL,
  };
  g_autofree char *size_text = g_strdup_printf ("%" G_GSIZE_FORMAT, size);
  g_autofree char *passes_text = g_strdup_printf ("%u", n_passes);
  const char *const arguments[] = { workload, size_text, "1", "1", "1", "0", passes_text, NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *output = bench_pool_peer_run (peer, valgrind, arguments, &error);
  Count result = { 0 };

  if (output == NULL)
    bench_pool_peer_fail (peer, workload, error->message);
  else if (!parse (output, &result))
    bench_pool_peer_fail (peer, workload, output);

  return result;
}

double
bench_callgrind_count (const BenchPoolPeer *peer, const char *workload, gsize size, guint n_passes)
{
  BenchPoolPeer unwatched = make_unwatched (peer);
  Count less = count (&unwatched, workload, size, n_passes);
  Count more = { NAN, NAN };

  if (!isnan (less.n_operations))
    more = count (&unwatched, workload, size, 2 * n_passes);
  g_strfreev (unwatched.environment);

  return (more.n_instructions - less.n_instructions) / (more.n_operations - less.n_operations);
}
