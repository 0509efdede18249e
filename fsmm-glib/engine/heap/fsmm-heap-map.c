/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-locked.h"

/* A picture of where blocks are, for people. */

/* How many characters a chunk is drawn with at most. */
#define MAX_COLUMNS 64
/* How many chunks are drawn. */
#define MAX_CHUNKS 64

typedef struct {
  gsize n_out;
  gsize n_unused;
  gsize n_blocks;
} Count;

static Count
count (const FsmmChunk *chunk, gsize first, gsize end)
{
  Count result = { .n_blocks = end - first };

  for (gsize i = first; i < end; i++)
    {
      FsmmState state = fsmm_state_get (fsmm_chunk_get_state (chunk, i));

      result.n_out += fsmm_state_is_out (state);
      result.n_unused += fsmm_state_to_kind (state) == FSMM_ADDRESS_UNUSED;
    }

  return result;
}

static char
get_character (Count part)
{
  if (part.n_out == part.n_blocks)
    return '#';
  if (part.n_out > 0)
    return '+';

  return part.n_unused == part.n_blocks ? '_' : '.';
}

static void
draw_chunk (const FsmmChunk *chunk, GString *text)
{
  gsize n_blocks = chunk->geometry->n_blocks;
  gsize per_column = (n_blocks - 1) / MAX_COLUMNS + 1;

  g_string_append_printf (text, "  %p %*" G_GSIZE_FORMAT "/%" G_GSIZE_FORMAT " ", chunk->base, 5,
                          count (chunk, 0, n_blocks).n_out, n_blocks);
  for (gsize i = 0; i < n_blocks; i += per_column)
    g_string_append_c (text, get_character (count (chunk, i, MIN (i + per_column, n_blocks))));
  g_string_append_c (text, '\n');
}

/* Appends a line for each chunk. */
void
fsmm_heap_draw (FsmmStore *self, GString *text)
{
  guint n_drawn = 0;

  fsmm_heap_lock (self);

  for (GList *l = self->all.head; l != NULL && n_drawn < MAX_CHUNKS; l = l->next)
    if (!((FsmmChunk *) l->data)->detached)
      {
        draw_chunk (l->data, text);
        n_drawn++;
      }
  if (n_drawn < fsmm_store_count_chunks (self))
    g_string_append_printf (text, "  and %u more\n", fsmm_store_count_chunks (self) - n_drawn);

  fsmm_unlock (self->lock);
}
