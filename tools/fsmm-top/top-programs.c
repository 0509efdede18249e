/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "top-programs.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsmm-text.h"

char *
top_programs_get_folder (void)
{
  return g_build_filename (g_get_user_runtime_dir (), FSMM_PROTOCOL_FOLDER, NULL);
}

static TopProgram *
program_new (const char *folder, const char *name)
{
  TopProgram *self = g_new0 (TopProgram, 1);
  g_autofree char *path = g_build_filename (folder, name, NULL);

  self->label = g_strdup (name);
  self->client = top_client_new (path, name);

  return self;
}

static void
program_free (gpointer program)
{
  TopProgram *self = program;

  g_free (self->label);
  g_clear_pointer (&self->client, top_client_free);
  g_clear_pointer (&self->report, top_report_free);
  g_clear_error (&self->error);
  g_free (self);
}

static gboolean
is_label (const char *name)
{
  return g_regex_match_simple ("^[1-9][0-9]*(-[2-9])?$", name, 0, 0);
}

static int
compare_labels (gconstpointer a, gconstpointer b)
{
  const TopProgram *one = *(const TopProgram *const *) a;
  const TopProgram *other = *(const TopProgram *const *) b;
  guint64 first = g_ascii_strtoull (one->label, NULL, 10);
  guint64 second = g_ascii_strtoull (other->label, NULL, 10);

  return first == second ? strcmp (one->label, other->label) : (first > second) - (first < second);
}

/* Returns: (transfer full): one for each socket */
static GPtrArray *
list_sockets (void)
{
  GPtrArray *programs = g_ptr_array_new_with_free_func (program_free);
  g_autofree char *folder = top_programs_get_folder ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (is_label (name))
      g_ptr_array_add (programs, program_new (folder, name));
  g_ptr_array_sort (programs, compare_labels);

  return programs;
}

/* --- Asking --- */

static void
keep_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static TopReport *
make_report (TopProgram *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) answer = top_client_ask_finish (result, error);

  return answer != NULL ? top_report_new (answer, self->label, error) : NULL;
}

TopReport *
top_program_look (TopProgram *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  top_client_ask_async (self->client, FSMM_ASK_FIGURES, 0, keep_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);

  return make_report (self, result, error);
}

/* All at once, so that those that do not answer are waited for together. */
static void
ask_all (GPtrArray *programs)
{
  g_autofree GAsyncResult **results = g_new0 (GAsyncResult *, programs->len + 1);

  for (guint i = 0; i < programs->len; i++)
    {
      TopProgram *program = g_ptr_array_index (programs, i);

      top_client_ask_async (program->client, FSMM_ASK_FIGURES, 0, keep_result, &results[i]);
    }

  for (guint i = 0; i < programs->len; i++)
    {
      TopProgram *program = g_ptr_array_index (programs, i);

      while (results[i] == NULL)
        g_main_context_iteration (NULL, TRUE);
      program->report = make_report (program, results[i], &program->error);
      g_object_unref (results[i]);
    }
}

/* A socket that nobody listens at is left where it is: one whose program is about to listen looks the
 * same. The next program that gets that number removes it. */
GPtrArray *
top_programs_find (void)
{
  GPtrArray *programs = list_sockets ();

  ask_all (programs);
  for (guint i = programs->len; i > 0; i--)
    {
      TopProgram *program = g_ptr_array_index (programs, i - 1);

      if (g_error_matches (program->error, TOP_ERROR, TOP_ERROR_ENDED))
        g_ptr_array_remove_index (programs, i - 1);
    }

  return programs;
}

/* --- Choosing --- */

/* Returns: (transfer full) (element-type utf8): none where the system does not tell */
static GPtrArray *
list_command_words (const TopProgram *self)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *path = g_strdup_printf ("/proc/%d/cmdline", atoi (self->label));
  g_autofree char *command = NULL;
  gsize length = 0;

  g_file_get_contents (path, &command, &length, NULL);
  for (gsize i = 0; i < length; i += strlen (command + i) + 1)
    g_ptr_array_add (words, g_strdup (command + i));

  return words;
}

static gboolean
is_file_called (const char *path, const char *wanted)
{
  g_autofree char *name = g_path_get_basename (path);

  return g_str_equal (name, wanted);
}

/* A script is known to its user by its own name: it is what follows the options of the program that runs
 * it. */
static gboolean
is_started_as (const TopProgram *self, const char *wanted)
{
  g_autoptr (GPtrArray) words = list_command_words (self);
  guint script = 1;

  while (script < words->len && *(const char *) words->pdata[script] == '-')
    script++;

  return (words->len > 0 && is_file_called (words->pdata[0], wanted)) ||
         (script < words->len && is_file_called (words->pdata[script], wanted));
}

static gboolean
is_meant (const TopProgram *self, const char *wanted)
{
  gsize length = strlen (wanted);

  if (g_str_equal (self->label, wanted) || g_str_equal (top_program_get_name (self), wanted) ||
      is_started_as (self, wanted))
    return TRUE;

  return strncmp (self->label, wanted, length) == 0 && self->label[length] == '-';
}

void
top_programs_keep (GPtrArray *programs, const char *wanted)
{
  for (guint i = programs->len; i > 0; i--)
    if (!is_meant (g_ptr_array_index (programs, i - 1), wanted))
      g_ptr_array_remove_index (programs, i - 1);
}

char *
top_program_get_command (const TopProgram *self)
{
  g_autoptr (GPtrArray) words = list_command_words (self);
  g_autofree char *command = NULL;

  g_ptr_array_add (words, NULL);
  command = g_strjoinv (" ", (char **) words->pdata);

  return fsmm_text_escape (command);
}

const char *
top_program_get_name (const TopProgram *self)
{
  return self->report != NULL ? self->report->program : "?";
}

char *
top_program_count_pools (const TopProgram *self)
{
  return self->report != NULL ? g_strdup_printf ("%u", self->report->pools->len) : g_strdup ("?");
}
