/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/chunk/fsmm-chunk.h"

#include "base/fsmm-system.h"

#include <string.h>

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

/* Aligns where several words, and so several threads, are to be kept apart. */
static FsmmState *
align_states (gpointer memory, gsize n_words)
{
  guintptr mask = n_words > 1 ? FSMM_SYSTEM_CACHE_LINE - 1 : 0;

  return (FsmmState *) (((guintptr) memory + mask) & ~mask);
}

/* A chunk whose blocks are all free, in the memory at @base. NULL if there is no memory for its
 * bookkeeping. */
FsmmChunk *
fsmm_chunk_new (const FsmmGeometry *geometry, gpointer base, FsmmSegment *segment)
{
  gsize n_words = n_words_for (geometry->n_blocks);
  gsize n_groups = n_words_for (n_words);
  gsize n_states = (geometry->chunk_alignment - 1) / geometry->block_size + 1;
  gsize padding = n_words > 1 ? FSMM_SYSTEM_CACHE_LINE : 0;
  FsmmChunk *self;

  self = fsmm_system_try_new0 (sizeof *self + (n_words + n_groups) * sizeof (guint64) + padding +
                               (n_states + 7) / 8 * 8);
  if (self == NULL)
    return NULL;

  self->all_link.data = self;
  self->open_link.data = self;
  self->geometry = geometry;
  self->segment = segment;
  self->base = base;
  self->free = self->memory;
  self->groups = self->free + n_words;
  self->states = align_states (self->groups + n_groups, n_words);

  memset (self->states + geometry->n_blocks, FSMM_STATE_TAIL, n_states - geometry->n_blocks);
  for (gsize i = 0; i < n_words; i++)
    self->free[i] = word_of_ones (i, geometry->n_blocks);
  for (gsize i = 0; i < n_groups; i++)
    self->groups[i] = word_of_ones (i, n_words);

  return self;
}

void
fsmm_chunk_free (FsmmChunk *self)
{
  g_free (self->histories);
  g_free (self);
}

/* --- Blocks leave the store and come back: their states are the caller's --- */

/* The lowest @n of the bits. */
static guint64
lowest_bits (guint64 bits, gsize n)
{
  guint64 rest = bits;

  while (n-- > 0 && rest != 0)
    rest &= rest - 1;

  return bits & ~rest;
}

/* Takes the free blocks with the lowest addresses, as many as have their bits in one word, but
 * at most @max_blocks, which is not 0. There must be one. */
FsmmChunkBlocks
fsmm_chunk_take (FsmmChunk *self, gsize max_blocks)
{
  gsize group = self->first_group;
  FsmmChunkBlocks taken;

  while (self->groups[group] == 0)
    group++;
  self->first_group = group;

  taken.word = group * WORD_BITS + __builtin_ctzll (self->groups[group]);
  taken.bits = self->free[taken.word];
  if (max_blocks < WORD_BITS)
    taken.bits = lowest_bits (taken.bits, max_blocks);

  self->free[taken.word] &= ~taken.bits;
  if (self->free[taken.word] == 0)
    self->groups[group] &= ~BIT (taken.word % WORD_BITS);
  self->n_out += fsmm_chunk_blocks_count (taken);

  return taken;
}

/* Returns how many were not there yet, and the bits of those that were in @again. */
gsize
fsmm_chunk_give (FsmmChunk *self, FsmmChunkBlocks blocks, guint64 *again)
{
  gsize group = blocks.word / WORD_BITS;
  FsmmChunkBlocks given = { blocks.word, blocks.bits & ~self->free[blocks.word] };
  gsize n_given = fsmm_chunk_blocks_count (given);

  *again = blocks.bits & ~given.bits;
  self->free[blocks.word] |= blocks.bits;
  self->groups[group] |= BIT (blocks.word % WORD_BITS);
  self->first_group = MIN (self->first_group, group);
  self->n_out -= n_given;

  return n_given;
}

/* Undoes fsmm_chunk_give (). */
void
fsmm_chunk_take_again (FsmmChunk *self, gsize block)
{
  gsize word = block / WORD_BITS;

  self->free[word] &= ~BIT (block % WORD_BITS);
  if (self->free[word] == 0)
    self->groups[word / WORD_BITS] &= ~BIT (word % WORD_BITS);
  self->n_out++;
}

/* --- Blocks change between the store and a cache --- */

/* Other threads may write to a state at this moment, each because it frees a block that has just
 * been freed. What they write must not be written over: it may have been looked at already, and
 * the block handed out. So a state is exchanged for another if it is still what it was; and
 * since that takes as long for eight as for one, as many at a time as a word of the processor has
 * bytes, one byte each of a number. It can exchange no larger one at once, or not together with
 * what other threads do to single bytes. */
typedef gsize __attribute__ ((may_alias)) States;

#define N_STATES sizeof (States)
#define EACH(byte) ((States) 0x0101010101010101 * (byte))
#define EACH_ITS_BIT ((States) 0x8040201008040201)

/* FF for each bit that is set: the lowest one is for the first byte. */
static inline States
bytes_of (guint8 bits)
{
  States spread = EACH (bits) & EACH_ITS_BIT;

  return GSIZE_TO_LE (((spread + EACH (0x7f)) >> 7 & EACH (1)) * 0xff);
}

/* FF for each byte that is not 0. */
static inline States
nonzero_bytes (States states)
{
  return ((((states & EACH (0x7f)) + EACH (0x7f)) | states) >> 7 & EACH (1)) * 0xff;
}

static inline guint8
bits_of (States bytes)
{
  return (guint8) ((GSIZE_FROM_LE (bytes) & EACH_ITS_BIT) * EACH (1) >> (8 * (N_STATES - 1)));
}

/* Replaces those of a word of states which are @from, or the odd state above it, by @to, or the odd
 * one above it: what is odd becomes even, and the other way round. Returns which were something
 * else. Where no other thread can write, that is done without the processor's lock, which takes ten
 * times as long. */
static inline guint8
exchange (States *states, guint8 which, FsmmState from, FsmmState to, gboolean is_alone)
{
  States bytes = bytes_of (which);
  States before = __atomic_load_n (states, __ATOMIC_RELAXED);
  States others, after;

  do
    {
      others = nonzero_bytes ((before ^ EACH (from)) & EACH (0xfe) & bytes);
      after = (EACH (to) | (~before & EACH (1))) & bytes & ~others;
      after |= before & ~(bytes & ~others);
      if (is_alone)
        {
          __atomic_store_n (states, after, __ATOMIC_RELAXED);
          break;
        }
    }
  while (!__atomic_compare_exchange_n (states, &before, after, TRUE, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED));

  return G_UNLIKELY (others != 0) ? bits_of (others) : 0;
}

static guint64
exchange_word (FsmmChunk *self,
               FsmmChunkBlocks blocks,
               FsmmState from,
               FsmmState to,
               gboolean is_alone)
{
  States *states = (States *) (gpointer) (self->states + blocks.word * WORD_BITS);
  const guint64 all = ((guint64) 1 << N_STATES) - 1;
  guint64 left = blocks.bits;
  guint64 others = 0;

  while (left != 0)
    {
      guint i = __builtin_ctzll (left) / N_STATES;
      guint8 which = left >> (N_STATES * i) & all;

      others |= (guint64) exchange (states + i, which, from, to, is_alone) << (N_STATES * i);
      left &= ~(all << (N_STATES * i));
    }

  return others;
}

/* Writes the mark of a cache into the states of blocks that have been taken from the store.
 * Returns those that belong to another thread. */
guint64
fsmm_chunk_mark (FsmmChunk *self, FsmmChunkBlocks blocks, FsmmState mark, gboolean is_alone)
{
  G_STATIC_ASSERT (FSMM_STATE_UNUSED == 0 && FSMM_STATE_FREE == 1 && FSMM_STATE_FIRST_MARK % 2 == 0);

  return exchange_word (self, blocks, FSMM_STATE_UNUSED, mark, is_alone);
}

/* The other way round, for blocks that are about to go back to the store. */
guint64
fsmm_chunk_unmark (FsmmChunk *self, FsmmChunkBlocks blocks, FsmmState mark, gboolean is_alone)
{
  return exchange_word (self, blocks, mark, FSMM_STATE_UNUSED, is_alone);
}

/* How many states say that their blocks are in the store. */
gsize
fsmm_chunk_count_in_store (const FsmmChunk *self)
{
  gsize n_in_store = 0;

  for (gsize i = 0; i < self->geometry->n_blocks; i++)
    n_in_store += fsmm_state_is_in_store (self->states[i]);

  return n_in_store;
}

/* --- Walking --- */

/* The blocks of a word that hold something whole. */
static guint64
whole_blocks (const FsmmChunk *self, gsize word)
{
  FsmmChunkBlocks out = { word, ~self->free[word] & word_of_ones (word, self->geometry->n_blocks) };
  guint64 whole = 0;

  while (out.bits != 0)
    {
      gsize block = fsmm_chunk_blocks_next (&out);

      if (fsmm_state_is_in_use (&self->states[block]))
        whole |= BIT (block % WORD_BITS);
    }

  return whole;
}

/* The first block that is live or held, from the one with number @index on, or NULL. */
gpointer
fsmm_chunk_next_whole (const FsmmChunk *self, gsize index)
{
  gsize n_blocks = self->geometry->n_blocks;

  for (; index < n_blocks; index = (index / WORD_BITS + 1) * WORD_BITS)
    {
      guint64 whole = whole_blocks (self, index / WORD_BITS) >> (index % WORD_BITS);

      if (whole != 0)
        return fsmm_chunk_address (self, index + __builtin_ctzll (whole));
    }

  return NULL;
}

/* The live and held blocks of the first word from @word on that has any: none at the end. */
FsmmChunkBlocks
fsmm_chunk_next_whole_word (const FsmmChunk *self, gsize word)
{
  gsize end = n_words_for (self->geometry->n_blocks);

  for (; word < end; word++)
    {
      guint64 bits = whole_blocks (self, word);

      if (bits != 0)
        return (FsmmChunkBlocks) { word, bits };
    }

  return (FsmmChunkBlocks) { word, 0 };
}

/* How many blocks are live or held. */
gsize
fsmm_chunk_count_whole (const FsmmChunk *self)
{
  gsize n_whole = 0;

  for (gsize i = 0; i < n_words_for (self->geometry->n_blocks); i++)
    n_whole += __builtin_popcountll (whole_blocks (self, i));

  return n_whole;
}

/* How many blocks are CLAIMED. No state may change meanwhile. */
gsize
fsmm_chunk_count_claimed (const FsmmChunk *self)
{
  const FsmmState *end = self->states + self->geometry->n_blocks;
  const FsmmState *state = self->states;
  gsize n_changing = 0;

  while ((state = memchr (state, FSMM_STATE_CLAIMED, end - state)) != NULL)
    {
      n_changing++;
      state++;
    }

  return n_changing;
}

/* --- Checking --- */

static char *
find_word_fault (const FsmmChunk *self, gsize word)
{
  FsmmChunkBlocks blocks = { word, word_of_ones (word, self->geometry->n_blocks) };
  gboolean noted = (self->groups[word / WORD_BITS] & BIT (word % WORD_BITS)) != 0;

  if (self->free[word] & ~blocks.bits)
    return g_strdup_printf ("chunk %p: a block behind the last one is free", self->base);
  if (noted != (self->free[word] != 0))
    return g_strdup_printf ("chunk %p: the group bit of word %" G_GSIZE_FORMAT " is wrong",
                            self->base, word);
  if (noted && word / WORD_BITS < self->first_group)
    return g_strdup_printf ("chunk %p: a free block lies before the first group", self->base);

  while (blocks.bits != 0)
    {
      gsize block = fsmm_chunk_blocks_next (&blocks);
      gboolean is_free = (self->free[word] & BIT (block % WORD_BITS)) != 0;

      if (is_free != fsmm_state_is_in_store (fsmm_state_get (&self->states[block])))
        return g_strdup_printf ("chunk %p: block %" G_GSIZE_FORMAT " is %s, but its state is %u",
                                self->base, block, is_free ? "free" : "not free",
                                fsmm_state_get (&self->states[block]));
    }

  return NULL;
}

/* Checks the chunk against everything that must be true of it when no free is under way. Returns
 * what is not, or NULL. */
char *
fsmm_chunk_find_fault (const FsmmChunk *self)
{
  const FsmmGeometry *geometry = self->geometry;
  gsize n_free = 0;

  if ((guintptr) self->base % geometry->chunk_alignment != 0)
    return g_strdup_printf ("chunk %p does not start at a multiple of its alignment", self->base);

  for (gsize i = 0; i < n_words_for (geometry->n_blocks); i++)
    {
      char *fault = find_word_fault (self, i);

      if (fault != NULL)
        return fault;
      n_free += __builtin_popcountll (self->free[i]);
    }

  if (n_free + self->n_out != geometry->n_blocks)
    return g_strdup_printf ("chunk %p: %" G_GSIZE_FORMAT " blocks in it and %" G_GSIZE_FORMAT
                            " out of it are not %" G_GSIZE_FORMAT,
                            self->base, n_free, self->n_out, geometry->n_blocks);

  return NULL;
}
