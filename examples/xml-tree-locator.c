/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-locator.h"

#include <string.h>

/* Where one is after @text, having been at @from before it. */
static XmlPosition
advance (XmlPosition from, const char *text, gsize length)
{
  const char *end = text + length;
  const char *newline;

  while ((newline = memchr (text, '\n', (gsize) (end - text))) != NULL)
    {
      from.line++;
      from.column = 1;
      text = newline + 1;
    }

  from.column += (gsize) g_utf8_strlen (text, end - text);

  return from;
}

/* Returns: (nullable): the last “<” in @text */
static const char *
find_last_tag (const char *text, gsize length)
{
  while (length-- > 0)
    if (text[length] == '<')
      return text + length;

  return NULL;
}

void
xml_locator_init (XmlLocator *self)
{
  *self = (XmlLocator){ .piece = "", .start = { 1, 1 }, .tag = { 1, 1 } };
}

/* @piece, which is made up of whole characters, is what @context reads next. It must stay there
 * until it is left. */
void
xml_locator_enter (XmlLocator *self,
                   GMarkupParseContext *context,
                   const char *piece,
                   gsize length)
{
  self->piece = piece;
  self->length = length;
  g_markup_parse_context_get_position (context, &self->markup_line, &self->markup_char);
}

/* Goes on to the end of the piece. */
void
xml_locator_leave (XmlLocator *self)
{
  const char *tag = find_last_tag (self->piece, self->length);
  gsize n_before = 0;

  if (tag != NULL)
    {
      n_before = (gsize) (tag - self->piece);
      self->tag = self->start = advance (self->start, self->piece, n_before);
    }

  self->start = advance (self->start, self->piece + n_before, self->length - n_before);
  self->piece = "";
  self->length = 0;
}

XmlPosition
xml_locator_find_end (const XmlLocator *self)
{
  return advance (self->start, self->piece, self->length);
}

/* Finds the byte of the piece at which the parser stands, by counting as it does: a line begins
 * with the newline before it, and a newline at the very start of a piece is overlooked. */
static gsize
find_index (const XmlLocator *self, GMarkupParseContext *context)
{
  int line = self->markup_line;
  int character = self->markup_char;
  int end_line, end_character;
  gsize i = 0;

  g_markup_parse_context_get_position (context, &end_line, &end_character);

  while (i < self->length && (line != end_line || character != end_character))
    {
      i++;
      character++;
      if (i < self->length && self->piece[i] == '\n')
        {
          line++;
          character = 1;
        }
    }

  return i;
}

/* Where the parser stands. */
XmlPosition
xml_locator_find_parser (const XmlLocator *self, GMarkupParseContext *context)
{
  return advance (self->start, self->piece, find_index (self, context));
}

/* The last “<” before the place where the parser stands. */
XmlPosition
xml_locator_find_tag (const XmlLocator *self, GMarkupParseContext *context)
{
  const char *tag = find_last_tag (self->piece, find_index (self, context));

  return tag != NULL ? advance (self->start, self->piece, (gsize) (tag - self->piece)) : self->tag;
}

/* Whether GMarkupParser accepts what begins with the “&” at @text. */
static gboolean
is_entity (const char *text, const char *end)
{
  static const GMarkupParser nothing = { 0 };
  const char *semicolon = memchr (text, ';', (gsize) (end - text));
  g_autoptr (GMarkupParseContext) context = NULL;

  if (semicolon == NULL)
    return FALSE;

  context = g_markup_parse_context_new (&nothing, 0, NULL, NULL);

  return g_markup_parse_context_parse (context, "<a>", -1, NULL) &&
         g_markup_parse_context_parse (context, text, semicolon + 1 - text, NULL) &&
         g_markup_parse_context_parse (context, "</a>", -1, NULL);
}

/* The first “&” behind the last “<” that begins no entity: the parser looks at entities only when
 * it has come to the end of the text or value that they are in. */
XmlPosition
xml_locator_find_entity (const XmlLocator *self, GMarkupParseContext *context)
{
  gsize n_before = find_index (self, context);
  const char *end = self->piece + n_before;
  const char *tag = find_last_tag (self->piece, n_before);
  const char *start = tag != NULL ? tag : self->piece;

  while ((start = memchr (start, '&', (gsize) (end - start))) != NULL && is_entity (start, end))
    start++;

  return advance (self->start, self->piece, (gsize) ((start != NULL ? start : end) - self->piece));
}
