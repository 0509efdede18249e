/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "jot.h"

#include <string.h>

#define MAX_DEPTH 500

G_DEFINE_QUARK (jot-error, jot_error)

/* --- Nodes --- */

static JotValue *
jot_value_new (JotKind kind)
{
  JotValue *self = g_new0 (JotValue, 1);

  self->kind = kind;
  return self;
}

static JotEntry *
jot_entry_new (char *name, JotValue *value)
{
  JotEntry *self = g_new0 (JotEntry, 1);

  self->name = name;
  self->value = value;
  return self;
}

static void
jot_entry_free (JotEntry *self)
{
  g_free (self->name);
  jot_value_free (self->value);
  g_free (self);
}

void
jot_value_free (JotValue *self)
{
  JotEntry *next;

  if (self == NULL)
    return;

  if (self->kind == JOT_STRING)
    g_free (self->of.string);
  else if (self->kind == JOT_ARRAY || self->kind == JOT_OBJECT)
    for (JotEntry *entry = self->of.first; entry != NULL; entry = next)
      {
        next = entry->next;
        jot_entry_free (entry);
      }
  g_free (self);
}

const JotValue *
jot_value_get (const JotValue *self, const char *name)
{
  if (self->kind != JOT_OBJECT)
    return NULL;

  for (const JotEntry *entry = self->of.first; entry != NULL; entry = entry->next)
    if (strcmp (entry->name, name) == 0)
      return entry->value;

  return NULL;
}

void
jot_value_count (const JotValue *self, gsize counts[JOT_N_KINDS])
{
  counts[self->kind]++;
  if (self->kind == JOT_ARRAY || self->kind == JOT_OBJECT)
    for (const JotEntry *entry = self->of.first; entry != NULL; entry = entry->next)
      jot_value_count (entry->value, counts);
}

/* --- Reading --- */

typedef struct {
  const char *start;
  const char *at;
  guint depth;
  GError **error;
} Reader;

static JotValue *read_value (Reader *self);

/* Returns NULL, so that the caller can return it. */
static gpointer
fail (Reader *self, const char *wanted)
{
  g_set_error (self->error, JOT_ERROR, JOT_ERROR_SYNTAX, "byte %zu: %s",
               (gsize) (self->at - self->start), wanted);
  return NULL;
}

static void
skip_blanks (Reader *self)
{
  self->at += strspn (self->at, " \t\r\n");
}

static gboolean
take (Reader *self, char c)
{
  skip_blanks (self);
  if (*self->at != c)
    return FALSE;

  self->at++;
  return TRUE;
}

/* Four hexadecimal digits, or -1. */
static int
read_hex (Reader *self)
{
  int unit = 0;

  for (guint i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (*self->at);

      if (digit < 0)
        return -1;
      unit = unit * 16 + digit;
      self->at++;
    }

  return unit;
}

/* After “\u”: a character, which may take two of them. */
static gboolean
read_unicode (Reader *self, GString *text)
{
  int unit = read_hex (self);
  gunichar c = (gunichar) unit;

  if (unit >= 0xd800 && unit < 0xdc00 && self->at[0] == '\\' && self->at[1] == 'u')
    {
      self->at += 2;
      unit = read_hex (self);
      c = unit >= 0xdc00 && unit < 0xe000 ? 0x10000 + ((c & 0x3ff) << 10) + (unit & 0x3ff) : 0;
    }
  if (unit < 0 || c == 0 || !g_unichar_validate (c))
    return fail (self, "no such character") != NULL;

  g_string_append_unichar (text, c);
  return TRUE;
}

static gboolean
read_escape (Reader *self, GString *text)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found = *self->at != '\0' ? strchr (from, *self->at) : NULL;

  if (*self->at == 'u')
    {
      self->at++;
      return read_unicode (self, text);
    }
  if (found == NULL)
    return fail (self, "no such escape sequence") != NULL;

  g_string_append_c (text, to[found - from]);
  self->at++;
  return TRUE;
}

/* After the opening quotation mark. */
static char *
read_string (Reader *self)
{
  g_autoptr (GString) text = NULL;
  const char *start = self->at;

  while (*self->at != '"')
    if ((guchar) *self->at < 0x20)
      return fail (self, "a string does not end");
    else if (*self->at != '\\')
      self->at++;
    else
      {
        if (text == NULL)
          text = g_string_new (NULL);
        g_string_append_len (text, start, self->at - start);
        self->at++;
        if (!read_escape (self, text))
          return NULL;
        start = self->at;
      }

  self->at++;
  if (text == NULL)
    return g_strndup (start, (gsize) (self->at - 1 - start));
  g_string_append_len (text, start, self->at - 1 - start);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* An entry of an array or object, which is given its name before. */
static JotEntry *
read_entry (Reader *self, char *name)
{
  JotValue *value = read_value (self);

  if (value != NULL)
    return jot_entry_new (name, value);

  g_free (name);
  return NULL;
}

static JotEntry *
read_member (Reader *self)
{
  g_autofree char *name = NULL;

  if (!take (self, '"'))
    return fail (self, "the name of a member is missing");
  if ((name = read_string (self)) == NULL)
    return NULL;
  if (!take (self, ':'))
    return fail (self, "“:” is missing");

  return read_entry (self, g_steal_pointer (&name));
}

static JotValue *
read_entries (Reader *self, JotKind kind, char end)
{
  g_autoptr (JotValue) value = jot_value_new (kind);
  JotEntry **last = &value->of.first;

  if (++self->depth > MAX_DEPTH)
    {
      g_set_error (self->error, JOT_ERROR, JOT_ERROR_TOO_DEEP, "byte %zu: more than %d levels",
                   (gsize) (self->at - self->start), MAX_DEPTH);
      return NULL;
    }

  if (!take (self, end))
    {
      do
        {
          *last = kind == JOT_OBJECT ? read_member (self) : read_entry (self, NULL);
          if (*last == NULL)
            return NULL;
          last = &(*last)->next;
        }
      while (take (self, ','));
      if (!take (self, end))
        return fail (self, kind == JOT_OBJECT ? "“,” or “}” is missing" : "“,” or “]” is missing");
    }

  self->depth--;
  return g_steal_pointer (&value);
}

/* How long the number is: JSON knows fewer kinds of them than C. */
static gsize
number_length (const char *text)
{
  const char *at = text + (*text == '-');
  gsize n_digits = strspn (at, "0123456789");

  if (n_digits == 0 || (*at == '0' && n_digits > 1))
    return 0;
  at += n_digits;
  if (*at == '.')
    {
      n_digits = strspn (at + 1, "0123456789");
      if (n_digits == 0)
        return 0;
      at += 1 + n_digits;
    }
  if (*at == 'e' || *at == 'E')
    {
      at += 1 + (at[1] == '+' || at[1] == '-');
      n_digits = strspn (at, "0123456789");
      if (n_digits == 0)
        return 0;
      at += n_digits;
    }

  return (gsize) (at - text);
}

static JotValue *
read_number (Reader *self)
{
  gsize length = number_length (self->at);
  JotValue *value;

  if (length == 0)
    return fail (self, "a value is missing");

  value = jot_value_new (JOT_NUMBER);
  value->of.number = g_ascii_strtod (self->at, NULL);
  self->at += length;
  return value;
}

static JotValue *
read_text (Reader *self)
{
  char *string = read_string (self);
  JotValue *value;

  if (string == NULL)
    return NULL;

  value = jot_value_new (JOT_STRING);
  value->of.string = string;
  return value;
}

static JotValue *
read_word (Reader *self)
{
  static const char *const words[] = { "false", "true", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_has_prefix (self->at, words[i]))
      {
        JotValue *value = jot_value_new (i < 2 ? JOT_BOOLEAN : JOT_NULL);

        value->of.boolean = i == 1;
        self->at += strlen (words[i]);
        return value;
      }

  return read_number (self);
}

static JotValue *
read_value (Reader *self)
{
  if (take (self, '{'))
    return read_entries (self, JOT_OBJECT, '}');
  if (take (self, '['))
    return read_entries (self, JOT_ARRAY, ']');
  if (take (self, '"'))
    return read_text (self);

  return read_word (self);
}

JotValue *
jot_parse (const char *text, GError **error)
{
  Reader reader = { text, text, 0, error };
  g_autoptr (JotValue) value = NULL;

  if (!g_utf8_validate (text, -1, &reader.at))
    return fail (&reader, "not UTF-8");

  reader.at = text;
  value = read_value (&reader);
  if (value == NULL)
    return NULL;

  skip_blanks (&reader);
  if (*reader.at != '\0')
    return fail (&reader, "something follows the value");
  return g_steal_pointer (&value);
}
