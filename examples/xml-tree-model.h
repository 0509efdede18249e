/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-allocator.h"

G_BEGIN_DECLS

/* An XML document in memory: each element, attribute and text is a node of its own.
 *
 * Strings belong to the tree, and lie in one GStringChunk whatever the nodes are taken from. So
 * what differs between a tree in pools and one from g_new () is the nodes, and nothing else. */

typedef struct _XmlElement XmlElement;
typedef struct _XmlAttribute XmlAttribute;
typedef struct _XmlNode XmlNode;

/* What elements and texts have in common: a place among the children of an element. */
struct _XmlNode {
  XmlKind kind;
  XmlElement *parent; /* NULL for the root */
  XmlNode *next;      /* sibling */
};

struct _XmlElement {
  XmlNode node;
  const char *name; /* (interned in the tree) */
  XmlAttribute *attributes;
  XmlNode *first_child;
  XmlNode *last_child;
};

struct _XmlAttribute {
  XmlAttribute *next;
  const char *name; /* (interned in the tree) */
  const char *value;
};

typedef struct {
  XmlNode node;
  const char *text;
} XmlText;

typedef struct {
  XmlAllocator *allocator; /* (not owned) */
  GStringChunk *strings;
  XmlElement *root; /* NULL: none yet, or dropped */
  XmlElement *open; /* the element that what comes next belongs to, or NULL */
  gsize n_bytes;    /* the length of the document that was read */
} XmlTree;

XmlTree *xml_tree_new (XmlAllocator *allocator);
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

void xml_tree_drop_nodes (XmlTree *self);
void xml_tree_drop_all (XmlTree *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlTree, xml_tree_free)

G_END_DECLS
