/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A region: those blocks of a chunk that start in the same 64 KiB, and their cells.
 *
 * It is owned by the cache of one thread, or by nobody. Except in chunks of few blocks, the cells
 * of a region share no line of the processors' caches with those of another. A thread that frees a
 * block of a region that it does not own says so in a map of bits, which the owner collects. */

#pragma once

#include "engine/chunk/fsmm-cells.h"
#include "engine/chunk/fsmm-geometry.h"

G_BEGIN_DECLS

typedef struct _FsmmChunk FsmmChunk;
typedef struct _FsmmRegion FsmmRegion;

/* A word of a map of bits, which can be exchanged at once. */
typedef gsize FsmmBits;
#define FSMM_BITS_SIZE (8 * sizeof (FsmmBits))

struct _FsmmRegion
{
  /* What a thread needs that frees a block from afar, in one line of the processor's cache. */
  FsmmState *cells; /* of its blocks, and TAIL up to the next multiple of 64 */
  guintptr base;    /* address of its first block */
  guint32 first;    /* number of that in the chunk */
  guint32 n_blocks;
  FsmmChunk *chunk;
  FsmmBits *remote; /* (atomic): a bit for each block that was freed by another thread */

  gpointer owner;        /* (atomic) (nullable): the FsmmCache */
  GQueue *queue;         /* (nullable): that of the store which it is in while it has no owner */
  guint32 n_counted;     /* where there is a limit: its part of FsmmStore.n_counted */
  guint32 n_given_back;  /* (atomic): pages in it that the system has; none once it is at work */

  GList owned_link;      /* in FsmmCache.owned, or in that */
  GList queued_link;     /* in FsmmCache.queue */
  gboolean is_queued;    /* by the owner */
  gint has_news;         /* (atomic): it is in FsmmStore.news, or in the owner's inbox */
  FsmmRegion *next_news; /* (nullable) */
};

static inline gpointer
fsmm_region_get_owner (const FsmmRegion *self)
{
  return __atomic_load_n (&self->owner, __ATOMIC_RELAXED);
}

/* How many words of 64 cells so many blocks need. */
static inline gsize
fsmm_region_words_for (gsize n_blocks)
{
  return (n_blocks + FSMM_WORD_CELLS - 1) / FSMM_WORD_CELLS;
}

/* How many words of the map of bits they need. */
static inline gsize
fsmm_region_bits_words_for (gsize n_blocks)
{
  return (n_blocks + FSMM_BITS_SIZE - 1) / FSMM_BITS_SIZE;
}

static inline gsize
fsmm_region_count_words (const FsmmRegion *self)
{
  return fsmm_region_words_for (self->n_blocks);
}

static inline gsize
fsmm_region_count_bits_words (const FsmmRegion *self)
{
  return fsmm_region_bits_words_for (self->n_blocks);
}

static inline gboolean
fsmm_region_has_cell (const FsmmRegion *self, const FsmmState *cell)
{
  return (gsize) (cell - self->cells) < self->n_blocks;
}

/* How many of its blocks are idle. */
static inline gsize
fsmm_region_count_idle (const FsmmRegion *self)
{
  gsize n_words = fsmm_region_count_words (self);
  gsize n_idle = 0;

  for (gsize i = 0; i < n_words; i++)
    {
      guint64 idle = fsmm_cells_find_idle (self->cells + i * FSMM_WORD_CELLS);

      if (idle != 0)
        n_idle += fsmm_word_count (idle);
    }

  return n_idle;
}

G_END_DECLS
