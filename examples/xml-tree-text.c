/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-text.h"

#include "xml-tree-terminal.h"

/* Tables need as many, and lines of more are hard to read. */
#define MIN_COLUMNS 60
#define MAX_COLUMNS 80

/* How many columns a report has, whatever it is written to. */
gsize
xml_text_get_columns (void)
{
  return CLAMP (xml_terminal_get_columns (), MIN_COLUMNS, MAX_COLUMNS);
}

/* Where the locale has no UTF-8, “a — b” becomes "a - b", and not ?a ? b?. */
char *
xml_text_adapt (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return xml_terminal_has_utf8 () ? g_steal_pointer (&valid) : g_str_to_ascii (valid, NULL);
}

/* One line, in which nothing makes a terminal do more than show it. */
char *
xml_text_make_printable (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) line = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (line, g_unichar_isprint (c) ? c : g_unichar_isspace (c) ? ' ' : '?');
    }

  return g_string_free (g_steal_pointer (&line), FALSE);
}

static gsize
measure_character (gunichar c)
{
  return g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
}

/* How many columns @text takes. */
gsize
xml_text_measure (const char *text)
{
  gsize n_columns = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    n_columns += measure_character (g_utf8_get_char (p));

  return n_columns;
}

/* Returns: (transfer full): @text, cut off or filled up to take @n_columns */
char *
xml_text_fit (const char *text, gsize n_columns)
{
  g_autofree char *adapted = xml_text_adapt (text);
  g_autoptr (GString) cell = g_string_new (NULL);
  gsize n_wanted = xml_text_measure (adapted);
  gsize n_used = 0;

  for (const char *p = adapted; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (n_wanted > n_columns && n_used + measure_character (c) > n_columns - 1)
        {
          g_string_append (cell, xml_terminal_has_utf8 () ? "…" : "~");
          n_used++;
          break;
        }

      g_string_append_unichar (cell, c);
      n_used += measure_character (c);
    }

  g_string_append_printf (cell, "%*s", (int) (n_columns - n_used), "");

  return g_string_free (g_steal_pointer (&cell), FALSE);
}

const char *
xml_text_get_shade (guint shade)
{
  static const char *const blocks[XML_N_SHADES] = { "·", "░", "▒", "▓", "█" };
  static const char *const ascii[XML_N_SHADES] = { ".", "-", "+", "*", "#" };

  return xml_terminal_has_utf8 () ? blocks[shade] : ascii[shade];
}
