/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-model.h"

#include <string.h>

/* Nothing here recurses: a document may nest deeper than a stack. */

XmlTree *
xml_tree_new (XmlPools *pools)
{
  XmlTree *self = g_new0 (XmlTree, 1);

  self->pools = pools;

  return self;
}

/* Drops the nodes that are left, in the fastest way there is. */
void
xml_tree_free (XmlTree *self)
{
  if (self->root != NULL && self->pools != NULL)
    xml_tree_drop_all (self);
  else
    xml_tree_drop_nodes (self);

  g_free (self);
}

/* --- Building --- */

static void
append_child (XmlTree *self, XmlNode *child, XmlKind kind)
{
  XmlElement *parent = self->open;

  child->kind = kind;
  child->parent = parent;

  if (parent == NULL)
    return;

  if (parent->last_child != NULL)
    parent->last_child->next = child;
  else
    parent->first_child = child;
  parent->last_child = child;
}

/* The element takes what comes next, until it is closed. */
gboolean
xml_tree_open_element (XmlTree *self, const char *name, GError **error)
{
  XmlElement *element;

  if (xml_tree_is_complete (self))
    {
      g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                   "a second root element, “%s”: the first one, “%s”, has ended", name,
                   self->root->name);
      return FALSE;
    }

  element = xml_node_make (self->pools, XML_KIND_ELEMENT, error);
  if (element == NULL)
    return FALSE;

  append_child (self, &element->node, XML_KIND_ELEMENT);
  element->name = g_strdup (name);
  if (self->root == NULL)
    self->root = element;
  self->open = element;

  return TRUE;
}

/* Adds to the open element. */
gboolean
xml_tree_add_attribute (XmlTree *self, const char *name, const char *value, GError **error)
{
  XmlAttribute **end = &self->open->attributes;
  XmlAttribute *attribute;

  for (; *end != NULL; end = &(*end)->next)
    if (strcmp ((*end)->name, name) == 0)
      {
        g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                     "element “%s” has two attributes “%s”", self->open->name, name);
        return FALSE;
      }

  attribute = xml_node_make (self->pools, XML_KIND_ATTRIBUTE, error);
  if (attribute == NULL)
    return FALSE;

  attribute->name = g_strdup (name);
  attribute->value = g_strdup (value);
  *end = attribute;

  return TRUE;
}

/* Adds to the open element. */
gboolean
xml_tree_add_text (XmlTree *self, const char *text, gsize length, GError **error)
{
  XmlText *node = xml_node_make (self->pools, XML_KIND_TEXT, error);

  if (node == NULL)
    return FALSE;

  append_child (self, &node->node, XML_KIND_TEXT);
  node->text = g_strndup (text, length);

  return TRUE;
}

void
xml_tree_close_element (XmlTree *self)
{
  self->open = self->open->node.parent;
}

/* Whether the root has been closed: nothing can be added any more. */
gboolean
xml_tree_is_complete (const XmlTree *self)
{
  return self->root != NULL && self->open == NULL;
}

/* --- Walking --- */

/* The next element or text in the order of the document, or NULL. Keeps @depth, which is that of
 * @self, up to date. */
XmlNode *
xml_node_get_next (XmlNode *self, gsize *depth)
{
  if (self->kind == XML_KIND_ELEMENT && ((XmlElement *) self)->first_child != NULL)
    {
      ++*depth;
      return ((XmlElement *) self)->first_child;
    }

  while (self != NULL && self->next == NULL)
    {
      --*depth;
      self = (XmlNode *) self->parent;
    }

  return self != NULL ? self->next : NULL;
}

/* --- Dropping --- */

static void
drop_element (XmlTree *self, XmlElement *element)
{
  XmlAttribute *next;

  for (XmlAttribute *attribute = element->attributes; attribute != NULL; attribute = next)
    {
      next = attribute->next;
      xml_node_destroy (self->pools, XML_KIND_ATTRIBUTE, attribute);
    }

  xml_node_destroy (self->pools, XML_KIND_ELEMENT, element);
}

/* Destroys one node after the other, children first. @top is no child of its parent any more. */
static void
drop_below (XmlTree *self, XmlElement *top)
{
  XmlElement *end = top->node.parent;
  XmlElement *element = top;

  while (element != end)
    {
      XmlNode *child = element->first_child;

      if (child == NULL)
        {
          XmlElement *parent = element->node.parent;

          drop_element (self, element);
          element = parent;
        }
      else
        {
          element->first_child = child->next;
          if (child->kind == XML_KIND_ELEMENT)
            element = (XmlElement *) child;
          else
            xml_node_destroy (self->pools, XML_KIND_TEXT, child);
        }
    }
}

static gboolean
is_named (const XmlNode *node, const char *name)
{
  return node->kind == XML_KIND_ELEMENT && strcmp (((const XmlElement *) node)->name, name) == 0;
}

static void
drop_children_named (XmlTree *self, XmlElement *parent, const char *name)
{
  XmlNode **link = &parent->first_child;

  parent->last_child = NULL;
  while (*link != NULL)
    {
      XmlNode *child = *link;

      if (is_named (child, name))
        {
          *link = child->next;
          drop_below (self, (XmlElement *) child);
        }
      else
        {
          parent->last_child = child;
          link = &child->next;
        }
    }
}

/* Drops each element that has this name, and what is in it. The root stays, whatever its name. */
void
xml_tree_drop_named (XmlTree *self, const char *name)
{
  gsize depth = 1;

  for (XmlNode *node = &self->root->node; node != NULL; node = xml_node_get_next (node, &depth))
    if (node->kind == XML_KIND_ELEMENT)
      drop_children_named (self, (XmlElement *) node, name);
}

/* Drops all nodes, one after the other. */
void
xml_tree_drop_nodes (XmlTree *self)
{
  if (self->root != NULL)
    drop_below (self, self->root);

  self->root = NULL;
  self->open = NULL;
}

/* Drops all that lives in the pools of the tree at once: they must have no other tree. */
void
xml_tree_drop_all (XmlTree *self)
{
  xml_pools_free_all (self->pools);

  self->root = NULL;
  self->open = NULL;
}
