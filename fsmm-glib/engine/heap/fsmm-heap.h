/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All that a pool does with its blocks: the face of the engine.
 *
 * Knows nothing of GObject or GError: it says in an enum what happened, and the pool finds the
 * words. Every function may be called from any thread. */

#pragma once

#include "engine/cache/fsmm-cache.h"

G_BEGIN_DECLS

typedef enum {
  FSMM_ALLOC_OK,
  FSMM_ALLOC_EXHAUSTED, /* max_blocks would be exceeded */
  FSMM_ALLOC_NO_MEMORY,

  /* For those that wait: fsmm-heap-wait.h. */
  FSMM_ALLOC_TIMED_OUT,
  FSMM_ALLOC_CANCELLED,
  FSMM_ALLOC_CLOSED,
} FsmmAllocResult;

/* Epochs that no store is ever in: for where none has to be looked at, and where none may be
 * found. */
#define FSMM_EPOCH_ANY 0
#define FSMM_EPOCH_NEVER G_MAXSIZE

void fsmm_heap_init (FsmmStore *self,
                     const FsmmGeometry *geometry,
                     gsize max_blocks,
                     FsmmDebugFlags debug,
                     const FsmmSubject *identity);
void fsmm_heap_clear (FsmmStore *self);
void fsmm_heap_ensure_own_place (FsmmStore *self);
gboolean fsmm_heap_outlive_pins (FsmmStore *self, FsmmReleaseFunc release);

/* --- Blocks come and go: fsmm-heap-alloc.c, -free.c, and without the lock fsmm-cache.h --- */

FsmmSlot fsmm_heap_alloc_slow (FsmmStore *self,
                               FsmmState to,
                               FsmmFill fill,
                               gsize *epoch,
                               FsmmAllocResult *result);
gboolean fsmm_heap_free_slow (FsmmStore *self, gpointer block, FsmmLook *look);
gboolean fsmm_heap_is_out (FsmmStore *self, gconstpointer address);

/* --- Stores by address, without a lock --- */

/* The store that has a chunk near @address, in the same page, or NULL. Any address can be asked
 * about, and is not dereferenced. */
static inline FsmmStore *
fsmm_heap_find_store (gconstpointer address)
{
  return fsmm_page_map_find_store (address);
}

/* --- Many at once: fsmm-heap-many.c --- */

FsmmAllocResult fsmm_heap_alloc_many (FsmmStore *self, gsize n_blocks, gpointer *blocks);
gboolean fsmm_heap_free_many (
    FsmmStore *self, gsize n_blocks, gpointer *blocks, gsize *n_given, FsmmLook *look);

/* --- Room: fsmm-heap-room.c, -trim.c, -decay.c --- */

FsmmAllocResult fsmm_heap_reserve (FsmmStore *self, gsize n_blocks);
gsize fsmm_heap_trim (FsmmStore *self);
gsize fsmm_heap_trim_all (void);
gsize fsmm_heap_decay_all (void);
guint64 fsmm_heap_count_reserved_all (void);
gsize fsmm_heap_count_spare_bytes (void);

/* --- Blocks of handles: fsmm-heap-handles.c, -free.c --- */

gboolean fsmm_heap_free_held (FsmmStore *self, gpointer block, gsize epoch);
gboolean fsmm_heap_own (FsmmStore *self, gpointer address, gsize *epoch, FsmmLook *look);
gboolean fsmm_heap_disown (FsmmStore *self, gpointer block, gsize epoch);
FsmmChunk *fsmm_heap_pin (FsmmStore *self, gconstpointer block, gsize epoch);
void fsmm_heap_unpin (FsmmStore *self, FsmmChunk *chunk);

/* FALSE: what was taken in that epoch is gone. TRUE can be outdated by the time it is looked at. */
static inline gboolean
fsmm_heap_is_in_epoch (FsmmStore *self, gsize epoch)
{
  return __atomic_load_n (&self->epoch, __ATOMIC_ACQUIRE) == epoch;
}

/* --- Blocks in which a user function makes or clears something: fsmm-heap-claim.c --- */

/* A block that is CLAIMED, in the hands of one thread: where one look found it. That stays true
 * until the claim ends, whatever a user function does meanwhile, so nothing is looked up again. */
typedef struct {
  gpointer block;
  FsmmState *state;
  gsize epoch; /* when that is over, the chunk is pinned for the claim */
} FsmmClaim;

gboolean fsmm_heap_claim (FsmmStore *self, gpointer address, FsmmClaim *claim, FsmmLook *look);
gboolean fsmm_heap_claim_held (FsmmStore *self, gpointer block, gsize epoch, FsmmClaim *claim);
gboolean fsmm_heap_publish (FsmmStore *self, const FsmmClaim *claim, FsmmState to);
void fsmm_heap_release (FsmmStore *self, const FsmmClaim *claim);

/* --- All blocks, one after the other or at once: fsmm-heap-walk.c, -drop.c --- */

/* Where a walk has come to. In between it holds no lock, and keeps nothing where it is, since a
 * user function that is called then may not return. */
typedef struct {
  FsmmStoreName store;
  gconstpointer base; /* of the chunk; NULL: before the first one */
  guint64 serial;     /* of the chunk */
  gsize next_index;   /* of a block in it */
  guint64 end_serial; /* chunks from this one on are too new */
} FsmmHeapWalk;

void fsmm_heap_walk_begin (FsmmHeapWalk *walk, FsmmStore *self);
gpointer fsmm_heap_walk_next (FsmmHeapWalk *walk);

gint64 fsmm_heap_set_retain_bytes (FsmmStore *self, gint64 retain_bytes);
gint64 fsmm_heap_get_retain_bytes (FsmmStore *self);

gsize fsmm_heap_drop_all (FsmmStore *self);
void fsmm_heap_drop_for_good (FsmmStore *self);

/* Dropping all blocks in steps, for blocks whose content must be cleared: begin, then clear one
 * block after the other, then end. */
typedef struct {
  FsmmStore *store;
  gsize id;         /* only chunks that this drop has closed, or taken over */
  guint64 retained; /* how many bytes of chunks stay at its end */
  FsmmChunk *chunk; /* (nullable): pinned */
  gsize next_index; /* of a block in it, whose turn comes next */
  guint n_cleared;
  gsize cleared[64]; /* in it: those that have not been put back */
} FsmmHeapDrop;

gsize fsmm_heap_drop_begin (FsmmHeapDrop *drop, FsmmStore *self);
gpointer fsmm_heap_drop_next (FsmmHeapDrop *drop);
void fsmm_heap_drop_end (FsmmHeapDrop *drop);

/* A drop of a store that may be gone by now. */
typedef struct {
  FsmmStoreName store;
  gsize id; /* 0: all that this thread has begun */
} FsmmDropName;

void fsmm_heap_abandon_drop (const FsmmDropName *name);
void fsmm_heap_abandon_all_drops (FsmmStore *self);

/* --- Looking in: fsmm-heap-inspect.c --- */

typedef struct {
  gsize n_chunks;
  gsize n_live;
  gsize n_free;
  gsize peak_live;
  gsize reserved_bytes;
  gsize n_taken; /* ever: while threads take some, wrong by a few for each */
  gsize max_blocks; /* G_MAXSIZE: no limit */
  guint n_waiting;
} FsmmHeapStats;

void fsmm_heap_get_stats (FsmmStore *self, FsmmHeapStats *stats);

/* Memory of a store: fsmm-heap-resident.c. */
typedef struct {
  gpointer base;
  gsize size;
} FsmmExtent;

void fsmm_heap_list_extents (FsmmStore *self, GArray *extents);
gsize fsmm_heap_count_resident (GArray *extents);

/* All stores there are, in the order in which they were made. None comes or goes meanwhile: @func
 * calls nothing but what is above, and nothing of the program. */
void fsmm_heap_for_each_store (void (*func) (FsmmStore *store, gpointer data), gpointer data);

/* What memory is used for, in bytes. */
typedef struct {
  gsize live_bytes;
  gsize thread_bytes; /* free, in regions that a thread owns */
  gsize idle_bytes;   /* free, in the others */
  gsize given_back_bytes;
  gsize reserved_bytes;
  gsize bookkeeping_bytes;
} FsmmHeapMemory;

void fsmm_heap_get_memory (FsmmStore *self, FsmmHeapMemory *memory);
char *fsmm_heap_find_fault (FsmmStore *self);

/* --- For people: fsmm-heap-map.c --- */

void fsmm_heap_draw (FsmmStore *self, GString *text);

/* --- Calls --- */

/* Takes a block, in the state @to. In @epoch, when that was. Returns a slot without a block, and in
 * @result why, if there is none. In line, since a slot is handed on through memory otherwise. */
static G_ALWAYS_INLINE inline FsmmSlot
fsmm_heap_alloc (
    FsmmStore *self, FsmmState to, FsmmFill fill, gsize *epoch, FsmmAllocResult *result)
{
  FsmmCache *cache = fsmm_cache_enter (self);

  if (G_LIKELY (cache != NULL))
    {
      if (G_LIKELY (cache->front.bits != 0 || fsmm_cache_next_word (cache)))
        {
          FsmmSlot slot = fsmm_cache_pop (cache, to, fill);

          *epoch = self->epoch;
          fsmm_reader_leave ();
          return slot;
        }
      fsmm_reader_leave ();
    }

  return fsmm_heap_alloc_slow (self, to, fill, epoch, result);
}

/* Gives a LIVE block back if the calling thread owns its region. If this returns FALSE,
 * fsmm_heap_free_other () must be asked. */
static inline gboolean
fsmm_heap_try_free_own (FsmmStore *self, gpointer block)
{
  return fsmm_cache_try_free_own (self->key, block, FSMM_STATE_LIVE, NULL, 0);
}

/* As below, for a block that has been found not to be the calling thread's own. */
static inline gboolean
fsmm_heap_free_other (FsmmStore *self, gpointer block, FsmmLook *look)
{
  return fsmm_cache_try_free_beside_last (self->key, block) ||
         fsmm_heap_free_slow (self, block, look);
}

/* Gives a block back if it is LIVE. Otherwise, @look says what the address was found to be. */
static inline gboolean
fsmm_heap_free (FsmmStore *self, gpointer block, FsmmLook *look)
{
  return G_LIKELY (fsmm_heap_try_free_own (self, block)) ||
         fsmm_heap_free_other (self, block, look);
}

G_END_DECLS
