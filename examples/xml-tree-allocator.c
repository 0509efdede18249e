/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-allocator.h"

#include "xml-tree-model.h"

static const gsize sizes[XML_N_KINDS] = {
  [XML_KIND_ELEMENT] = sizeof (XmlElement),
  [XML_KIND_ATTRIBUTE] = sizeof (XmlAttribute),
  [XML_KIND_TEXT] = sizeof (XmlText),
};

static const char *const names[XML_N_KINDS] = {
  [XML_KIND_ELEMENT] = "elements",
  [XML_KIND_ATTRIBUTE] = "attributes",
  [XML_KIND_TEXT] = "texts",
};

/* A pool for each kind of node, with at most @max_blocks live blocks, or 0 for no limit. */
XmlAllocator *
xml_allocator_new_pools (gsize max_blocks, GError **error)
{
  g_autoptr (XmlAllocator) self = g_new0 (XmlAllocator, 1);

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    {
      self->pools[kind] = fsmm_pool_new_full (names[kind], sizes[kind], 0, 0, max_blocks, error);
      if (self->pools[kind] == NULL)
        return NULL;
    }

  return g_steal_pointer (&self);
}

XmlAllocator *
xml_allocator_new_heap (void)
{
  return g_new0 (XmlAllocator, 1);
}

void
xml_allocator_free (XmlAllocator *self)
{
  for (int kind = 0; kind < XML_N_KINDS; kind++)
    g_clear_object (&self->pools[kind]);

  g_free (self);
}

/* The node's bytes are whatever they are. */
gpointer
xml_allocator_take (XmlAllocator *self, XmlKind kind, GError **error)
{
  if (self->pools[kind] == NULL)
    return g_malloc (sizes[kind]); /* what g_new () comes down to */

  return fsmm_pool_alloc (self->pools[kind], error);
}

void
xml_allocator_give (XmlAllocator *self, XmlKind kind, gpointer node)
{
  if (self->pools[kind] == NULL)
    g_free (node);
  else
    fsmm_pool_free (self->pools[kind], node, NULL);
}

gboolean
xml_allocator_can_drop_all (const XmlAllocator *self)
{
  return self->pools[0] != NULL;
}

/* Drops every node that was taken and not given back. Only pools can. */
void
xml_allocator_drop_all (XmlAllocator *self)
{
  g_return_if_fail (xml_allocator_can_drop_all (self));

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    fsmm_pool_free_all (self->pools[kind]);
}

/* How many nodes have been taken and not given back: 0 where nobody counts. */
gsize
xml_allocator_count_live (const XmlAllocator *self)
{
  gsize n_live = 0;

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    if (self->pools[kind] != NULL)
      n_live += fsmm_pool_get_n_allocated (self->pools[kind]);

  return n_live;
}
