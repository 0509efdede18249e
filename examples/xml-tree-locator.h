/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Finds out where in a document something is wrong.
 *
 * GMarkupParser's own positions are not for showing: it counts bytes, not characters, counts
 * one too many on every line but the first, and none at all for a mistake in an entity. */

/* Both from 1; the column is in characters. */
typedef struct {
  gsize line;
  gsize column;
} XmlPosition;

typedef struct {
  const char *piece; /* (not owned): the part of the document that is being read */
  gsize length;
  XmlPosition start; /* of the piece */
  XmlPosition tag;   /* of the last “<” before the piece */

  /* What GMarkupParser took for the start of the piece. */
  int markup_line;
  int markup_char;
} XmlLocator;

void xml_locator_init (XmlLocator *self);
void xml_locator_enter (XmlLocator *self,
                        GMarkupParseContext *context,
                        const char *piece,
                        gsize length);
void xml_locator_leave (XmlLocator *self);

XmlPosition xml_locator_find_end (const XmlLocator *self);
XmlPosition xml_locator_find_parser (const XmlLocator *self, GMarkupParseContext *context);
XmlPosition xml_locator_find_tag (const XmlLocator *self, GMarkupParseContext *context);
XmlPosition xml_locator_find_entity (const XmlLocator *self, GMarkupParseContext *context);

G_END_DECLS
