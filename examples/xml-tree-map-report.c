/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-map-report.h"

#include "xml-tree-output.h"
#include "xml-tree-text.h"

/* Of the columns in front of a row: the name of the moment, and two numbers. */
#define INDENT 4
#define NAME_COLUMNS 12
#define LIVE_COLUMNS 9
#define CHUNKS_COLUMNS 7
#define GAP 2

/* How long a row of the map can be. */
gsize
xml_map_get_report_columns (void)
{
  return xml_text_get_columns () - (INDENT + NAME_COLUMNS + LIVE_COLUMNS + CHUNKS_COLUMNS + GAP);
}

/* All and nothing are only what they are called; shades between them are thirds. */
static guint
find_shade (gsize n_live, gsize n_blocks)
{
  if (n_live == 0)
    return 0;

  return n_live >= n_blocks ? XML_N_SHADES - 1 : 1 + (guint) (3 * n_live / n_blocks);
}

static gsize
count_cells (const XmlMap *map, XmlKind kind)
{
  gsize n_parts = g_hash_table_size (map->chunks[kind]) * map->n_cells_per_chunk;

  return (n_parts + map->n_chunks_per_cell - 1) / map->n_chunks_per_cell;
}

static guint
find_cell_shade (const XmlMap *map, XmlKind kind, const XmlMapRow *row, gsize cell)
{
  gsize n_live = cell < row->cells->len ? g_array_index (row->cells, gsize, cell) : 0;

  return find_shade (n_live, xml_map_count_blocks (map, kind, cell));
}

static void
print_row (const XmlMap *map, XmlKind kind, const XmlMapRow *row)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize cell = 0; cell < count_cells (map, kind); cell++)
    {
      if (map->n_cells_per_chunk > 1 && cell > 0 && cell % map->n_cells_per_chunk == 0)
        g_string_append_c (text, ' ');
      g_string_append (text, xml_text_get_shade (find_cell_shade (map, kind, row, cell)));
    }

  xml_print_styled (XML_STYLE_BLOCKS, "%s", text->str);
}

static void
report_moment (const XmlMap *map, XmlKind kind, guint i)
{
  const XmlMapRow *row = &map->rows[kind][i];

  xml_print ("%*s%-*s%*" G_GSIZE_FORMAT "%*" G_GSIZE_FORMAT, INDENT, "", NAME_COLUMNS,
             map->names[i], LIVE_COLUMNS, row->n_live, CHUNKS_COLUMNS, row->n_chunks);
  if (row->n_chunks > 0)
    {
      xml_print ("%*s", GAP, "");
      print_row (map, kind, row);
    }
  xml_print ("\n");
}

static void
explain (const XmlMap *map, const char *dropped_name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (map->n_cells_per_chunk > 1)
    g_string_append (text, "A group of characters is a chunk; each stands for a part of its blocks");
  else
    g_string_append (text, "Each character stands for the blocks of a chunk, or of several");
  g_string_append_printf (text, ": %s all live, %s%s%s some, %s none.", xml_text_get_shade (4),
                          xml_text_get_shade (3), xml_text_get_shade (2), xml_text_get_shade (1),
                          xml_text_get_shade (0));
  if (dropped_name != NULL)
    g_string_append_printf (text, " The part that is dropped: each “%s”, and what is in it.",
                            dropped_name);
  g_string_append (text, " After free_all () and fsmm_trim_all (), the system has all chunks back.");

  xml_print_wrapped (XML_STYLE_EXPLANATION, text->str, 2);
}

/* @dropped_name is the name of the elements that were dropped between two moments, or NULL. */
void
xml_report_map (const XmlMap *map, const char *dropped_name)
{
  xml_print ("\n");
  xml_print_heading ("Where the blocks are");
  xml_print_styled (XML_STYLE_EXPLANATION, "%*s%*s%*s", INDENT + NAME_COLUMNS, "", LIVE_COLUMNS,
                    "live", CHUNKS_COLUMNS, "chunks");
  xml_print ("\n");

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    {
      xml_print ("  %s\n", fsmm_typed_pool_get_name (map->pools->of[kind]));
      for (guint i = 0; i < map->n_moments; i++)
        report_moment (map, kind, i);
    }

  xml_print ("\n");
  explain (map, dropped_name);
}
