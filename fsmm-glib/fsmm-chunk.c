/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-chunk-private.h"

#include "fsmm-system-private.h"

#define WORD_BITS 64
#define BIT(n) ((guint64) 1 << (n))

static inline gsize
n_words_for (gsize n_bits)
{
  return (n_bits + WORD_BITS - 1) / WORD_BITS;
}

static void
set_first_bits (guint64 *words, gsize n_bits)
{
  gsize n_whole = n_bits / WORD_BITS;

  for (gsize i = 0; i < n_whole; i++)
    words[i] = G_MAXUINT64;
  if (n_bits % WORD_BITS != 0)
    words[n_whole] = BIT (n_bits % WORD_BITS) - 1;
}

/* A chunk whose blocks are all free, in the memory at @base. NULL if there is no memory for its
 * bookkeeping. */
FsmmChunk *
fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment)
{
  gsize n_words = n_words_for (geometry->n_blocks);
  gsize n_groups = n_words_for (n_words);
  FsmmChunk *self;

  self = fsmm_system_try_new0 (sizeof *self + (n_words + n_groups) * sizeof (guint64));
  if (self == NULL)
    return NULL;

  self->all_link.data = self;
  self->open_link.data = self;
  self->geometry = geometry;
  self->segment = segment;
  self->base = base;
  self->groups = self->free + n_words;
  set_first_bits (self->free, geometry->n_blocks);
  set_first_bits (self->groups, n_words);

  return self;
}

void
fsmm_chunk_free (FsmmChunk *self)
{
  g_free (self);
}

static inline void
mark_live (FsmmChunk *self, gsize block)
{
  gsize word = block / WORD_BITS;

  self->free[word] &= ~BIT (block % WORD_BITS);
  if (self->free[word] == 0)
    self->groups[word / WORD_BITS] &= ~BIT (word % WORD_BITS);

  self->n_live++;
  self->n_touched = MAX (self->n_touched, block + 1);
}

static inline void
mark_free (FsmmChunk *self, gsize block)
{
  gsize word = block / WORD_BITS;
  gsize group = word / WORD_BITS;

  self->free[word] |= BIT (block % WORD_BITS);
  self->groups[group] |= BIT (word % WORD_BITS);

  self->first_group = MIN (self->first_group, group);
  self->n_live--;
}

/* Hands out the free block with the lowest address. There must be one. */
gpointer
fsmm_chunk_take (FsmmChunk *self)
{
  gsize group = self->first_group;
  gsize word, block;

  while (self->groups[group] == 0)
    group++;
  self->first_group = group;

  word = group * WORD_BITS + __builtin_ctzll (self->groups[group]);
  block = word * WORD_BITS + __builtin_ctzll (self->free[word]);
  mark_live (self, block);

  return self->base + block * self->geometry->block_size;
}

/* Finds the block that starts at @address. */
static inline FsmmAddressKind
locate (const FsmmChunk *self, gconstpointer address, gsize *block)
{
  const FsmmGeometry *geometry = self->geometry;
  gsize offset = (gsize) ((guintptr) address - (guintptr) self->base);

  *block = fsmm_geometry_block_at (geometry, offset);

  if (*block >= geometry->n_blocks)
    return FSMM_ADDRESS_TAIL;
  if (*block * geometry->block_size != offset)
    return FSMM_ADDRESS_INTERIOR;
  if (self->free[*block / WORD_BITS] & BIT (*block % WORD_BITS))
    return *block < self->n_touched ? FSMM_ADDRESS_FREED : FSMM_ADDRESS_UNUSED;

  return FSMM_ADDRESS_LIVE;
}

/* Takes back the block at @address if it is live, and says what the address is otherwise. The
 * address lies in the chunk's span. */
FsmmAddressKind
fsmm_chunk_give (FsmmChunk *self, gconstpointer address)
{
  gsize block;
  FsmmAddressKind kind = locate (self, address, &block);

  if (kind == FSMM_ADDRESS_LIVE)
    mark_free (self, block);

  return kind;
}

/* Undoes fsmm_chunk_give () of @address. */
void
fsmm_chunk_take_again (FsmmChunk *self, gconstpointer address)
{
  mark_live (self, fsmm_chunk_index (self, address));
}

/* Says what @address is. It lies in the chunk's span. */
FsmmAddressKind
fsmm_chunk_inspect (const FsmmChunk *self, gconstpointer address)
{
  gsize block;

  return locate (self, address, &block);
}

/* The number of the block that @address lies in. It lies in the chunk's span. */
gsize
fsmm_chunk_index (const FsmmChunk *self, gconstpointer address)
{
  return fsmm_geometry_block_at (self->geometry,
                                 (gsize) ((guintptr) address - (guintptr) self->base));
}

/* The first live block from the one with number @index on, or NULL. */
gpointer
fsmm_chunk_next_live (const FsmmChunk *self, gsize index)
{
  gsize end = self->n_touched;

  while (index < end)
    {
      guint64 live = ~self->free[index / WORD_BITS] >> (index % WORD_BITS);

      if (live != 0)
        {
          index += __builtin_ctzll (live);
          return index < end ? self->base + index * self->geometry->block_size : NULL;
        }

      index = (index / WORD_BITS + 1) * WORD_BITS;
    }

  return NULL;
}

/* Checks the chunk against everything that must always be true of it. Returns what is not, or NULL. */
char *
fsmm_chunk_find_fault (const FsmmChunk *self)
{
  const FsmmGeometry *geometry = self->geometry;
  gsize n_words = n_words_for (geometry->n_blocks);
  gsize n_free = 0;

  if ((guintptr) self->base % geometry->span != 0)
    return g_strdup_printf ("chunk %p does not start at a multiple of its span", self->base);

  for (gsize i = 0; i < n_words; i++)
    {
      gboolean noted = (self->groups[i / WORD_BITS] & BIT (i % WORD_BITS)) != 0;

      n_free += __builtin_popcountll (self->free[i]);
      if (noted != (self->free[i] != 0))
        return g_strdup_printf ("chunk %p: the group bit of word %" G_GSIZE_FORMAT " is wrong",
                                self->base, i);
      if (noted && i / WORD_BITS < self->first_group)
        return g_strdup_printf ("chunk %p: a free block lies before the first group", self->base);
    }

  if (geometry->n_blocks % WORD_BITS != 0 &&
      self->free[n_words - 1] >> (geometry->n_blocks % WORD_BITS) != 0)
    return g_strdup_printf ("chunk %p: a block behind the last one is free", self->base);

  if (n_free + self->n_live != geometry->n_blocks)
    return g_strdup_printf ("chunk %p: %" G_GSIZE_FORMAT " free and %" G_GSIZE_FORMAT
                            " live blocks are not %" G_GSIZE_FORMAT,
                            self->base, n_free, self->n_live, geometry->n_blocks);

  for (gsize i = self->n_touched; i < geometry->n_blocks; i++)
    if ((self->free[i / WORD_BITS] & BIT (i % WORD_BITS)) == 0)
      return g_strdup_printf ("chunk %p: block %" G_GSIZE_FORMAT " is live, but was never handed out",
                              self->base, i);

  return NULL;
}
