/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-model.h"

G_BEGIN_DECLS

/* What a pool says to pointers that it must not free, while its blocks are in use. */

#define XML_N_MISTAKES 3

typedef struct {
  const char *what;
  GError *error; /* (owned) (nullable): NULL if the pool took the pointer */
} XmlMistake;

typedef struct {
  XmlMistake made[XML_N_MISTAKES];
  gsize n_live_before;
  gsize n_live_after;
} XmlMistakes;

gboolean xml_mistakes_make (XmlMistakes *self, XmlTree *tree, GError **error);
void xml_mistakes_clear (XmlMistakes *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (XmlMistakes, xml_mistakes_clear)

G_END_DECLS
