/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model of how thread caches tell who has a block, and a look at every state it can get into.
 *
 * Each block has a byte outside its memory. A free without the lock finds LIVE in it, and writes
 * CACHED by this thread; an alloc finds that there, and writes LIVE. These are two accesses and not
 * one: two threads may free a block at once, and both go on. The byte then names the last of them.
 * The other free is lost, which is found out and reported when its thread, or the store, comes to
 * use the block. What calls leave behind for others must change in one access, a compare-and-swap:
 * from CACHED to FREE in a flush, from FREE to CACHED in a refill. The lock does not keep a thread
 * that needs none from the byte.
 *
 * Asserted is that all calls could have been made one after the other, in an order that agrees with
 * which had returned before which began. In it, a free of a live block frees it, and any other is
 * either refused at once, or accepted and reported as lost exactly once; a block that is handed
 * out, or given back to the system, is not live. So a block has two users only where a late free
 * took it from the first, which nothing can tell from a free by that user. Between calls, the byte,
 * bit and caches of a block agree, unless a loss of it is not yet reported; all losses are reported
 * once caches and store are emptied; and the store's count is right.
 *
 * Why the steps are small enough: of a block, only the byte is shared without a lock. All accesses
 * to one byte, relaxed ones too, have one order, which agrees with that within each thread and with
 * that of the locks. So, however a processor reorders accesses to different addresses, what happens
 * to a block is one of the interleavings here, in which a call comes before another at least if
 * a thread can know that it does. What is behind the lock, or private to a thread, changes in one
 * step with the byte, as no thread can look in between. The stop alone relies on the order of two
 * addresses. For it there is a store buffer: that a thread is busy can be held back, even beyond
 * what it stores later. That it no longer is, and that the stop is over, must be stored with
 * release, and loaded with acquire.
 *
 * Caches are bags, and a flush or refill moves one block: that includes every order of an array,
 * and every size of a batch. Not modelled are what is in blocks, blocks that belong to handles, new
 * chunks, peaks and limits, and epochs. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define N_THREADS 3
#define N_BLOCKS 2

/* What can be left out, to see that it is missed. */
typedef enum {
  NOTHING,
  FREE_CHECK,
  ALLOC_CHECK,
  FLUSH_CHECK,
  REFILL_CHECK,
  TAKE_CHECK,
  BIT_CHECK,
  STORE_CHECK,
  STOP_CHECK,
  FLUSH_SWAP,
  REFILL_SWAP,
  BARRIER,
  WAIT,
  N_PARTS,
} Part;

/* Where a block is, and what its byte says. */
typedef enum {
  FREE,   /* in the store */
  LIVE,   /* with a user */
  GONE,   /* given back to the system, and its byte too */
  CACHED, /* in a thread's cache; the byte says plus the number of the thread */
} Place;

/* A call moves a block from one place to another. */
typedef struct {
  const char *name;
  Place from;
  Place to;
  Part check; /* that the block is still there */
  Part swap;  /* what makes reading and writing the byte one step; NOTHING: they are two */
} ModelCall;

#define N_CALLS 7
#define TRIM 6 /* its place in model_calls */

typedef enum {
  BEGIN,
  READ,
  WRITE,
  SHOW_BUSY,
  ISSUE_BARRIER,
  WAIT_FOR_OTHERS,
  FLUSH_OTHERS,
  N_STEPS,
} Step;

typedef struct {
  guint8 step;            /* the next one */
  guint8 call;            /* that is under way */
  guint8 block;           /* that it moves */
  guint8 shows_busy;      /* FALSE: if the thread is busy, its store buffer still holds that */
  guint8 n_calls;         /* that it may still begin */
  guint8 cache[N_BLOCKS]; /* how often each block is in it */
} Thread;

/* What sequential histories a block can have had. One bit is for all those that agree in this: the
 * lower three bits of its number are how many frees are lost and not reported, the upper three
 * which threads' calls under way have taken effect. */
typedef struct {
  guint64 live;     /* those at whose end the block is live */
  guint64 not_live; /* all others */
} Histories;

typedef struct {
  Histories histories[N_BLOCKS];
  const char *fault;
  Thread threads[N_THREADS];
  guint8 bytes[N_BLOCKS];
  guint8 bits[N_BLOCKS]; /* set: the store has the block */
  guint8 n_out;          /* how many blocks the store counts as not in it */
  guint8 without;        /* the Part that is left out */
} State;

typedef struct {
  const char *name;
  gboolean (*take) (State *s, guint t); /* FALSE: it cannot be taken now */
} ModelStep;

extern const ModelCall model_calls[N_CALLS];
extern const ModelStep model_steps[N_STEPS];

void model_check_end (State *s);

G_END_DECLS
