/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state of a block: one byte, its cell, outside the memory of all blocks.
 *
 * Cells are the truth about blocks: there is no list of free ones, and none is counted anywhere.
 * Several threads read cells and change them without a lock. Only the owner of a region hands out
 * its blocks, and only those whose cells are FREE or UNUSED. Other threads change a cell only by
 * exchanging a state that it has, of a block that is out, for another. So no other thread changes
 * the cell of a block that can be handed out. See fsmm-cache.h for what follows. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef guint8 FsmmState; /* (atomic) */

enum {
  FSMM_STATE_TAIL,    /* there is no block, but one might start there if the chunk were larger */
  FSMM_STATE_LIVE,    /* any code that has its address may free it */
  FSMM_STATE_HELD,    /* only the handle that owns it may give it back */
  FSMM_STATE_CLAIMED, /* what lives in it is being made or cleared by some thread */
  FSMM_STATE_REMOTE,  /* freed by a thread that does not own the region */
  FSMM_STATE_QUARANTINED, /* freed, and not to be handed out for a while */

  /* From here on, with the top bit set: idle, which means that it can be handed out. */
  FSMM_STATE_FREE = 0x80,
  FSMM_STATE_UNUSED = 0xc0, /* never handed out */
};

/* What an address is, to a pool. The first six are the start of a block. */
typedef enum {
  FSMM_ADDRESS_FREE,
  FSMM_ADDRESS_LIVE,
  FSMM_ADDRESS_HELD,
  FSMM_ADDRESS_CLAIMED,
  FSMM_ADDRESS_UNUSED,   /* the start of a block that is free, and was never handed out */
  FSMM_ADDRESS_DROPPED,  /* the start of a block that is being dropped with all others */
  FSMM_ADDRESS_INTERIOR, /* in a block, but not its start */
  FSMM_ADDRESS_TAIL,     /* behind the last block of a chunk */
  FSMM_ADDRESS_FOREIGN,  /* in no chunk of the pool */
} FsmmAddressKind;

/* One byte has one order of changes that all threads agree on, which is all that is asked of it:
 * so no access needs to order anything else. */
static inline FsmmState
fsmm_state_get (const FsmmState *self)
{
  return __atomic_load_n (self, __ATOMIC_RELAXED);
}

static inline void
fsmm_state_set (FsmmState *self, FsmmState state)
{
  __atomic_store_n (self, state, __ATOMIC_RELAXED);
}

/* For a block in which something has been made: a walk of another thread may come across it at
 * any time, and is to see that. */
static inline void
fsmm_state_publish (FsmmState *self, FsmmState state)
{
  __atomic_store_n (self, state, __ATOMIC_RELEASE);
}

/* Returns FALSE, and changes nothing, if another thread was first. */
static inline gboolean
fsmm_state_exchange (FsmmState *self, FsmmState from, FsmmState to)
{
  return __atomic_compare_exchange_n (self, &from, to, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Claims a block that is LIVE or HELD. Returns FALSE if another thread was first. */
static inline gboolean
fsmm_state_claim (FsmmState *self, FsmmState from)
{
  return fsmm_state_exchange (self, from, FSMM_STATE_CLAIMED);
}

/* Claims a block that is either LIVE or HELD. */
static inline gboolean
fsmm_state_claim_whole (FsmmState *self)
{
  return fsmm_state_claim (self, FSMM_STATE_LIVE) || fsmm_state_claim (self, FSMM_STATE_HELD);
}

/* Some code has it. */
static inline gboolean
fsmm_state_is_out (FsmmState state)
{
  return state >= FSMM_STATE_LIVE && state <= FSMM_STATE_CLAIMED;
}

/* Whether what lives in the block is whole, and can be looked at. */
static inline gboolean
fsmm_state_is_in_use (const FsmmState *self)
{
  FsmmState state = __atomic_load_n (self, __ATOMIC_ACQUIRE);

  return state == FSMM_STATE_LIVE || state == FSMM_STATE_HELD;
}

static inline FsmmAddressKind
fsmm_state_to_kind (FsmmState state)
{
  switch (state)
    {
    case FSMM_STATE_UNUSED:
      return FSMM_ADDRESS_UNUSED;
    case FSMM_STATE_LIVE:
      return FSMM_ADDRESS_LIVE;
    case FSMM_STATE_HELD:
      return FSMM_ADDRESS_HELD;
    case FSMM_STATE_CLAIMED:
      return FSMM_ADDRESS_CLAIMED;
    case FSMM_STATE_TAIL:
      return FSMM_ADDRESS_TAIL;
    default:
      return FSMM_ADDRESS_FREE;
    }
}

G_END_DECLS
