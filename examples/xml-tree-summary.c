/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-summary.h"

#include <string.h>

static void
count_node (const XmlNode *node, XmlCounts *counts)
{
  if (node->kind != XML_KIND_ELEMENT)
    {
      counts->n_texts++;
      return;
    }

  counts->n_elements++;
  for (XmlAttribute *a = ((const XmlElement *) node)->attributes; a != NULL; a = a->next)
    counts->n_attributes++;
}

XmlCounts
xml_tree_count (const XmlTree *tree)
{
  XmlCounts counts = { 0 };
  gsize depth = 1;

  for (XmlNode *node = &tree->root->node; node != NULL; node = xml_node_get_next (node, &depth))
    {
      count_node (node, &counts);
      if (node->kind == XML_KIND_ELEMENT)
        counts.depth = MAX (counts.depth, depth);
    }

  return counts;
}

static int
compare_counts (gconstpointer a, gconstpointer b)
{
  const XmlNameCount *first = a;
  const XmlNameCount *second = b;

  if (first->n_elements != second->n_elements)
    return first->n_elements > second->n_elements ? -1 : 1;

  return strcmp (first->name, second->name);
}

/* Returns: (transfer full) (element-type XmlNameCount): the names of elements, the most
 *   frequent one first. They belong to @tree. */
GArray *
xml_tree_count_names (const XmlTree *tree)
{
  g_autoptr (GHashTable) table = g_hash_table_new (g_str_hash, g_str_equal);
  GArray *counts = g_array_new (FALSE, FALSE, sizeof (XmlNameCount));
  gsize depth = 1;

  for (XmlNode *node = &tree->root->node; node != NULL; node = xml_node_get_next (node, &depth))
    if (node->kind == XML_KIND_ELEMENT)
      {
        XmlNameCount fresh = { ((XmlElement *) node)->name, 0 };
        gpointer index;

        if (!g_hash_table_lookup_extended (table, fresh.name, NULL, &index))
          {
            index = GUINT_TO_POINTER (counts->len);
            g_hash_table_insert (table, (gpointer) fresh.name, index);
            g_array_append_val (counts, fresh);
          }
        g_array_index (counts, XmlNameCount, GPOINTER_TO_UINT (index)).n_elements++;
      }

  g_array_sort (counts, compare_counts);

  return counts;
}

/* Returns: (transfer full) (nullable): the most frequent name of elements that is not the root's,
 *   or NULL if there is none */
char *
xml_tree_find_part (const XmlTree *tree)
{
  g_autoptr (GArray) counts = xml_tree_count_names (tree);

  for (guint i = 0; i < counts->len; i++)
    {
      const char *name = g_array_index (counts, XmlNameCount, i).name;

      if (strcmp (name, tree->root->name) != 0)
        return g_strdup (name);
    }

  return NULL;
}
