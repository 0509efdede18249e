/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-output.h"

#include "xml-tree-terminal.h"
#include "xml-tree-text.h"

/* What a terminal is told to show each style with. */
static const char *const codes[] = {
  [XML_STYLE_PLAIN] = NULL,
  [XML_STYLE_HEADING] = "1",     /* bold */
  [XML_STYLE_EXPLANATION] = "2", /* dim */
  [XML_STYLE_BETTER] = "32",     /* green */
  [XML_STYLE_WORSE] = "33",      /* yellow */
  [XML_STYLE_REFUSED] = "31",    /* red */
  [XML_STYLE_BLOCKS] = "36",     /* cyan */
};

static void G_GNUC_PRINTF (2, 0)
print (XmlStyle style, const char *format, va_list args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);
  g_autofree char *adapted = xml_text_adapt (text);

  if (codes[style] != NULL && xml_terminal_has_colour ())
    g_print ("\033[%sm%s\033[0m", codes[style], adapted);
  else
    g_print ("%s", adapted);
}

void
xml_print (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  print (XML_STYLE_PLAIN, format, args);
  va_end (args);
}

void
xml_print_styled (XmlStyle style, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  print (style, format, args);
  va_end (args);
}

void
xml_print_heading (const char *text)
{
  xml_print_styled (XML_STYLE_HEADING, "%s", text);
  xml_print ("\n");
}

static void
print_line (XmlStyle style, const char *text, gsize indent)
{
  xml_print ("%*s", (int) indent, "");
  xml_print_styled (style, "%s", text);
  xml_print ("\n");
}

/* Breaks lines between words. */
void
xml_print_wrapped (XmlStyle style, const char *text, gsize indent)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autoptr (GString) line = g_string_new (NULL);
  gsize n_columns = xml_text_get_columns ();

  for (gsize i = 0; words[i] != NULL; i++)
    {
      gsize n_used = indent + xml_text_measure (line->str);

      if (line->len > 0 && n_used + 1 + xml_text_measure (words[i]) > n_columns)
        {
          print_line (style, line->str, indent);
          g_string_truncate (line, 0);
        }

      g_string_append_printf (line, "%s%s", line->len > 0 ? " " : "", words[i]);
    }

  print_line (style, line->str, indent);
}

/* Prints one line to the standard error output, whatever is in names and documents. */
void
xml_complain (const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  g_autofree char *adapted = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  line = xml_text_make_printable (text);
  adapted = xml_text_adapt (line);
  g_printerr ("xml-tree: %s\n", adapted);
}
