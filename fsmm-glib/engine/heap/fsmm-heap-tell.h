/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What Memcheck is to remember of blocks.
 *
 * It shows all calls that led to where it was told that a block was taken, or freed. So it is told
 * by functions that stand for the public ones, where it is there, do the same, and tell it at the
 * end: fsmm_pool_alloc_told () for fsmm_pool_alloc (). A public function goes on to its own without
 * leaving a frame, so that a report leads from that straight into the program. From the engine,
 * Memcheck knows only what may be touched.
 *
 * Each chunk has a note of what Memcheck has been told of its blocks. Telling it means making that
 * agree with their states, under the lock: so it does not matter what other threads did meanwhile,
 * nor whether anything was done at all. Where a block is handed out again, or its chunk goes, the
 * engine does it. */

#pragma once

#include "debug/fsmm-sanitizers.h"
#include "engine/heap/fsmm-heap.h"

G_BEGIN_DECLS

#define FSMM_HEAP_IS_TOLD_OF (G_UNLIKELY (fsmm_sanitizers_remember))

/* For a function that tells: it stays what it is, under its own name, whatever it calls and
 * whichever others have the same body. */
#if g_macro__has_attribute(noipa)
#define FSMM_HEAP_TELLER __attribute__ ((noipa))
#else
#define FSMM_HEAP_TELLER G_GNUC_NO_INLINE
#endif

/* Blocks of which there is something to tell, one after the other. */
typedef struct {
  gsize n_left; /* blocks that are to be looked at */
  const gpointer *left;
  FsmmStore *store; /* (nullable): whose the block is, locked */
  gpointer block;
  gboolean is_taken;
} FsmmTelling;

gboolean fsmm_heap_tell_next (FsmmTelling *self);

/* Tells of blocks that have been taken or freed. Each may be NULL, and their pool may be gone. A
 * macro, because Memcheck would show a function that is inlined. */
#define FSMM_HEAP_TELL(n_blocks, blocks)                                                           \
  G_STMT_START                                                                                     \
  {                                                                                                \
    FsmmTelling telling_ = { (n_blocks), (blocks), NULL, NULL, FALSE };                            \
                                                                                                   \
    while (fsmm_heap_tell_next (&telling_))                                                        \
      if (telling_.is_taken)                                                                       \
        FSMM_SANITIZERS_REMEMBER_TAKEN (telling_.store, telling_.block,                            \
                                        telling_.store->geometry.alloc_size);                      \
      else                                                                                         \
        FSMM_SANITIZERS_REMEMBER_FREED (telling_.store, telling_.block);                           \
  }                                                                                                \
  G_STMT_END

/* All blocks in chunks that are about to be dropped, and that nobody needs to stay. */
typedef struct {
  FsmmStore *store; /* locked */
  gsize drop_id;    /* of those chunks; 0: of all that are open */
  GList *next;      /* (nullable): link of the next chunk */
  FsmmChunk *chunk; /* (nullable): NULL: none yet */
  gsize next_index; /* of a block in it */
  gpointer block;
} FsmmTellingDrop;

void fsmm_heap_tell_drop_begin (FsmmTellingDrop *self, FsmmStore *store, gsize drop_id);
gboolean fsmm_heap_tell_drop_next (FsmmTellingDrop *self);

/* Tells that they are free, right before they are: they may still be touched until then. */
#define FSMM_HEAP_TELL_DROP(store_, drop_id_)                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    FsmmTellingDrop telling_;                                                                      \
                                                                                                   \
    fsmm_heap_tell_drop_begin (&telling_, (store_), (drop_id_));                                   \
    while (fsmm_heap_tell_drop_next (&telling_))                                                   \
      {                                                                                            \
        FSMM_SANITIZERS_REMEMBER_FREED (telling_.store, telling_.block);                           \
        fsmm_sanitizers_allow (telling_.block, telling_.store->geometry.alloc_size);               \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

G_END_DECLS
