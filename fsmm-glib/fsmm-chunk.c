/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-chunk-private.h"

#include "fsmm-system-private.h"

#define WORD_BITS FSMM_WORD_BITS
#define BIT(n) ((guint64) 1 << (n))

static inline gsize
n_words_for (gsize n_bits)
{
  return (n_bits + WORD_BITS - 1) / WORD_BITS;
}

/* All 64 bits, or as many as are left for the last word. */
static inline guint64
word_of_ones (gsize word, gsize n_bits)
{
  gsize n_left = n_bits - word * WORD_BITS;

  return n_left >= WORD_BITS ? G_MAXUINT64 : BIT (n_left) - 1;
}

/* A chunk whose blocks are all free, in the memory at @base. NULL if there is no memory for its
 * bookkeeping. */
FsmmChunk *
fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment)
{
  gsize n_words = n_words_for (geometry->n_blocks);
  gsize n_groups = n_words_for (n_words);
  FsmmChunk *self;

  self = fsmm_system_try_new0 (sizeof *self + n_words * sizeof (FsmmBlockBits) +
                               n_groups * sizeof (guint64));
  if (self == NULL)
    return NULL;

  self->all_link.data = self;
  self->open_link.data = self;
  self->geometry = geometry;
  self->segment = segment;
  self->base = base;
  self->groups = (guint64 *) (self->bits + n_words);

  for (gsize i = 0; i < n_words; i++)
    self->bits[i].free = word_of_ones (i, geometry->n_blocks);
  for (gsize i = 0; i < n_groups; i++)
    self->groups[i] = word_of_ones (i, n_words);

  return self;
}

void
fsmm_chunk_free (FsmmChunk *self)
{
  g_free (self);
}

/* --- States --- */

static inline FsmmBlockState
get_state (const FsmmChunk *self, gsize block)
{
  const FsmmBlockBits *bits = &self->bits[block / WORD_BITS];
  guint64 bit = BIT (block % WORD_BITS);

  if (bits->free & bit)
    return FSMM_BLOCK_FREE;
  if (!(bits->reserved & bit))
    return FSMM_BLOCK_LIVE;

  return bits->held & bit ? FSMM_BLOCK_HELD : FSMM_BLOCK_CHANGING;
}

static inline void
note_free (FsmmChunk *self, gsize block)
{
  gsize word = block / WORD_BITS;
  gsize group = word / WORD_BITS;

  self->bits[word].free |= BIT (block % WORD_BITS);
  self->groups[group] |= BIT (word % WORD_BITS);

  self->first_group = MIN (self->first_group, group);
  self->n_live--;
}

static inline void
note_taken (FsmmChunk *self, gsize block)
{
  gsize word = block / WORD_BITS;

  self->bits[word].free &= ~BIT (block % WORD_BITS);
  if (self->bits[word].free == 0)
    self->groups[word / WORD_BITS] &= ~BIT (word % WORD_BITS);

  self->n_live++;
  self->n_touched = MAX (self->n_touched, block + 1);
}

static inline void
set_state (FsmmChunk *self, gsize block, FsmmBlockState from, FsmmBlockState to)
{
  FsmmBlockBits *bits = &self->bits[block / WORD_BITS];
  guint64 bit = BIT (block % WORD_BITS);

  if (from == FSMM_BLOCK_FREE)
    note_taken (self, block);
  else if (to == FSMM_BLOCK_FREE)
    note_free (self, block);

  if (to == FSMM_BLOCK_HELD || to == FSMM_BLOCK_CHANGING)
    bits->reserved |= bit;
  else
    bits->reserved &= ~bit;

  if (to == FSMM_BLOCK_HELD)
    bits->held |= bit;
  else
    bits->held &= ~bit;
}

/* Hands out the free block with the lowest address, in the state @to. There must be one. */
gpointer
fsmm_chunk_take (FsmmChunk *self, FsmmBlockState to)
{
  gsize group = self->first_group;
  gsize word, block;

  while (self->groups[group] == 0)
    group++;
  self->first_group = group;

  word = group * WORD_BITS + __builtin_ctzll (self->groups[group]);
  block = word * WORD_BITS + __builtin_ctzll (self->bits[word].free);
  set_state (self, block, FSMM_BLOCK_FREE, to);

  return self->base + block * self->geometry->block_size;
}

/* Finds the block that starts at @address. */
static inline FsmmAddressKind
locate (const FsmmChunk *self, gconstpointer address, gsize *block)
{
  const FsmmGeometry *geometry = self->geometry;
  gsize offset = (gsize) ((guintptr) address - (guintptr) self->base);
  FsmmBlockState state;

  *block = fsmm_geometry_block_at (geometry, offset);

  if (*block >= geometry->n_blocks)
    return FSMM_ADDRESS_TAIL;
  if (*block * geometry->block_size != offset)
    return FSMM_ADDRESS_INTERIOR;

  state = get_state (self, *block);
  if (state == FSMM_BLOCK_FREE && *block >= self->n_touched)
    return FSMM_ADDRESS_UNUSED;

  return (FsmmAddressKind) state;
}

/* Moves the block at @address from one state to another if it is in the first, and says in any case
 * what the address was before. It lies in the chunk's span. */
FsmmAddressKind
fsmm_chunk_move (FsmmChunk *self,
                 gconstpointer address,
                 FsmmBlockState from,
                 FsmmBlockState to)
{
  gsize block;
  FsmmAddressKind kind = locate (self, address, &block);

  if (kind == (FsmmAddressKind) from)
    set_state (self, block, from, to);

  return kind;
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

/* The blocks of a word that are live or held: that hold something whole. */
static inline guint64
whole_blocks (const FsmmChunk *self, gsize word)
{
  const FsmmBlockBits *bits = &self->bits[word];

  return ~bits->free & (~bits->reserved | bits->held) & word_of_ones (word, self->geometry->n_blocks);
}

/* The first block that is live or held, from the one with number @index on, or NULL. */
gpointer
fsmm_chunk_next_whole (const FsmmChunk *self, gsize index)
{
  for (; index < self->n_touched; index = (index / WORD_BITS + 1) * WORD_BITS)
    {
      guint64 whole = whole_blocks (self, index / WORD_BITS) >> (index % WORD_BITS);

      if (whole != 0)
        return self->base + (index + __builtin_ctzll (whole)) * self->geometry->block_size;
    }

  return NULL;
}

/* Moves the live and held blocks of a word to CHANGING: those of the first word from @word on that has
 * any. Returns which word that is, and its blocks in @claimed: none at the end. */
gsize
fsmm_chunk_claim_word (FsmmChunk *self, gsize word, guint64 *claimed)
{
  gsize end = n_words_for (self->n_touched);

  for (*claimed = 0; word < end; word++)
    {
      *claimed = whole_blocks (self, word);
      if (*claimed != 0)
        break;
    }

  if (*claimed != 0)
    {
      self->bits[word].reserved |= *claimed;
      self->bits[word].held &= ~*claimed;
    }

  return word;
}

/* Moves CHANGING blocks of a word to FREE. */
void
fsmm_chunk_finish_word (FsmmChunk *self, gsize word, guint64 claimed)
{
  for (; claimed != 0; claimed &= claimed - 1)
    set_state (self, word * WORD_BITS + __builtin_ctzll (claimed), FSMM_BLOCK_CHANGING,
               FSMM_BLOCK_FREE);
}

/* --- Checking --- */

static char *
find_word_fault (const FsmmChunk *self, gsize word)
{
  const FsmmBlockBits *bits = &self->bits[word];
  gboolean noted = (self->groups[word / WORD_BITS] & BIT (word % WORD_BITS)) != 0;

  if (bits->free & ~word_of_ones (word, self->geometry->n_blocks))
    return g_strdup_printf ("chunk %p: a block behind the last one is free", self->base);
  if (noted != (bits->free != 0))
    return g_strdup_printf ("chunk %p: the group bit of word %" G_GSIZE_FORMAT " is wrong",
                            self->base, word);
  if (noted && word / WORD_BITS < self->first_group)
    return g_strdup_printf ("chunk %p: a free block lies before the first group", self->base);
  if ((bits->free & bits->reserved) || (bits->held & ~bits->reserved))
    return g_strdup_printf ("chunk %p: a block of word %" G_GSIZE_FORMAT " has no state",
                            self->base, word);

  return NULL;
}

/* Checks the chunk against everything that must always be true of it. Returns what is not, or NULL. */
char *
fsmm_chunk_find_fault (const FsmmChunk *self)
{
  const FsmmGeometry *geometry = self->geometry;
  gsize n_free = 0;

  if ((guintptr) self->base % geometry->span != 0)
    return g_strdup_printf ("chunk %p does not start at a multiple of its span", self->base);

  for (gsize i = 0; i < n_words_for (geometry->n_blocks); i++)
    {
      char *fault = find_word_fault (self, i);

      if (fault != NULL)
        return fault;
      n_free += __builtin_popcountll (self->bits[i].free);
    }

  if (n_free + self->n_live != geometry->n_blocks)
    return g_strdup_printf ("chunk %p: %" G_GSIZE_FORMAT " free and %" G_GSIZE_FORMAT
                            " live blocks are not %" G_GSIZE_FORMAT,
                            self->base, n_free, self->n_live, geometry->n_blocks);

  for (gsize i = self->n_touched; i < geometry->n_blocks; i++)
    if (get_state (self, i) != FSMM_BLOCK_FREE)
      return g_strdup_printf ("chunk %p: block %" G_GSIZE_FORMAT " is live, but was never handed out",
                              self->base, i);

  return NULL;
}
