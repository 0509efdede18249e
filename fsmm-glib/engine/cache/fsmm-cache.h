/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a thread owns of a store: regions, whose blocks it hands out and takes back without a lock.
 *
 * A block that the thread frees gets a cell that says FREE, and nothing else is written. To hand
 * blocks out, the thread claims those of a word at a time, 64 cells of which it has seen that they
 * are idle. Of these it takes the lowest, and its cell gets another state then. The next word is
 * found by looking at more cells: of the region at work, or of the next one in a queue of those in
 * which something has been freed since.
 *
 * A block of another thread's region is freed in two steps. Its cell is exchanged, from LIVE to
 * REMOTE; then its bit is set in a map of the region, those of some blocks at a time. The owner
 * collects these bits, and makes blocks with REMOTE cells FREE.
 *
 * Two threads that free a block at the same moment may both succeed, if one is the owner: it
 * has seen LIVE, and writes over REMOTE. The bit that comes later finds a cell that is not REMOTE,
 * or, where the block has been handed out and rightly freed since, a bit that is set already:
 * either is reported. The block is free once. tests/engine/test-cache-model.c proves on a model
 * that no order of steps leads to a block being handed out twice. Blocks in which user functions
 * work are claimed by an exchange, which nothing writes over: an owner writes FREE only where it
 * has seen the state that it frees from, and what is CLAIMED is freed by nobody else.
 *
 * While a thread does any of this, it is busy: see fsmm-reader.h. The idea of regions that a thread
 * owns, and of freeing from afar without a lock, is that of mimalloc (Leijen, Zorn and de Moura,
 * Mimalloc: Free List Sharding in Action, 2019); there, free blocks are listed in the blocks. */

#pragma once

#include "engine/store/fsmm-store-locked.h"

#include <string.h>

G_BEGIN_DECLS

/* For tests that race: other threads come in here between a look at a state and its change. */
#ifdef FSMM_WIDE_RACES
#include <sched.h>
#define FSMM_RACE_WINDOW()                                                                         \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (g_random_boolean ())                                                                       \
      sched_yield ();                                                                              \
  }                                                                                                \
  G_STMT_END
#else
#define FSMM_RACE_WINDOW() (void) 0
#endif

/* What a block starts with. */
typedef struct {
  gsize n_bytes;
  gconstpointer source; /* NULL: zeroes */
} FsmmFill;

/* The two places at which a thread may find the cache of a store with that key. Pools that are made
 * one after the other lie side by side, and all get different ones of the first kind. */
static inline gsize
fsmm_cache_get_place (gconstpointer key)
{
  return ((guintptr) key >> 8) % FSMM_INLINE_FIRST_PLACE;
}

static inline gsize
fsmm_cache_get_other_place (gconstpointer key)
{
  return ((guint32) ((guintptr) key >> 4) * 0x9e3779b9u >> 16) % FSMM_INLINE_FIRST_PLACE;
}

static inline FsmmCache *
fsmm_cache_get_at (gsize place)
{
  return (FsmmCache *) __atomic_load_n (&fsmm_thread.front.places[place], __ATOMIC_RELAXED);
}

/* Returns the calling thread's cache of the store with that key, with which it is busy until
 * fsmm_reader_leave (). NULL if fsmm_cache_enter () must be asked. */
static inline FsmmCache *
fsmm_cache_enter_fast (gconstpointer key)
{
  FsmmCache *self;

  fsmm_barrier_raise (&fsmm_thread.front.busy);
  self = fsmm_cache_get_at (fsmm_cache_get_place (key));
  if (G_UNLIKELY (!fsmm_barrier_sees (&self->front.key, key)))
    {
      self = fsmm_cache_get_at (fsmm_cache_get_other_place (key));
      if (!fsmm_barrier_sees (&self->front.key, key))
        {
          fsmm_reader_leave ();
          return NULL;
        }
    }

  if (self == NULL)
    __builtin_unreachable ();
  return self;
}

FsmmCache *fsmm_cache_enter_slow (FsmmStore *store);

/* As above, also for stores that are not found so fast. NULL if the store's lock must be taken
 * instead. */
static inline FsmmCache *
fsmm_cache_enter (FsmmStore *store)
{
  FsmmCache *self = fsmm_cache_enter_fast (store->key);

  return G_LIKELY (self != NULL) ? self : fsmm_cache_enter_slow (store);
}

/* --- For a thread that is busy, or has the lock, on its own cache --- */

/* Most objects are small, and a call takes longer than filling them does. */
#define FSMM_FILL_PIECE ((gsize) 16)
#define FSMM_FILL_MOST (8 * FSMM_FILL_PIECE)
G_STATIC_ASSERT (FSMM_INLINE_MOST_ZEROED == FSMM_FILL_MOST);

/* A piece as far from the start as another is from the end: in the middle, they may overlap. */
static inline void
fsmm_fill_two (gpointer block, FsmmFill fill, gsize at)
{
  guint8 *first = (guint8 *) block + at;
  guint8 *last = (guint8 *) block + fill.n_bytes - FSMM_FILL_PIECE - at;
  const guint8 *source = fill.source;

  if (source != NULL)
    {
      memcpy (first, source + at, FSMM_FILL_PIECE);
      memcpy (last, source + fill.n_bytes - FSMM_FILL_PIECE - at, FSMM_FILL_PIECE);
    }
  else
    {
      memset (first, 0, FSMM_FILL_PIECE);
      memset (last, 0, FSMM_FILL_PIECE);
    }
}

static inline void
fsmm_fill_small (gpointer block, FsmmFill fill)
{
  fsmm_fill_two (block, fill, 0);
  if (fill.n_bytes > 2 * FSMM_FILL_PIECE)
    fsmm_fill_two (block, fill, FSMM_FILL_PIECE);
  if (fill.n_bytes > 4 * FSMM_FILL_PIECE)
    {
      fsmm_fill_two (block, fill, 2 * FSMM_FILL_PIECE);
      fsmm_fill_two (block, fill, 3 * FSMM_FILL_PIECE);
    }
}

/* A function that has made sure of this needs not save registers for a call. */
static inline gboolean
fsmm_fill_is_small (gsize n_bytes)
{
  return n_bytes >= FSMM_FILL_PIECE && n_bytes <= FSMM_FILL_MOST;
}

static inline void
fsmm_fill (gpointer block, FsmmFill fill)
{
  if (G_LIKELY (fsmm_fill_is_small (fill.n_bytes)))
    fsmm_fill_small (block, fill);
  else if (fill.source != NULL)
    memcpy (block, fill.source, fill.n_bytes);
  else
    memset (block, 0, fill.n_bytes);
}

/* The counts of a cache are written by its thread alone, so that adding needs not be atomic. Others may
 * read them meanwhile. */
static inline void
fsmm_cache_add (gssize *count, gssize n)
{
#ifdef FSMM_THREAD_SANITIZER
  __atomic_fetch_add (count, n, __ATOMIC_RELAXED);
#else
  *count += n;
#endif
}

static inline void
fsmm_cache_count_freed (FsmmCache *self, gssize n)
{
  fsmm_cache_add (&self->front.below_max, n);
}

/* One of the two is changed for a block. So what others work out of them has been the count at some
 * moment, if they read them in the right order. */
static inline void
fsmm_cache_count_taken (FsmmCache *self, gssize n)
{
  gssize below = self->front.below_max;

  if (G_LIKELY (below >= n))
    fsmm_cache_add (&self->front.below_max, -n);
  else
    {
      if (below != 0)
        fsmm_cache_add (&self->front.below_max, -below);
      fsmm_cache_add (&self->front.max_live, n - below);
    }
}

/* Claims these blocks of the word, instead of those that are claimed. Each that is taken from then on
 * has been claimed once: that is how those are counted, without a word when one is taken. */
static inline void
fsmm_cache_set_claims (FsmmCache *self, guint64 bits)
{
  gsize n = (gsize) fsmm_word_count (bits) - fsmm_word_count (self->front.bits);

  __atomic_store_n (&self->n_claimed, self->n_claimed + n, __ATOMIC_RELAXED);
  __atomic_store_n (&self->front.bits, bits, __ATOMIC_RELAXED);
}

/* How many blocks its thread has ever taken. While it works, this can be wrong by a word. */
static inline gsize
fsmm_cache_count_all_taken (const FsmmCache *self)
{
  return __atomic_load_n (&self->n_claimed, __ATOMIC_RELAXED) -
         fsmm_word_count (__atomic_load_n (&self->front.bits, __ATOMIC_RELAXED));
}

/* How many blocks its thread has taken, less those that it has freed. */
static inline gssize
fsmm_cache_get_live (const FsmmCache *self)
{
  gssize below = __atomic_load_n (&self->front.below_max, __ATOMIC_ACQUIRE);

  return __atomic_load_n (&self->front.max_live, __ATOMIC_RELAXED) - below;
}

/* Hands out one of the blocks that are claimed: there is one. */
static inline FsmmSlot
fsmm_cache_pop (FsmmCache *self, FsmmState to, FsmmFill fill)
{
  guint64 bits = self->front.bits;
  gsize i = (guint) __builtin_ctzll (bits);
  gpointer block = (gpointer) (self->front.word_base + i * self->front.block_size);
  FsmmState *state = self->front.word_cells + i;

  __atomic_store_n (&self->front.bits, bits & (bits - 1), __ATOMIC_RELAXED);
  /* In this order: what is LIVE is whole. */
  if (fill.n_bytes > 0)
    {
      fsmm_fill (block, fill);
      fsmm_state_publish (state, to);
    }
  else
    fsmm_state_set (state, to);
  fsmm_cache_count_taken (self, 1);

  return (FsmmSlot) { block, state, self->current };
}

gboolean fsmm_cache_next_word (FsmmCache *self);

/* Takes a LIVE block of the store with that key, filled with the bytes at @source, or with zeroes. NULL
 * if that cannot be done without a call. @n_bytes is in the pool: that is one if its key is found. */
static inline gpointer
fsmm_cache_try_alloc_small (gconstpointer key, const gsize *n_bytes, gconstpointer source)
{
  FsmmCache *self = fsmm_cache_enter_fast (key);
  FsmmFill fill = { .source = source };
  gpointer block = NULL;

  if (G_UNLIKELY (self == NULL))
    return NULL;

  fill.n_bytes = *n_bytes;
  if (G_LIKELY (self->front.bits != 0 && fsmm_fill_is_small (fill.n_bytes)))
    block = fsmm_cache_pop (self, FSMM_STATE_LIVE, fill).block;
  fsmm_reader_leave ();

  return block;
}

/* --- Freeing without the lock: fsmm-cache-free.c --- */

/* The state of the block at an address, if that is in a region which the calling thread owns, of a
 * store with this key, and in @self its cache. NULL if it is anything else, or the region is not
 * known. The thread is busy: only what it looks at after the key is sure to be so still. */
static inline FsmmState *
fsmm_cache_find_own (gconstpointer key, gconstpointer block, FsmmCache **self)
{
  const FsmmKnownRegion *known = fsmm_reader_get_own_place (block);
  guint32 reciprocal;
  guint64 product;
  gsize distance;

  *self = (FsmmCache *) __atomic_load_n (&known->front, __ATOMIC_RELAXED);
  if (G_UNLIKELY (!fsmm_barrier_sees (&(*self)->front.key, key)))
    return NULL;

  distance = (guintptr) block - known->base;
  if (G_UNLIKELY (distance >= __atomic_load_n (&known->n_bytes, __ATOMIC_RELAXED)))
    return NULL;

  /* As in fsmm_geometry_is_start (), for numbers below 2^16. */
  reciprocal = __atomic_load_n (&known->reciprocal, __ATOMIC_RELAXED);
  product = (guint64) (guint32) distance * reciprocal;
  if (G_UNLIKELY ((guint32) product >= reciprocal))
    return NULL;

  return known->cells + (product >> 32);
}

/* Frees a block of a region that the calling thread owns, if it is in the state @from, and @epoch
 * is that in @store_epoch, if that is not NULL. Otherwise returns FALSE, and changes nothing: then
 * the slow path must be asked. */
static inline gboolean
fsmm_cache_try_free_own (
    gconstpointer key, gpointer block, FsmmState from, const gsize *store_epoch, gsize epoch)
{
  gboolean is_freed = FALSE;
  FsmmState *state;
  FsmmCache *self;

  fsmm_barrier_raise (&fsmm_thread.front.busy);
  state = fsmm_cache_find_own (key, block, &self);
  if (G_LIKELY (state != NULL && fsmm_state_get (state) == from &&
                (store_epoch == NULL || *store_epoch == epoch)))
    {
      FSMM_RACE_WINDOW ();
      fsmm_state_set (state, FSMM_STATE_FREE);
      fsmm_cache_count_freed (self, 1);
      is_freed = TRUE;
    }
  fsmm_reader_leave ();

  return is_freed;
}

gboolean fsmm_cache_try_free_beside_last (gconstpointer key, gpointer block);
gboolean
fsmm_cache_free (FsmmCache *self, gpointer block, FsmmState from, FsmmLateDoubleFrees *late);
void fsmm_cache_free_claimed (FsmmCache *self, FsmmSlot slot, FsmmLateDoubleFrees *late);

/* --- For a thread that has the lock: fsmm-cache.c, -free.c --- */

void fsmm_cache_init (FsmmCache *self, FsmmStore *store, FsmmThread *thread);

void fsmm_cache_own (FsmmCache *self, FsmmRegion *region);
void fsmm_cache_disown (FsmmCache *self, FsmmRegion *region);
void fsmm_cache_disown_all (FsmmCache *self);
void fsmm_cache_drop_claims (FsmmCache *self);
void fsmm_cache_rest (FsmmCache *self);
void fsmm_cache_requeue (FsmmCache *self, FsmmRegion *region);
void fsmm_cache_retire (FsmmCache *self, FsmmLateDoubleFrees *late);
void fsmm_cache_bury_dead (FsmmStore *store);

gsize fsmm_cache_count_live (FsmmStore *store);
gsize fsmm_cache_count_taken_ever (FsmmStore *store);
gsize fsmm_cache_count_idle (FsmmStore *store);
void fsmm_cache_note_peak (FsmmStore *store);

gboolean fsmm_cache_refill (FsmmCache *self, gboolean is_tight, FsmmLateDoubleFrees *late);
gboolean fsmm_cache_has_slack (FsmmCache *self);

gboolean
fsmm_cache_free_locked (FsmmCache *self, FsmmSlot slot, FsmmState from, FsmmDeferred *deferred);
void fsmm_cache_empty_quarantine (FsmmStore *store, FsmmDeferred *deferred);

/* --- Blocks that were freed by other threads: fsmm-remote.c --- */

void fsmm_remote_note_slow (FsmmCache *self,
                            FsmmRegion *region,
                            gsize index,
                            FsmmLateDoubleFrees *late);
void fsmm_remote_flush (FsmmCache *self, FsmmLateDoubleFrees *late);
/* With the lock held. */
gsize fsmm_remote_collect (FsmmStore *store, FsmmRegion *region, FsmmLateDoubleFrees *late);
void fsmm_remote_sort_news (FsmmStore *store);
void fsmm_remote_take_in (FsmmCache *self, FsmmLateDoubleFrees *late);
void fsmm_remote_collect_all (FsmmStore *store, FsmmLateDoubleFrees *late);

/* The block with that number in a region that others own has become REMOTE. */
static inline void
fsmm_remote_note (FsmmCache *self, FsmmRegion *region, gsize index, FsmmLateDoubleFrees *late)
{
  FsmmBits bit = (FsmmBits) 1 << (index % FSMM_BITS_SIZE);

  if (G_LIKELY (region == self->remote_region && index / FSMM_BITS_SIZE == self->remote_word &&
                (self->remote_bits & bit) == 0))
    self->remote_bits |= bit;
  else
    fsmm_remote_note_slow (self, region, index, late);
}

static inline gboolean
fsmm_remote_has_news (const FsmmCache *self)
{
  return __atomic_load_n (&self->store->news, __ATOMIC_RELAXED) != NULL ||
         __atomic_load_n (&self->inbox, __ATOMIC_RELAXED) != NULL;
}

G_END_DECLS
