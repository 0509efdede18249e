/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Freed blocks that are not to be handed out yet: first in, first out. For a thread that has the
 * store's lock. */

#pragma once

#include "engine/chunk/fsmm-chunk.h"
#include "base/fsmm-system.h"

G_BEGIN_DECLS

typedef struct {
  FsmmSlot *slots;
  guint capacity; /* 0: there is none */
  guint first;
  guint n_blocks;
} FsmmQuarantine;

#define FSMM_QUARANTINE_BLOCKS 1024

static inline gboolean
fsmm_quarantine_init (FsmmQuarantine *self)
{
  self->slots = fsmm_system_try_new0 (FSMM_QUARANTINE_BLOCKS * sizeof (FsmmSlot));
  self->capacity = self->slots != NULL ? FSMM_QUARANTINE_BLOCKS : 0;

  return self->slots != NULL;
}

static inline void
fsmm_quarantine_clear (FsmmQuarantine *self)
{
  g_clear_pointer (&self->slots, g_free);
}

/* A slot without a block: it is empty. */
static inline FsmmSlot
fsmm_quarantine_pop (FsmmQuarantine *self)
{
  FsmmSlot slot;

  if (self->n_blocks == 0)
    return FSMM_NO_SLOT;

  slot = self->slots[self->first];
  self->first = (self->first + 1) % self->capacity;
  self->n_blocks--;

  return slot;
}

/* Adds a block. There must be room. */
static inline void
fsmm_quarantine_push (FsmmQuarantine *self, FsmmSlot slot)
{
  self->slots[(self->first + self->n_blocks) % self->capacity] = slot;
  self->n_blocks++;
}

G_END_DECLS
