/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "xml-tree-map.h"

#define MAX_CELLS_PER_CHUNK 16

/* A row fits into @n_columns, with a space between chunks that have several cells. All rows have
 * the same scale: that at which what the pools have now fits. */
XmlMap
xml_map_new (const XmlPools *pools, gsize n_columns)
{
  XmlMap self = { .pools = pools };
  gsize n_chunks = 1;

  for (int kind = 0; kind < XML_N_KINDS; kind++)
    {
      self.chunks[kind] = g_hash_table_new (NULL, NULL);
      n_chunks =
          MAX (n_chunks, fsmm_pool_get_n_chunks (fsmm_typed_pool_get_pool (pools->of[kind])));
    }

  self.n_cells_per_chunk = CLAMP ((n_columns + 1) / n_chunks, 2, MAX_CELLS_PER_CHUNK + 1) - 1;
  self.n_chunks_per_cell = (n_chunks - 1) / n_columns + 1;

  return self;
}

void
xml_map_clear (XmlMap *self)
{
  for (int kind = 0; kind < XML_N_KINDS; kind++)
    {
      g_clear_pointer (&self->chunks[kind], g_hash_table_unref);
      for (guint i = 0; i < self->n_moments; i++)
        g_clear_pointer (&self->rows[kind][i].cells, g_array_unref);
    }
}

/* --- Blocks to cells --- */

static gsize
count_blocks_in_chunk (FsmmPool *pool)
{
  return fsmm_pool_get_chunk_bytes (pool) / fsmm_pool_get_block_size (pool);
}

/* Chunks start at multiples of this. */
static gsize
get_chunk_span (FsmmPool *pool)
{
  gsize span = 1;

  while (span < fsmm_pool_get_chunk_bytes (pool))
    span *= 2;

  return span;
}

typedef struct {
  XmlMap *map;
  GHashTable *chunks;
  GArray *cells;
  gsize n_blocks;
  gsize span;
  gsize block_size;
} XmlMapWalk;

/* Chunks come in the order in which they were seen first, at whichever moment. */
static gsize
find_chunk (XmlMapWalk *walk, gsize address)
{
  gpointer base = GSIZE_TO_POINTER (address / walk->span * walk->span);
  gpointer place;

  if (!g_hash_table_lookup_extended (walk->chunks, base, NULL, &place))
    {
      place = GSIZE_TO_POINTER (g_hash_table_size (walk->chunks));
      g_hash_table_insert (walk->chunks, base, place);
    }

  return GPOINTER_TO_SIZE (place);
}

static void
count_block (gpointer block, gpointer user_data)
{
  XmlMapWalk *walk = user_data;
  gsize address = GPOINTER_TO_SIZE (block);
  gsize i = MIN (address % walk->span / walk->block_size, walk->n_blocks - 1);
  gsize n_cells = walk->map->n_cells_per_chunk;
  gsize cell = (find_chunk (walk, address) * n_cells + i * n_cells / walk->n_blocks) /
               walk->map->n_chunks_per_cell;

  if (cell >= walk->cells->len)
    g_array_set_size (walk->cells, (guint) cell + 1);
  g_array_index (walk->cells, gsize, cell)++;
}

static void
fill_row (XmlMap *self, XmlKind kind, XmlMapRow *row)
{
  FsmmPool *pool = fsmm_typed_pool_get_pool (self->pools->of[kind]);
  XmlMapWalk walk = {
    .map = self,
    .chunks = self->chunks[kind],
    .n_blocks = count_blocks_in_chunk (pool),
    .span = get_chunk_span (pool),
    .block_size = fsmm_pool_get_block_size (pool),
  };

  walk.cells = row->cells = g_array_new (FALSE, TRUE, sizeof (gsize));
  fsmm_typed_pool_foreach (self->pools->of[kind], count_block, &walk);
  row->n_live = fsmm_pool_get_n_allocated (pool);
  row->n_chunks = fsmm_pool_get_n_chunks (pool);
}

/* Adds what is live now. */
void
xml_map_add (XmlMap *self, const char *name)
{
  for (int kind = 0; kind < XML_N_KINDS; kind++)
    fill_row (self, kind, &self->rows[kind][self->n_moments]);

  self->names[self->n_moments++] = name;
}

/* How many blocks a cell stands for, live or not. */
gsize
xml_map_count_blocks (const XmlMap *self, XmlKind kind, gsize cell)
{
  gsize n_blocks = count_blocks_in_chunk (fsmm_typed_pool_get_pool (self->pools->of[kind]));
  gsize n_cells = self->n_cells_per_chunk;
  gsize n_before = cell * self->n_chunks_per_cell;

  if (n_cells == 1)
    return n_blocks *
           MIN (self->n_chunks_per_cell, g_hash_table_size (self->chunks[kind]) - n_before);

  /* The first block of a cell is the first one whose number is not below the cell's share. */
  cell %= n_cells;
  return ((cell + 1) * n_blocks + n_cells - 1) / n_cells -
         (cell * n_blocks + n_cells - 1) / n_cells;
}
