/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-output.h"

#include <stdio.h>
#include <string.h>
#ifdef G_OS_UNIX
#include <unistd.h>
#endif

#define N_COLUMNS 80

/* Where the locale has no UTF-8, “a — b” becomes "a - b", and not ?a ? b?. */
static char *
adapt_to_locale (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return g_get_charset (NULL) ? g_steal_pointer (&valid) : g_str_to_ascii (valid, NULL);
}

void
xml_print (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *adapted = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  adapted = adapt_to_locale (text);
  g_print ("%s", adapted);
}

static gboolean
wants_colour (void)
{
#ifdef G_OS_UNIX
  const char *no_colour = g_getenv ("NO_COLOR");

  return isatty (STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') &&
         g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
#else
  return FALSE;
#endif
}

void
xml_print_heading (const char *text)
{
  if (wants_colour ())
    xml_print ("\033[1m%s\033[0m\n", text);
  else
    xml_print ("%s\n", text);
}

/* Breaks lines between words. */
void
xml_print_wrapped (const char *text, gsize indent)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (GString) line = g_string_new (NULL);

  for (gsize i = 0; words[i] != NULL; i++)
    {
      gsize n_used = indent + (gsize) g_utf8_strlen (line->str, -1);

      if (line->len > 0 && n_used + 1 + (gsize) g_utf8_strlen (words[i], -1) > N_COLUMNS)
        {
          xml_print ("%*s%s\n", (int) indent, "", line->str);
          g_string_truncate (line, 0);
        }

      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", words[i]);
    }

  xml_print ("%*s%s\n", (int) indent, "", line->str);
}

static gsize
measure (gunichar c)
{
  return g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
}

/* Returns: (transfer full): @name, cut off or filled up to take @n_columns on the screen */
char *
xml_fit_name (const char *name, gsize n_columns)
{
  g_autoptr (GString) cell = g_string_new (NULL);
  gsize n_wanted = 0, n_used = 0;

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    n_wanted += measure (g_utf8_get_char (p));

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (n_wanted > n_columns && n_used + measure (c) > n_columns - 1)
        {
          g_string_append (cell, "…");
          n_used++;
          break;
        }

      g_string_append_unichar (cell, c);
      n_used += measure (c);
    }

  g_string_append_printf (cell, "%*s", (int) (n_columns - n_used), "");

  return g_string_free (g_steal_pointer (&cell), FALSE);
}

/* Prints one line to the standard error output, whatever is in names and documents. */
void
xml_complain (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *valid = NULL;
  g_autofree char *adapted = NULL;
  g_autoptr (GString) line = g_string_new (NULL);
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  valid = g_utf8_make_valid (text, -1);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (line, g_unichar_isprint (c) ? c : g_unichar_isspace (c) ? ' ' : '?');
    }

  adapted = adapt_to_locale (line->str);
  g_printerr ("xml-tree: %s\n", adapted);
}
