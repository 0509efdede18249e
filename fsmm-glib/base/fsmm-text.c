/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-text.h"

#include <string.h>

/* Whether it does something other than to be seen: it starts a line, moves the cursor, or turns the
 * direction of what follows. The joiners are a part of words in some scripts, and stay. */
static gboolean
is_control (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);

  return type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
         type == G_UNICODE_PARAGRAPH_SEPARATOR ||
         (type == G_UNICODE_FORMAT && c != 0x200c && c != 0x200d);
}

/* Appends the first character, or the byte that is none, and returns what follows it. */
static const char *
append_first (GString *plain, const char *text)
{
  gunichar c = g_utf8_get_char_validated (text, -1);
  const char *next;

  if (c == (gunichar) -1 || c == (gunichar) -2)
    {
      g_string_append_printf (plain, "\\x%02x", (guint) (guchar) *text);
      return text + 1;
    }

  next = g_utf8_next_char (text);
  if (!is_control (c))
    g_string_append_len (plain, text, next - text);
  else if (c < 0x80)
    g_string_append_printf (plain, "\\x%02x", (guint) c);
  else
    g_string_append_printf (plain, "\\u%04x", (guint) c);

  return next;
}

/* Returns: (transfer full): @text as it can be shown in a line of UTF-8, whatever is in it: so
 * text in a message can neither pass for another message nor control a terminal */
char *
fsmm_text_escape (const char *text)
{
  g_autoptr (GString) plain = g_string_sized_new (strlen (text) + 1);

  while (*text != '\0')
    text = append_first (plain, text);

  return g_string_free (g_steal_pointer (&plain), FALSE);
}
