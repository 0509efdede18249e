/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-nodes.h"

G_BEGIN_DECLS

/* Where the live blocks of each pool are, at several moments. */

#define XML_MAX_MOMENTS 3

/* A row of cells, each of which stands for a part of a chunk, or for several chunks. */
typedef struct {
  gsize n_live;
  gsize n_chunks;
  GArray *cells; /* (owned) (element-type gsize): how many of their blocks are live */
} XmlMapRow;

typedef struct {
  const XmlPools *pools;
  gsize n_cells_per_chunk;
  gsize n_chunks_per_cell;
  GHashTable *chunks[XML_N_KINDS]; /* (owned): the place in the row of what lies at an address */

  guint n_moments;
  const char *names[XML_MAX_MOMENTS];
  XmlMapRow rows[XML_N_KINDS][XML_MAX_MOMENTS];
} XmlMap;

XmlMap xml_map_new (const XmlPools *pools, gsize n_columns);
void xml_map_add (XmlMap *self, const char *name);
void xml_map_clear (XmlMap *self);

gsize xml_map_count_blocks (const XmlMap *self, XmlKind kind, gsize cell);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (XmlMap, xml_map_clear)

G_END_DECLS
