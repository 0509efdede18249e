/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

/* In blocks of one pool. All of them may be written to. */
#define MAX_BYTES ((gsize) 16 * 1024 * 1024)

FuzzPool fuzz_pools[FUZZ_N_POOLS];

/* One that is there, or NULL. */
FuzzPool *
fuzz_pool_choose (void)
{
  guint first = fuzz_input_byte ();

  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    {
      FuzzPool *self = &fuzz_pools[(first + i) % FUZZ_N_POOLS];

      if (self->pool != NULL)
        return self;
    }

  return NULL;
}

FuzzBlock *
fuzz_pool_find (FuzzPool *self, gconstpointer address)
{
  for (guint i = 0; i < self->n_blocks; i++)
    if (self->blocks[i].address == address)
      return &self->blocks[i];

  return NULL;
}

/* How many blocks could be taken without another chunk. */
gsize
fuzz_pool_count_idle (const FuzzPool *self)
{
  return self->n_chunks * self->per_chunk - self->n_blocks;
}

/* Whether so many more are not too many to try. */
gboolean
fuzz_pool_has_room (const FuzzPool *self, guint n_blocks)
{
  return self->n_blocks + n_blocks <= FUZZ_MAX_BLOCKS &&
         (self->n_blocks + n_blocks) * self->block_size <= MAX_BYTES;
}

/* --- Chunks --- */

static guintptr
chunk_of (const FuzzPool *self, gconstpointer address)
{
  return (guintptr) address & ~(self->chunk_alignment - 1);
}

static gboolean
knows_chunk (const FuzzPool *self, guintptr chunk)
{
  for (guint i = 0; i < self->n_chunks_known; i++)
    if (self->chunks[i] == chunk)
      return TRUE;

  return FALSE;
}

/* Only chunks in which there is a block are known afterwards. */
void
fuzz_pool_forget_unused_chunks (FuzzPool *self)
{
  self->n_chunks_known = 0;

  for (guint i = 0; i < self->n_blocks; i++)
    {
      guintptr chunk = chunk_of (self, self->blocks[i].address);

      if (!knows_chunk (self, chunk))
        self->chunks[self->n_chunks_known++] = chunk;
    }
}

/* Those in which there is a block. */
gsize
fuzz_pool_count_used_chunks (const FuzzPool *self)
{
  FuzzPool *copy = g_memdup2 (self, sizeof *self);
  gsize n_used;

  fuzz_pool_forget_unused_chunks (copy);
  n_used = copy->n_chunks_known;
  g_free (copy);

  return n_used;
}

/* --- What calls have done --- */

void
fuzz_pool_note_thread (FuzzPool *self)
{
  self->threads |= 1U << fuzz_worker_current ();
}

gboolean
fuzz_pool_is_single_threaded (const FuzzPool *self)
{
  return (self->threads & (self->threads - 1)) == 0;
}

/* Whether each block that is not in use is handed out before the pool grows. A block that another
 * thread keeps, or that is in quarantine, is not. Nor may it be where chunks are regions or larger: a thread
 * may take another of them rather than look for single blocks. */
gboolean
fuzz_pool_hands_out_all (const FuzzPool *self)
{
  return fuzz_pool_is_single_threaded (self) && self->chunk_bytes < FSMM_REGION_BYTES &&
         !(self->debug & FSMM_DEBUG_QUARANTINE);
}

static void
check_place (FuzzPool *self, guint8 *address)
{
  gsize offset = (guintptr) address - chunk_of (self, address);

  fuzz_check (address != NULL, "NULL was handed out");
  fuzz_check ((guintptr) address % self->alignment == 0, "%p is not a multiple of %" G_GSIZE_FORMAT,
              address, self->alignment);
  fuzz_check (offset % self->block_size == 0 && offset / self->block_size < self->per_chunk,
              "%p, which was handed out, is no block of a chunk", address);

  for (guint i = 0; i < FUZZ_N_POOLS; i++)
    if (fuzz_pools[i].pool != NULL)
      fuzz_check (fuzz_pool_find (&fuzz_pools[i], address) == NULL,
                  "%p was handed out twice, by pool %u and pool %u", address,
                  (guint) (self - fuzz_pools), i);

  for (guint i = 0; i < FUZZ_N_HANDLES; i++)
    if (fuzz_handles[i].block != NULL && fuzz_handles[i].n_exports > 0)
      fuzz_check (fuzz_handles[i].address != address, "%p was handed out, and is in use as bytes",
                  address);
}

/* A block was handed out. It is filled, unless it belongs to a handle. */
FuzzBlock *
fuzz_pool_add (FuzzPool *self, gpointer address, FuzzHandle *handle)
{
  static guint64 seed;
  FuzzBlock *block = &self->blocks[self->n_blocks];

  check_place (self, address);
  fuzz_check (self->n_blocks < FUZZ_MAX_BLOCKS, "the model has no room for a block");

  seed += 1000003;
  *block = (FuzzBlock){ .address = address, .seed = seed, .handle = handle };
  self->n_blocks++;
  self->peak = MAX (self->peak, self->n_blocks);

  if (!knows_chunk (self, chunk_of (self, address)))
    {
      fuzz_check (self->n_chunks_known < FUZZ_MAX_CHUNKS, "the model has no room for a chunk");
      self->chunks[self->n_chunks_known++] = chunk_of (self, address);
    }
  if (handle == NULL)
    fuzz_fill (address, self->alloc_size, block->seed);

  return block;
}

/* The chunk of a block is gone with the block, where each has one from malloc (). */
static void
remove_chunk (FuzzPool *self, guintptr chunk)
{
  guint i = 0;

  while (self->chunks[i] != chunk)
    i++;
  self->chunks[i] = self->chunks[--self->n_chunks_known];
  self->n_chunks--;
}

void
fuzz_pool_remove (FuzzPool *self, FuzzBlock *block)
{
  fuzz_pool_add_stale (block->address);
  if (self->debug & FSMM_DEBUG_MALLOC)
    remove_chunk (self, chunk_of (self, block->address));
  *block = self->blocks[--self->n_blocks];
}

void
fuzz_pool_remove_all (FuzzPool *self)
{
  for (guint i = 0; i < self->n_blocks; i++)
    fuzz_pool_add_stale (self->blocks[i].address);

  self->n_blocks = 0;
  self->n_chunks = 0;
  self->n_chunks_known = 0;
}

/* --- Comparing --- */

void
fuzz_pool_check_content (FuzzPool *self, const FuzzBlock *block)
{
  if (block->handle == NULL)
    fuzz_check (fuzz_is_filled (block->address, self->alloc_size, block->seed),
                "what is in block %p has changed", block->address);
}

static void
check_ends (FuzzPool *self, const FuzzBlock *block)
{
  if (block->handle == NULL)
    fuzz_check (fuzz_is_filled_at_ends (block->address, self->alloc_size, block->seed),
                "what is at the ends of block %p has changed", block->address);
}

static void
check_figure (const char *name, gsize found, gsize least, gsize most)
{
  if (least == most)
    fuzz_check (found == most, "%s must be %" G_GSIZE_FORMAT ", but is %" G_GSIZE_FORMAT, name,
                most, found);
  fuzz_check (found >= least && found <= most,
              "%s must be from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT ", but is %" G_GSIZE_FORMAT,
              name, least, most, found);
}

/* Where both threads have worked, the peak may be too high by what they keep for themselves. */
static void
check_peak (FuzzPool *self)
{
  gsize most = fuzz_pool_is_single_threaded (self) ? self->peak : self->max_blocks;

  check_figure ("peak-allocated", fsmm_pool_get_peak_allocated (self->pool), self->peak, most);
}

/* What is cheap, or everything. */
void
fuzz_pool_check (FuzzPool *self, gboolean deeply)
{
  FsmmPool *pool = self->pool;
  gsize n_free = MIN (fuzz_pool_count_idle (self), self->max_blocks - self->n_blocks);
  char *fault;

  check_figure ("n-allocated", fsmm_pool_get_n_allocated (pool), self->n_blocks, self->n_blocks);
  check_figure ("n-chunks", fsmm_pool_get_n_chunks (pool), self->n_chunks, self->n_chunks);
  check_figure ("n-free", fsmm_pool_get_n_free (pool), n_free, n_free);
  check_peak (self);

  if (!deeply)
    return;

  /* Which pages have been given back is not modelled. */
  check_figure ("reserved-bytes", fsmm_pool_get_reserved_bytes (pool),
                self->n_blocks * self->block_size, self->n_chunks * self->chunk_bytes);
  for (guint i = 0; i < self->n_blocks; i++)
    check_ends (self, &self->blocks[i]);

  fault = fsmm_heap_find_fault (&pool->store);
  fuzz_check (fault == NULL, "the pool is not sound: %s", fault);
}
