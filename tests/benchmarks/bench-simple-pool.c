/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-simple-pool.h"

#include <stdlib.h>

/* More for a block that has more. */
#define LEAST_CHUNK_BYTES (256 * 1024)

typedef struct _Free Free;
struct _Free {
  Free *next;
};

struct _BenchSimplePool {
  GMutex mutex;
  gsize block_size;
  gsize chunk_bytes; /* a power of two, and the alignment, so that an address tells its chunk */
  Free *free;
  GHashTable *chunks;
  GHashTable *live;
};

BenchSimplePool *
bench_simple_pool_new (gsize size)
{
  BenchSimplePool *self = g_new0 (BenchSimplePool, 1);

  g_mutex_init (&self->mutex);
  self->block_size = (MAX (size, sizeof (Free)) + 15) & ~(gsize) 15;
  self->chunk_bytes = LEAST_CHUNK_BYTES;
  while (self->chunk_bytes < self->block_size)
    self->chunk_bytes *= 2;
  self->chunks = g_hash_table_new_full (NULL, NULL, free, NULL);
  self->live = g_hash_table_new (NULL, NULL);

  return self;
}

void
bench_simple_pool_free (BenchSimplePool *self)
{
  g_hash_table_unref (self->live);
  g_hash_table_unref (self->chunks);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static void
grow (BenchSimplePool *self)
{
  char *chunk = aligned_alloc (self->chunk_bytes, self->chunk_bytes);
  gsize i = self->chunk_bytes / self->block_size;

  g_assert (chunk != NULL);
  g_hash_table_add (self->chunks, chunk);

  do
    {
      Free *block = (gpointer) (chunk + --i * self->block_size);

      block->next = self->free;
      self->free = block;
    }
  while (i > 0);
}

gpointer
bench_simple_pool_take (BenchSimplePool *self)
{
  Free *block;

  g_mutex_lock (&self->mutex);
  if (self->free == NULL)
    grow (self);
  block = self->free;
  self->free = block->next;
  g_hash_table_add (self->live, block);
  g_mutex_unlock (&self->mutex);

  return block;
}

gboolean
bench_simple_pool_give (BenchSimplePool *self, gpointer block)
{
  gpointer chunk = GSIZE_TO_POINTER (GPOINTER_TO_SIZE (block) & ~(self->chunk_bytes - 1));
  gboolean is_live;

  g_mutex_lock (&self->mutex);
  is_live = g_hash_table_contains (self->chunks, chunk) && g_hash_table_remove (self->live, block);
  if (is_live)
    {
      ((Free *) block)->next = self->free;
      self->free = block;
    }
  g_mutex_unlock (&self->mutex);

  if (!is_live)
    g_critical ("%p is no live block", block);

  return is_live;
}

void
bench_simple_pool_drop_all (BenchSimplePool *self)
{
  g_mutex_lock (&self->mutex);
  g_hash_table_remove_all (self->live);
  g_hash_table_remove_all (self->chunks);
  self->free = NULL;
  g_mutex_unlock (&self->mutex);
}
