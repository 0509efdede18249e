/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-options.h"

#define MIN_INTERVAL 0.1
#define MAX_INTERVAL 3600

/* As they are given. */
typedef struct {
  double interval;
  char *sort;
  gboolean is_reversed;
  gboolean is_once;
  int n_reports; /* less than 0: not given */
  gboolean is_list;
  gboolean is_version;
  char **rest;
} Given;

static void
given_clear (Given *self)
{
  g_free (self->sort);
  g_strfreev (self->rest);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Given, given_clear)

static char *
list_columns (void)
{
  const char *nicks[TOP_N_COLUMNS + 1] = { NULL };

  for (guint i = 0; i < TOP_N_COLUMNS; i++)
    nicks[i] = top_columns[i].nick;

  return g_strjoinv (", ", (char **) nicks);
}

static GOptionContext *
make_context (void)
{
  GOptionContext *context = g_option_context_new ("[PID|PROGRAM]");
  g_autofree char *columns = list_columns ();
  g_autofree char *description = g_strdup_printf ("COLUMN is one of: %s.", columns);

  g_option_context_set_summary (
      context, "Shows the memory pools of a running program that was started with FSMM_DEBUG=monitor,\n"
               "or that calls fsmm_monitor_export ().");
  g_option_context_set_description (context, description);

  return context;
}

static gboolean
parse_given (Given *given, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = make_context ();
  /* clang-format off */
  const GOptionEntry entries[] = {
    { "interval", 'i', 0, G_OPTION_ARG_DOUBLE, &given->interval, "Look every SECONDS (1)", "SECONDS" },
    { "sort", 's', 0, G_OPTION_ARG_STRING, &given->sort, "Sort by COLUMN (reserved)", "COLUMN" },
    { "reverse", 'r', 0, G_OPTION_ARG_NONE, &given->is_reversed, "Sort the other way round", NULL },
    { "count", 'n', 0, G_OPTION_ARG_INT, &given->n_reports,
      "Print COUNT reports as plain text; 0: until the program ends", "COUNT" },
    { "once", '1', 0, G_OPTION_ARG_NONE, &given->is_once, "Print one, as without a terminal", NULL },
    { "list", 'l', 0, G_OPTION_ARG_NONE, &given->is_list, "List programs that show their pools", NULL },
    { "version", 'V', 0, G_OPTION_ARG_NONE, &given->is_version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &given->rest, NULL, NULL },
    { NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL },
  };
  /* clang-format on */

  g_option_context_add_main_entries (context, entries, NULL);

  return g_option_context_parse (context, argc, argv, error);
}

static gboolean G_GNUC_PRINTF (2, 3)
refuse (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args);
  va_end (args);

  return FALSE;
}

/* What is no number is less than none. */
static gboolean
check_numbers (const Given *given, GError **error)
{
  if (!(given->interval >= MIN_INTERVAL && given->interval <= MAX_INTERVAL))
    return refuse (error, "--interval is %g, but has to be %g to %d seconds", given->interval,
                   MIN_INTERVAL, MAX_INTERVAL);
  if (given->n_reports < -1)
    return refuse (error, "--count is %d, but has to be 0, for no end, or more", given->n_reports);
  if (given->is_once && given->n_reports >= 0)
    return refuse (error, "--once and --count were both given: --once is --count=1");
  if (given->rest != NULL && given->rest[1] != NULL)
    return refuse (error, "\"%s\" is one program too many: look at one at a time", given->rest[1]);

  return TRUE;
}

static gboolean
set_order (TopOptions *self, const Given *given, GError **error)
{
  g_autofree char *columns = list_columns ();

  self->order = (TopOrder) { TOP_COLUMN_RESERVED, given->is_reversed };
  if (given->sort == NULL || top_column_find (given->sort, &self->order.column))
    return TRUE;

  return refuse (error, "--sort is \"%s\", but has to be one of: %s", given->sort, columns);
}

gboolean
top_options_parse (TopOptions *self, int *argc, char ***argv, GError **error)
{
  g_auto (Given) given = { .interval = 1, .n_reports = -1 };

  *self = (TopOptions) { 0 };
  if (!parse_given (&given, argc, argv, error) || !check_numbers (&given, error) ||
      !set_order (self, &given, error))
    return FALSE;

  self->interval = given.interval;
  self->is_plain = given.is_once || given.n_reports >= 0;
  self->n_reports = given.n_reports >= 0 ? (guint) given.n_reports : 1;
  self->is_list = given.is_list;
  self->is_version = given.is_version;
  self->wanted = given.rest != NULL ? g_strdup (given.rest[0]) : NULL;

  return TRUE;
}

void
top_options_clear (TopOptions *self)
{
  g_clear_pointer (&self->wanted, g_free);
}
