/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Shows the pools of a running program. */

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "fsmm-version.h"
#include "top-chooser.h"
#include "top-plain.h"
#include "top-screen.h"
#include "top-view.h"

/* What it exits with. */
enum {
  SEEN = 0,
  NOT_SEEN = 1, /* there is no such program, or it does not say what it should */
  MISUSED = 2,  /* it has to be told something else */
};

static int G_GNUC_PRINTF (2, 3)
fail (int status, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("fsmm-top: %s\n", message);

  return status;
}

static int
say_that_there_is_none (const char *wanted)
{
  g_autofree char *folder = top_programs_get_folder ();
  g_autofree char *which = wanted != NULL ? g_strdup_printf ("no program \"%s\"", wanted)
                                          : g_strdup ("no program");

  return fail (NOT_SEEN,
               "%s shows its pools in %s. To see those of a program, start it with\n\n"
               "  FSMM_DEBUG=monitor PROGRAM\n\n"
               "or have it call fsmm_monitor_export ().",
               which, folder);
}

/* --- On a terminal --- */

/* Whoever started this is to see that a signal has ended it. */
static int
die_of (int number)
{
  signal (number, SIG_DFL);
  raise (number);

  return MISUSED;
}

static int
show_on_screen (GPtrArray *programs, const TopOptions *options)
{
  TopProgram *program = g_ptr_array_index (programs, 0);
  g_autoptr (GError) error = NULL;
  int number = 0;

  if (programs->len == 1 && program->report == NULL)
    return fail (NOT_SEEN, "%s", program->error->message);
  if (!top_screen_start (&error))
    return fail (NOT_SEEN, "%s", error->message);

  if (programs->len > 1)
    program = top_chooser_run (programs, &number);
  if (number == 0 && program != NULL && program->report != NULL)
    number = top_view_run (program, options);
  top_screen_stop ();

  if (number != 0)
    return die_of (number);

  if (program != NULL && program->error != NULL)
    return fail (NOT_SEEN, "%s", program->error->message);

  return SEEN;
}

/* --- Elsewhere --- */

static gboolean
is_expected_end (const TopOptions *options, const GError *error)
{
  return options->n_reports == TOP_UNLIMITED && g_error_matches (error, TOP_ERROR, TOP_ERROR_ENDED);
}

static int
print (GPtrArray *programs, const TopOptions *options)
{
  TopProgram *program = g_ptr_array_index (programs, 0);
  g_autoptr (GError) error = NULL;

  if (programs->len > 1)
    {
      top_plain_list (programs);
      return fail (MISUSED, "several programs show their pools: name one of them by its PID");
    }
  if (program->report == NULL)
    return fail (NOT_SEEN, "%s", program->error->message);
  if (top_plain_run (program, options, &error))
    return SEEN;

  return fail (is_expected_end (options, error) ? SEEN : NOT_SEEN, "%s", error->message);
}

/* A dumb one has no screen. */
static gboolean
has_terminal (void)
{
  return isatty (STDIN_FILENO) && isatty (STDOUT_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

static int
run (const TopOptions *options)
{
  g_autoptr (GPtrArray) programs = top_programs_find ();

  if (options->wanted != NULL)
    top_programs_keep (programs, options->wanted);
  if (programs->len == 0)
    return say_that_there_is_none (options->wanted);

  if (options->is_list)
    {
      top_plain_list (programs);
      return SEEN;
    }

  if (has_terminal () && !options->is_plain)
    return show_on_screen (programs, options);

  return print (programs, options);
}

/* Sockets of GIO have a broken pipe ignored, but this is to end quietly when nobody reads it. */
static void
end_with_readers (void)
{
  g_type_class_unref (g_type_class_ref (G_TYPE_SOCKET));
  signal (SIGPIPE, SIG_DFL);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  TopOptions options;
  int status = SEEN;

  setlocale (LC_ALL, "");
  end_with_readers ();
  if (!top_options_parse (&options, &argc, &argv, &error))
    return fail (MISUSED, "%s (fsmm-top --help says what there is)", error->message);

  if (options.is_version)
    g_print ("fsmm-top %s\n", FSMM_VERSION_S);
  else
    status = run (&options);
  top_options_clear (&options);

  return status;
}
