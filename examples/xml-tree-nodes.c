/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-nodes.h"

/* --- Types ---
 *
 * A node owns its strings, and no other node. A copy is in no tree: it begins as zeroes, and its
 * links stay NULL. */

static void
xml_element_copy (const XmlElement *source, XmlElement *destination)
{
  destination->node.kind = source->node.kind;
  destination->name = g_strdup (source->name);
}

static void
xml_element_clear (XmlElement *self)
{
  g_free (self->name);
}

FSMM_DEFINE_BOXED_TYPE (XmlElement, xml_element, xml_element_copy, xml_element_clear)

static void
xml_attribute_copy (const XmlAttribute *source, XmlAttribute *destination)
{
  destination->name = g_strdup (source->name);
  destination->value = g_strdup (source->value);
}

static void
xml_attribute_clear (XmlAttribute *self)
{
  g_free (self->name);
  g_free (self->value);
}

FSMM_DEFINE_BOXED_TYPE (XmlAttribute, xml_attribute, xml_attribute_copy, xml_attribute_clear)

static void
xml_text_copy (const XmlText *source, XmlText *destination)
{
  destination->node.kind = source->node.kind;
  destination->text = g_strdup (source->text);
}

static void
xml_text_clear (XmlText *self)
{
  g_free (self->text);
}

FSMM_DEFINE_BOXED_TYPE (XmlText, xml_text, xml_text_copy, xml_text_clear)

/* --- Pools --- */

static const struct {
  const char *pool_name;
  GType (*get_type) (void);

  /* Only for the heap: a pool knows them from the type. */
  gsize size;
  FsmmClearFunc clear;
} kinds[XML_N_KINDS] = {
  [XML_KIND_ELEMENT] = { "elements", xml_element_get_type, sizeof (XmlElement),
                         (FsmmClearFunc) xml_element_clear },
  [XML_KIND_ATTRIBUTE] = { "attributes", xml_attribute_get_type, sizeof (XmlAttribute),
                           (FsmmClearFunc) xml_attribute_clear },
  [XML_KIND_TEXT] = { "texts", xml_text_get_type, sizeof (XmlText),
                      (FsmmClearFunc) xml_text_clear },
};

/* A pool for each kind of node, with at most @max_blocks live nodes, or 0 for no limit. */
XmlPools *
xml_pools_new (gsize max_blocks, GError **error)
{
  g_autoptr (XmlPools) self = g_new0 (XmlPools, 1);

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    {
      self->of[kind] = fsmm_typed_pool_new_full (kinds[kind].pool_name, kinds[kind].get_type (), 0,
                                                 max_blocks, error);
      if (self->of[kind] == NULL)
        return NULL;
    }

  return g_steal_pointer (&self);
}

void
xml_pools_free (XmlPools *self)
{
  for (int kind = 0; kind < XML_N_KINDS; kind++)
    g_clear_object (&self->of[kind]);

  g_free (self);
}

/* Destroys every node, and so frees every string. */
void
xml_pools_free_all (XmlPools *self)
{
  for (int kind = 0; kind < XML_N_KINDS; kind++)
    fsmm_typed_pool_free_all (self->of[kind]);
}

gsize
xml_pools_count_live (const XmlPools *self)
{
  gsize n_live = 0;

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    n_live += fsmm_typed_pool_get_n_allocated (self->of[kind]);

  return n_live;
}

/* --- Pools or heap --- */

/* Returns a node that is all zeroes, from the heap if @pools is NULL. */
gpointer
xml_node_make (XmlPools *pools, XmlKind kind, GError **error)
{
  if (pools != NULL)
    return fsmm_typed_pool_construct (pools->of[kind], error);

  return g_malloc0 (kinds[kind].size); /* what g_new0 () comes down to */
}

void
xml_node_destroy (XmlPools *pools, XmlKind kind, gpointer node)
{
  if (pools != NULL)
    fsmm_typed_pool_destroy (pools->of[kind], node, NULL);
  else
    {
      kinds[kind].clear (node);
      g_free (node);
    }
}
