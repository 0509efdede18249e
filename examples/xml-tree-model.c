/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-model.h"

/* Nothing here recurses: a document may nest deeper than a stack. */

#define STRINGS_CHUNK 65536

XmlTree *
xml_tree_new (XmlAllocator *allocator)
{
  XmlTree *self = g_new0 (XmlTree, 1);

  self->allocator = allocator;
  self->strings = g_string_chunk_new (STRINGS_CHUNK);

  return self;
}

/* Drops the nodes that are left, in the fastest way there is. */
void
xml_tree_free (XmlTree *self)
{
  if (self->root != NULL && xml_allocator_can_drop_all (self->allocator))
    xml_tree_drop_all (self);
  else
    xml_tree_drop_nodes (self);

  g_string_chunk_free (self->strings);
  g_free (self);
}

/* --- Building --- */

static void
append_child (XmlTree *self, XmlNode *child, XmlKind kind)
{
  XmlElement *parent = self->open;

  child->kind = kind;
  child->parent = parent;
  child->next = NULL;

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

  element = xml_allocator_take (self->allocator, XML_KIND_ELEMENT, error);
  if (element == NULL)
    return FALSE;

  append_child (self, &element->node, XML_KIND_ELEMENT);
  element->name = g_string_chunk_insert_const (self->strings, name);
  element->attributes = NULL;
  element->first_child = NULL;
  element->last_child = NULL;

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
  const char *interned = g_string_chunk_insert_const (self->strings, name);
  XmlAttribute *attribute;

  for (; *end != NULL; end = &(*end)->next)
    if ((*end)->name == interned)
      {
        g_set_error (error, G_MARKUP_ERROR, G_MARKUP_ERROR_INVALID_CONTENT,
                     "element “%s” has two attributes “%s”", self->open->name, name);
        return FALSE;
      }

  attribute = xml_allocator_take (self->allocator, XML_KIND_ATTRIBUTE, error);
  if (attribute == NULL)
    return FALSE;

  attribute->next = NULL;
  attribute->name = interned;
  attribute->value = g_string_chunk_insert (self->strings, value);
  *end = attribute;

  return TRUE;
}

/* Adds to the open element. */
gboolean
xml_tree_add_text (XmlTree *self, const char *text, gsize length, GError **error)
{
  XmlText *node = xml_allocator_take (self->allocator, XML_KIND_TEXT, error);

  if (node == NULL)
    return FALSE;

  append_child (self, &node->node, XML_KIND_TEXT);
  node->text = g_string_chunk_insert_len (self->strings, text, (gssize) length);

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
      xml_allocator_give (self->allocator, XML_KIND_ATTRIBUTE, attribute);
    }

  xml_allocator_give (self->allocator, XML_KIND_ELEMENT, element);
}

/* Gives back one node after the other, children first. */
void
xml_tree_drop_nodes (XmlTree *self)
{
  XmlElement *element = self->root;

  while (element != NULL)
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
            xml_allocator_give (self->allocator, XML_KIND_TEXT, child);
        }
    }

  self->root = NULL;
  self->open = NULL;
}

/* Drops everything that has been taken from the allocator: it must have no other tree. */
void
xml_tree_drop_all (XmlTree *self)
{
  xml_allocator_drop_all (self->allocator);

  self->root = NULL;
  self->open = NULL;
}
