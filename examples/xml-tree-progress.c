/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-progress.h"

#include "xml-tree-output.h"
#include "xml-tree-terminal.h"
#include "xml-tree-text.h"

#define N_BAR_COLUMNS 20
#define UPDATE_INTERVAL (50 * G_TIME_SPAN_MILLISECOND)

XmlProgress
xml_progress_new (void)
{
  XmlProgress self = { 0 };

  /* One column less: in the last one, some terminals begin another line, which would stay. */
  if (xml_terminal_can_update ())
    self.n_columns = MIN (xml_terminal_get_columns (), xml_text_get_columns ()) - 1;

  return self;
}

static char *
draw (double fraction, const char *text)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *printable = xml_text_make_printable (text);
  int n_full = (int) (fraction * N_BAR_COLUMNS);

  for (int i = 0; i < N_BAR_COLUMNS; i++)
    g_string_append (line, xml_text_get_shade (i < n_full ? XML_N_SHADES - 1 : 1));
  g_string_append_printf (line, " %3d %%  %s", (int) (fraction * 100), printable);

  return g_string_free (g_steal_pointer (&line), FALSE);
}

static void
print_over (XmlProgress *self, const char *text)
{
  g_autofree char *line = xml_text_fit (text, self->n_columns);

  xml_print_styled (XML_STYLE_EXPLANATION, "\r%s", line);
}

/* @fraction is from 0 to 1. Shows little more than what a person can see, and so costs little. */
void
xml_progress_show (XmlProgress *self, double fraction, const char *text)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree char *line = NULL;

  if (self->n_columns == 0 || (g_strcmp0 (self->text, text) == 0 && now < self->next_update))
    return;

  line = draw (CLAMP (fraction, 0, 1), text);
  print_over (self, line);

  g_free (self->text);
  self->text = g_strdup (text);
  self->next_update = now + UPDATE_INTERVAL;
}

/* The next line begins where this one did. */
void
xml_progress_clear (XmlProgress *self)
{
  if (self->text == NULL)
    return;

  print_over (self, "");
  xml_print ("\r");
  g_clear_pointer (&self->text, g_free);
}
