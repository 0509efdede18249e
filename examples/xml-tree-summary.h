/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-model.h"

G_BEGIN_DECLS

/* What is in a tree. */

typedef struct {
  gsize n_elements;
  gsize n_attributes;
  gsize n_texts;
  gsize depth; /* 1: a root without children */
} XmlCounts;

typedef struct {
  const char *name;
  gsize n_elements;
} XmlNameCount;

XmlCounts xml_tree_count (const XmlTree *tree);
GArray *xml_tree_count_names (const XmlTree *tree);
char *xml_tree_find_part (const XmlTree *tree);

G_END_DECLS
