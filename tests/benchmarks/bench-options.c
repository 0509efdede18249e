/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-options.h"

#include "bench-result.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

gboolean
bench_options_parse (BenchOptions *options,
                     const char *title,
                     const GOptionEntry *more,
                     int *argc,
                     char ***argv)
{
  const GOptionEntry entries[] = {
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds,
      "Time for each case (0: do the work once, to see that it works)", "S" },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &options->rounds, "How many rounds that is spread over",
      "N" },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &options->json, "Write the figures to a file as well",
      "FILE" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context, title);
  g_option_context_add_main_entries (context, entries, NULL);
  if (more != NULL)
    g_option_context_add_main_entries (context, more, NULL);

  if (g_option_context_parse (context, argc, argv, &error) && *argc > 1)
    g_set_error (&error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "“%s” is one argument too many",
                 (*argv)[1]);
  if (error != NULL)
    {
      fprintf (stderr, "%s: %s\n", g_get_prgname (), error->message);
      return FALSE;
    }

  options->rounds = options->seconds > 0 ? CLAMP (options->rounds, 1, BENCH_MAX_ROUNDS) : 1;

  return TRUE;
}

void
bench_progress (const char *format, ...)
{
  va_list arguments;

  if (!isatty (STDERR_FILENO))
    return;

  va_start (arguments, format);
  fputs ("\r\033[K", stderr);
  vfprintf (stderr, format, arguments);
  va_end (arguments);
}

void
bench_progress_clear (void)
{
  if (isatty (STDERR_FILENO))
    fputs ("\r\033[K", stderr);
}
