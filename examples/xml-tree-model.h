/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-nodes.h"

G_BEGIN_DECLS

/* An XML document in memory: each element, attribute and text is a node of its own. */

typedef struct {
  XmlPools *pools;  /* (not owned): where the nodes live, or NULL: on the heap */
  XmlElement *root; /* NULL: none yet, or dropped */
  XmlElement *open; /* the element that what comes next belongs to, or NULL */
  gsize n_bytes;    /* the length of the document that was read */
} XmlTree;

XmlTree *xml_tree_new (XmlPools *pools);
void xml_tree_free (XmlTree *self);

gboolean xml_tree_open_element (XmlTree *self, const char *name, GError **error);
gboolean xml_tree_add_attribute (XmlTree *self,
                                 const char *name,
                                 const char *value,
                                 GError **error);
gboolean xml_tree_add_text (XmlTree *self, const char *text, gsize length, GError **error);
void xml_tree_close_element (XmlTree *self);
gboolean xml_tree_is_complete (const XmlTree *self);

XmlNode *xml_node_get_next (XmlNode *self, gsize *depth);

void xml_tree_drop_named (XmlTree *self, const char *name);
void xml_tree_drop_nodes (XmlTree *self);
void xml_tree_drop_all (XmlTree *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlTree, xml_tree_free)

G_END_DECLS
