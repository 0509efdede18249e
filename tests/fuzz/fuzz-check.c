/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const FuzzOperation *current;
static void (*check_after) (void);
static guint n_run;
static guint n_criticals;
static guint n_leak_reports;
static char last_critical[512]; /* its start */
static guint planned_failure;
static gboolean failure_is_on;
static gboolean is_told; /* what is being done */

/* --- Messages --- */

/* Misuse is logged, and is what is being tried here. Whatever else is logged is a fault. */
static GLogWriterOutput
count_criticals (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *message = "";
  gboolean is_own = FALSE, is_leak = FALSE;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (strcmp (fields[i].key, "MESSAGE") == 0)
        message = fields[i].value;
      else if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0)
        is_own = strcmp (fields[i].value, "Fsmm") == 0;
      else if (strcmp (fields[i].key, "FSMM_FAULT") == 0)
        is_leak = strcmp (fields[i].value, "leak") == 0;
    }

  if (is_leak)
    {
      n_leak_reports++;
      return G_LOG_WRITER_HANDLED;
    }

  if (!is_own || (level & G_LOG_LEVEL_CRITICAL) == 0)
    fuzz_fail ("“%s” was logged", message);
  fuzz_check (strstr (message, "double free found") == NULL &&
                  strstr (message, "frees found") == NULL,
              "no two threads run at a time, but “%s” was logged", message);

  n_criticals++;
  g_strlcpy (last_critical, message, sizeof last_critical);
  return G_LOG_WRITER_HANDLED;
}

void
fuzz_fail (const char *format, ...)
{
  va_list args;

  fprintf (stderr, "fuzz: operation %u (%s, in thread %u): ", n_run,
           current != NULL ? current->name : "none", fuzz_worker_current ());
  va_start (args, format);
  /* NOLINTNEXTLINE: where it puts this into its caller, it loses sight of va_start (). */
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);

  abort ();
}

/* --- Operations --- */

/* A name for a pool. Those that AddressSanitizer watches have no caches in threads, nor have those
 * that look for damage: each input can have some of all. */
const char *
fuzz_choose_name (void)
{
  static const char *const names[] = { "cached", "cached", "watched", "poisoned" };

  return names[fuzz_input_below (G_N_ELEMENTS (names))];
}

/* @check is called after each operation. */
void
fuzz_check_start (void (*check) (void))
{
  static gboolean is_set;

  if (!is_set)
    {
      g_setenv ("FSMM_DEBUG", "cached:no-tools;poisoned:poison,wipe", FALSE);
      g_log_set_writer_func (count_criticals, NULL, NULL);
    }
  is_set = TRUE;

  is_told = g_getenv ("FUZZ_TRACE") != NULL;
  current = NULL;
  check_after = check;
  n_run = 0;
  n_criticals = 0;
  n_leak_reports = 0;
  planned_failure = 0;
}

void
fuzz_plan_failure (guint nth)
{
  planned_failure = nth;
}

/* Whether a request to the system has failed in the operation that runs. None fails from now on. */
gboolean
fuzz_has_failed (void)
{
  gboolean has_failed = failure_is_on && fsmm_system_fail_none ();

  failure_is_on = FALSE;
  return has_failed;
}

static void
tell (const char *how)
{
  if (is_told)
    fprintf (stderr, "fuzz: %s %u (%s, in thread %u)\n", how, n_run, current->name,
             fuzz_worker_current ());
}

/* Runs one within another. */
void
fuzz_run_within (const FuzzOperation *operation)
{
  const FuzzOperation *outer = current;

  current = operation;
  tell ("within operation");
  operation->run ();
  current = outer;
}

static void
run_current (void)
{
  failure_is_on = planned_failure > 0;
  if (failure_is_on)
    fsmm_system_fail_nth (planned_failure);
  planned_failure = 0;

  current->run ();

  fuzz_has_failed ();
  fuzz_check (n_criticals == 0, "“%s” was logged", last_critical);
  fuzz_check_leak_reports (0);
  check_after ();
}

static void
run_operation (const FuzzOperation *operation)
{
  current = operation;
  n_run++;
  tell ("operation");
  fuzz_worker_run (run_current);
}

/* Runs what the input says, until that is over, or so much has been run. */
void
fuzz_run_operations (const FuzzOperation *operations, guint n_operations, guint max_run)
{
  while (!fuzz_input_is_over () && n_run < max_run)
    run_operation (&operations[fuzz_input_below (n_operations)]);
}

/* Runs what does not depend on the input. */
void
fuzz_run_step (const char *name, void (*run) (void))
{
  const FuzzOperation step = { name, run };

  run_operation (&step);
  current = NULL;
}

/* --- How calls end --- */

static char *
describe_ends (FuzzEnds ends)
{
  GString *text = g_string_new ((ends & FUZZ_SUCCESS) != 0 ? "success" : NULL);

  for (gint code = FSMM_ERROR_INVALID_ARGUMENT; code <= FSMM_ERROR_OUT_OF_RANGE; code++)
    if ((ends & FUZZ_ERROR (code)) != 0)
      {
        char *name = g_enum_to_string (FSMM_TYPE_ERROR, code);

        g_string_append_printf (text, "%s%s", text->len > 0 ? " or " : "", name);
        g_free (name);
      }

  return g_string_free (text, FALSE);
}

static FuzzEnds
end_of (gboolean success, const GError *error)
{
  return success ? FUZZ_SUCCESS : FUZZ_ERROR (error->code);
}

/* Clears @where, in which the call has left an error, or none. */
void
fuzz_check_end (const char *call, FuzzEnds expected, gboolean success, GError **where)
{
  GError *error = *where;

  if (is_told)
    fprintf (stderr, "fuzz:   %s: %s\n", call, error != NULL ? error->message : "done");

  fuzz_check (success == (error == NULL), "%s returned %s, and %s error", call,
              success ? "success" : "failure", error != NULL ? "an" : "no");
  fuzz_check (success || error->domain == FSMM_ERROR, "%s has an error of another domain: %s", call,
              error->message);

  if ((end_of (success, error) & expected) == 0)
    fuzz_fail ("%s must end with %s, but ended with %s%s%s", call, describe_ends (expected),
               describe_ends (end_of (success, error)), success ? "" : ": ",
               success ? "" : error->message);

  fuzz_check (success || g_utf8_validate (error->message, -1, NULL), "%s has an error in bad UTF-8",
              call);
  g_clear_error (where);
}

/* How many critical messages there were since this was last asked. */
void
fuzz_check_criticals (const char *call, guint n_expected)
{
  fuzz_check (n_criticals == n_expected, "%s must log %u critical messages, but logged %u%s%s",
              call, n_expected, n_criticals, n_criticals > 0 ? ": " : "",
              n_criticals > 0 ? last_critical : "");
  n_criticals = 0;
}

/* How many reports of leaks there were since this was last asked. */
void
fuzz_check_leak_reports (guint n_expected)
{
  fuzz_check (n_leak_reports == n_expected, "%u reports of leaks were expected, and there were %u",
              n_expected, n_leak_reports);
  n_leak_reports = 0;
}
