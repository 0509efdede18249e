/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A thread that looks at chunks without the store's lock.
 *
 * While it does so it is busy. A thread that removes a chunk has the lock, and stops all
 * readers first: from then on until they resume, no other thread is busy, and each that comes
 * goes to the lock instead. */

#pragma once

#include "base/fsmm-barrier.h"
#include "engine/chunk/fsmm-chunk.h"

G_BEGIN_DECLS

/* The thread must take the lock. */
#define FSMM_READER_STOPPED 1
/* The thread must look twice, always, because it has to do without the kernel's help. */
#define FSMM_READER_FENCED 2

/* A chunk that the thread has met. */
typedef struct {
  guintptr base; /* FSMM_NO_BASE: none */
  FsmmState *states;
} FsmmKnownChunk;

/* No chunk starts there, because its alignment is larger. */
#define FSMM_NO_BASE ((guintptr) 1)

typedef struct {
  gint busy;             /* (atomic): written by the thread */
  gint stop;             /* (atomic): FSMM_READER_STOPPED and such; written with the lock held */
  guint known_mask;      /* how many known chunks there are, a power of two, less 1 */
  FsmmKnownChunk *known; /* by a hash of their bases */
  gconstpointer thread;  /* fsmm_thread_self () of it */
} FsmmReader;

static inline void
fsmm_reader_leave (FsmmReader *self)
{
  __atomic_store_n (&self->busy, 0, __ATOMIC_RELEASE);
}

/* Becomes busy. Returns FALSE if the lock must be taken instead. */
static inline gboolean
fsmm_reader_enter (FsmmReader *self)
{
  gint stop = fsmm_barrier_light (&self->busy, &self->stop);

  if (G_UNLIKELY (stop != 0))
    stop = fsmm_barrier_light_again (&self->stop) & FSMM_READER_STOPPED;
  if (G_LIKELY (stop == 0))
    return TRUE;

  fsmm_reader_leave (self);
  return FALSE;
}

static inline FsmmKnownChunk *
fsmm_reader_get_known_place (FsmmReader *self, const FsmmGeometry *geometry, guintptr base)
{
  return &self->known[(base >> geometry->chunk_shift) & self->known_mask];
}

/* The state of the block that starts at @address, as far as the thread has met its chunk. */
static inline FsmmState *
fsmm_reader_find_state (FsmmReader *self, const FsmmGeometry *geometry, gconstpointer address)
{
  gsize offset = (guintptr) address & geometry->offset_mask;
  guintptr base = (guintptr) address - offset;
  const FsmmKnownChunk *known = fsmm_reader_get_known_place (self, geometry, base);
  gsize block;

  if (G_UNLIKELY (known->base != base || !fsmm_geometry_is_start (geometry, offset, &block)))
    return NULL;

  return known->states + block;
}

G_END_DECLS
