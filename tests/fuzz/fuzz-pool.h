/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The model that pools of raw blocks are compared with. It is told what calls have done, and knows
 * from the documentation alone what the next one must do. */

#pragma once

#include "fuzz.h"

#include "fsmm-glib/debug/fsmm-debug-flags.h"

G_BEGIN_DECLS

#define FUZZ_N_POOLS 3
#define FUZZ_MAX_BLOCKS 1200
/* Each block can be in one of its own, and so can each that is in quarantine. */
#define FUZZ_MAX_CHUNKS (FUZZ_MAX_BLOCKS + 1024 + 200)
#define FUZZ_N_HANDLES 12
#define FUZZ_N_EXPORTS 3
#define FUZZ_N_STALE 64

typedef struct _FuzzHandle FuzzHandle;

/* One that is out of the pool. */
typedef struct
{
  guint8 *address;
  guint64 seed;       /* of what is in it */
  FuzzHandle *handle; /* (nullable): that it belongs to; then the handle has the content */
  gboolean is_shown;  /* by foreach */
  gboolean is_new;    /* since foreach began */
} FuzzBlock;

typedef struct
{
  FsmmPool *pool; /* NULL: there is none in this place */
  FsmmDebugFlags debug;
  gpointer weak;  /* NULL: it has been finalized */
  gboolean is_owned;
  gboolean was_dropped; /* all blocks of it at once */
  guint n_handles;

  gsize alloc_size;
  gsize alignment;
  gsize block_size;
  gsize chunk_bytes;
  gsize chunk_alignment; /* chunks start at a multiple of it */
  gsize per_chunk;
  gsize max_blocks; /* G_MAXSIZE: no limit */

  FuzzBlock blocks[FUZZ_MAX_BLOCKS];
  guint n_blocks;
  guint peak;
  guint threads; /* a bit for each that has taken or freed something */

  guintptr chunks[FUZZ_MAX_CHUNKS]; /* from which a block was handed out */
  guint n_chunks_known;
  gsize n_chunks; /* all: where that is not certain, as the library says */
} FuzzPool;

struct _FuzzHandle
{
  FsmmBlock *block; /* NULL: there is none in this place */
  FuzzPool *pool;
  guint8 *address;
  guint8 *content; /* (owned) */
  GBytes *exports[FUZZ_N_EXPORTS];
  guint n_refs;
  guint n_exports;
  gboolean is_released;
  gboolean is_dropped;
};

extern FuzzPool fuzz_pools[FUZZ_N_POOLS];
extern FuzzHandle fuzz_handles[FUZZ_N_HANDLES];

/* --- fuzz-pool-run.c --- */

void fuzz_pool_run (void (*make) (void),
                    const FuzzOperation *operations,
                    guint n_operations,
                    guint max_run);

/* --- fuzz-pool-params.c --- */

typedef struct
{
  const char *name;
  gsize alloc_size;
  gsize alignment;
  gsize chunk_bytes;
  gsize max_blocks;
} FuzzPoolParams;

void fuzz_pool_make (void);
void fuzz_pool_make_with (const FuzzPoolParams *params);

/* --- The model: fuzz-pool-model.c --- */

FuzzPool *fuzz_pool_choose (void);
FuzzBlock *fuzz_pool_find (FuzzPool *self, gconstpointer address);
gsize fuzz_pool_count_idle (const FuzzPool *self);
gboolean fuzz_pool_has_room (const FuzzPool *self, guint n_blocks);
gsize fuzz_pool_count_used_chunks (const FuzzPool *self);
gboolean fuzz_pool_is_single_threaded (const FuzzPool *self);
gboolean fuzz_pool_hands_out_all (const FuzzPool *self);

void fuzz_pool_note_thread (FuzzPool *self);
FuzzBlock *fuzz_pool_add (FuzzPool *self, gpointer address, FuzzHandle *handle);
void fuzz_pool_remove (FuzzPool *self, FuzzBlock *block);
void fuzz_pool_remove_all (FuzzPool *self);
void fuzz_pool_forget_unused_chunks (FuzzPool *self);
void fuzz_pool_forget (FuzzPool *self);

void fuzz_pool_check (FuzzPool *self, gboolean deeply);
void fuzz_pool_check_content (FuzzPool *self, const FuzzBlock *block);

/* --- Addresses, and what must become of a free of one: fuzz-pool-addresses.c --- */

gpointer fuzz_pool_choose_address (FuzzPool *self);
FuzzEnds fuzz_pool_expect_free (FuzzPool *self, gconstpointer address);
FuzzPool *fuzz_pool_of_block (gconstpointer address);
void fuzz_pool_add_stale (gpointer address);
void fuzz_pool_forget_stale (void);

/* --- Operations --- */

FuzzEnds fuzz_pool_expect_take (FuzzPool *self, gsize n_blocks, gboolean has_failed);
FuzzEnds fuzz_pool_expect_refusal (FuzzPool *self, gsize n_blocks);
void fuzz_pool_took (FuzzPool *self, gsize n_blocks, gboolean has_failed);
void fuzz_pool_alloc_one (FuzzPool *self, gboolean zeroed);
void fuzz_pool_free_one (FuzzPool *self, gpointer address, gboolean silently);
void fuzz_pool_unref_owned (FuzzPool *self);
void fuzz_pool_end_if_unused (FuzzPool *self);

/* fuzz-pool-blocks.c */
void fuzz_pool_alloc (void);
void fuzz_pool_alloc0 (void);
void fuzz_pool_alloc_run (void);
void fuzz_pool_free (void);
void fuzz_pool_free_run (void);
void fuzz_pool_free_anywhere (void);
void fuzz_pool_look_at_address (void);

/* fuzz-pool-many.c */
void fuzz_pool_alloc_many (void);
void fuzz_pool_free_many (void);

/* fuzz-pool-whole.c */
void fuzz_pool_reserve (void);
void fuzz_pool_trim (void);
void fuzz_pool_free_all (void);
void fuzz_pool_foreach (void);
void fuzz_pool_unref (void);

/* fuzz-pool-handles.c */
FuzzHandle *fuzz_handle_choose (void);
void fuzz_handle_acquire (void);
void fuzz_handle_ref (void);
void fuzz_handle_unref (void);
void fuzz_handle_release (void);
void fuzz_handle_get_bytes (void);
void fuzz_handle_unref_bytes (void);
void fuzz_handle_look (void);
void fuzz_handle_check_all (void);
void fuzz_handle_end_all (void);
void fuzz_handle_dropped (const FuzzPool *pool);

static inline gboolean
fuzz_handle_is_live (const FuzzHandle *self)
{
  return !self->is_released && !self->is_dropped;
}

/* fuzz-pool-handle-data.c */
void fuzz_handle_read (void);
void fuzz_handle_write (void);

G_END_DECLS
