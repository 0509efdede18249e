/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

/* The nodes of a tree, and where they live: in three typed pools, or on the heap, from g_new0 () to
 * g_free (). The same code builds and drops a tree either way. */

typedef enum {
  XML_KIND_ELEMENT,
  XML_KIND_ATTRIBUTE,
  XML_KIND_TEXT,
} XmlKind;

#define XML_N_KINDS (XML_KIND_TEXT + 1)

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
  char *name; /* (owned) */
  XmlAttribute *attributes;
  XmlNode *first_child;
  XmlNode *last_child;
};

struct _XmlAttribute {
  XmlAttribute *next;
  char *name;  /* (owned) */
  char *value; /* (owned) */
};

typedef struct {
  XmlNode node;
  char *text; /* (owned) */
} XmlText;

GType xml_element_get_type (void);
GType xml_attribute_get_type (void);
GType xml_text_get_type (void);

typedef struct {
  FsmmTypedPool *of[XML_N_KINDS]; /* (owned) */
} XmlPools;

XmlPools *xml_pools_new (gsize max_blocks, GError **error);
void xml_pools_free (XmlPools *self);
void xml_pools_free_all (XmlPools *self);
gsize xml_pools_count_live (const XmlPools *self);

gpointer xml_node_make (XmlPools *pools, XmlKind kind, GError **error);
void xml_node_destroy (XmlPools *pools, XmlKind kind, gpointer node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlPools, xml_pools_free)

G_END_DECLS
