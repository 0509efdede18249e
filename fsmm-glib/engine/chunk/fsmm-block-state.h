/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The state of a block: one byte, outside the memory of all blocks.
 *
 * Several threads look at it and change it without a lock. What makes that safe is that a block
 * which is free always says where: in the store, or in the cache of which thread. A
 * thread that hands a block out finds its own mark in the byte, or does not hand it out: see
 * fsmm-cache.h. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef guint8 FsmmState; /* (atomic) */

enum {
  FSMM_STATE_UNUSED,   /* in the store, and never handed out */
  FSMM_STATE_FREE,     /* in the store */
  FSMM_STATE_LIVE,     /* any code that has its address may free it */
  FSMM_STATE_HELD,     /* only the handle that owns it may give it back */
  FSMM_STATE_CLAIMED, /* what lives in it is being made or cleared by some thread */
  FSMM_STATE_TAIL,        /* there is no block: where one might start, but none is left in the chunk */
  FSMM_STATE_QUARANTINED, /* freed, and not to be handed out for a while */

  /* From here on: in a cache. Each cache has two marks of its own; the odd one says that the
   * block was never handed out. */
  FSMM_STATE_FIRST_MARK = 8,
};

/* How many caches there can be marks for. */
#define FSMM_MAX_MARKS ((256 - FSMM_STATE_FIRST_MARK) / 2)

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

/* Claims a block that is LIVE or HELD. Returns FALSE if another thread was first. */
static inline gboolean
fsmm_state_claim (FsmmState *self, FsmmState from)
{
  return __atomic_compare_exchange_n (self, &from, FSMM_STATE_CLAIMED, FALSE, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED);
}

/* Claims a block that is either LIVE or HELD. */
static inline gboolean
fsmm_state_claim_whole (FsmmState *self)
{
  return fsmm_state_claim (self, FSMM_STATE_LIVE) || fsmm_state_claim (self, FSMM_STATE_HELD);
}

static inline gboolean
fsmm_state_is_in_store (FsmmState state)
{
  return state <= FSMM_STATE_FREE;
}

/* Whether a block with this state is in the cache whose (even) mark this is. */
static inline gboolean
fsmm_state_has_mark (FsmmState state, FsmmState mark)
{
  return (FsmmState) (state ^ mark) <= 1;
}

/* Whether a user has the block. */
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
    case FSMM_STATE_FREE:
    case FSMM_STATE_QUARANTINED:
      return FSMM_ADDRESS_FREE;
    case FSMM_STATE_LIVE:
      return FSMM_ADDRESS_LIVE;
    case FSMM_STATE_HELD:
      return FSMM_ADDRESS_HELD;
    case FSMM_STATE_CLAIMED:
      return FSMM_ADDRESS_CLAIMED;
    case FSMM_STATE_TAIL:
      return FSMM_ADDRESS_TAIL;
    default:
      return state & 1 ? FSMM_ADDRESS_UNUSED : FSMM_ADDRESS_FREE;
    }
}

G_END_DECLS
