/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model of how threads share blocks without a lock, and a look at every state it can get into.
 *
 * What is modelled is told in fsmm-cache.h and fsmm-reader.h: cells, regions and their owners,
 * frees from afar with their masks, maps and news, claims of words, threads that are stopped,
 * chunks that go, blocks that are CLAIMED, and the limit of a pool. Each access to what several
 * threads share is a step, in the order of the code; what is private to a thread, or behind the
 * lock, changes in one step with that. What is done while all others are stopped is one step: if
 * one is not stopped, that step comes between any two of its own.
 *
 * Asserted is that all calls could have been made one after the other, in an order that agrees with
 * which had returned before which began. In it, a free of a live block frees it, and any other is
 * either refused at once, or accepted and reported exactly once; a block that is handed out, or
 * given back to the system, is not live. So a block has two users only where a free took it from
 * the first that was still under way when it was handed out, which nothing can tell from a free by
 * that user. Besides, nothing of a chunk is touched that is gone, a block that is CLAIMED is
 * changed by its claimer alone and stays where it is, no more blocks are out than the limit allows,
 * none is refused while another is idle; and when no thread is in a call, all that was freed finds
 * the way to its owner, the count is right, and all races have been reported.
 *
 * Why the steps are small enough: of a block, only the cell and its bit in a map are shared without
 * a lock. All accesses to one of them have one order, which agrees with that within each thread.
 * Where the order of two addresses matters, the code asks for one that all threads agree on, but
 * for the stop: there, that a thread is busy can be held back in a store buffer, unless the other
 * side issues a barrier, or the thread itself a fence.
 *
 * Each region is a chunk. HELD is not here: handles free as LIVE blocks are freed, from another
 * state. Two calls that free many blocks, of which one names a block that is not the caller's, are
 * not brought together: that one may give back what the other has claimed, a stale free as above.
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define N_THREADS 3
#define N_BLOCKS 4
#define N_REGIONS 2
#define NONE 0xff

/* What can be left out, to see that it is missed. */
typedef enum {
  NOTHING,
  OWN_CHECK,        /* the owner looks whether the cell is LIVE */
  EXCHANGE,         /* others change it only if it still is */
  CLAIM_EXCHANGE,   /* so does who claims a block to clear it */
  MASK_CHECK,       /* that a bit is set already is reported: of the private mask */
  MAP_CHECK,        /* of the map */
  COLLECT_CHECK,    /* a bit without a REMOTE cell changes nothing */
  COLLECT_REPORT,   /* and is reported */
  ADOPT_COLLECT,    /* the map is collected when an orphan gets an owner */
  NEWS_ORDER,       /* news are forgotten before they are collected */
  NEWS_PASSED_ON,   /* news of a region that has changed hands go to the new owner */
  KEY_CHECK,        /* the key is looked at after the thread is busy */
  KNOWN_CHECK,      /* and that the region is still known after that */
  STOPPED_CHECK,    /* without a key, whether it is stopped */
  BARRIER,          /* between taking the key and looking who is busy */
  FENCE,            /* the same on the other side, where the kernel does not help */
  WAIT,             /* for who is busy */
  STOP_FLUSH,       /* masks are flushed when all are stopped */
  STOP_COLLECT,     /* and maps collected */
  STOP_NEWS,        /* and news forgotten */
  STOP_CLAIMS,      /* and words given up that were claimed */
  STOP_COUNT,       /* and cells counted, where there is a limit */
  DISOWN_CLAIMS,    /* a region that is taken away takes its claimed word along */
  DISOWN_KNOWN,     /* and is struck out of the table of known ones */
  LIMIT_CELLS,      /* the limit is kept by what cells say, not by counts */
  RECLAIM,          /* idle blocks of other threads are looked for before one is refused */
  PIN,              /* a chunk that is dropped waits for CLAIMED blocks */
  EPOCH_CHECK,      /* who ends a claim looks whether all was dropped */
  CLOSED_CHECK,     /* a chunk that is being dropped is left to the lock */
  UNCLAIM_EXCHANGE, /* what was claimed with many is LIVE again only if it is still CLAIMED */
  MANY_REPORT,      /* that an owner has freed what was claimed with many is reported */
  MANY_ORPHAN,      /* what was claimed with many is freed even if its region has lost its owner */
  N_PARTS,
} Part;

typedef enum {
  FREE,
  LIVE,
  CLAIMED,
  REMOTE
} Cell;

/* Of a chunk. */
typedef enum {
  OPEN,
  CLOSED,   /* it is being dropped in steps */
  DETACHED, /* its addresses are unknown, it waits for pins */
  GONE,
} Place;

typedef enum {
  CALL_FREE,
  CALL_ALLOC,
  CALL_DESTROY,   /* claim, clear, release */
  CALL_MAKE,      /* take a CLAIMED block, fill, publish */
  CALL_MANY,      /* free several: all are claimed first */
  CALL_MANY_FAIL, /* the same, but another of them cannot be claimed */
  CALL_TRIM,
  CALL_DROP,
  CALL_DROP_STEPS, /* clear each block, without the lock */
  CALL_END,        /* of the thread */
  N_CALLS,
} Call;

typedef enum {
  BEGIN,
  RAISE,
  LOOK_AT_KNOWN_KEY,
  LOOK_IF_KNOWN,
  LOOK_AT_KEY,
  RAISE_SLOWLY,
  LOOK_IF_STOPPED,
  FIND,
  OWN_LOAD,
  OWN_STORE,
  REMOTE_LOAD,
  REMOTE_EXCHANGE,
  NOTE,
  FLUSH_OR,
  FLUSH_LOOK,
  FLUSH_EXCHANGE,
  FLUSH_PUSH,
  CLAIM,
  CLAIM_STORE,
  UNCLAIM,
  LOCK,
  FREE_LOCKED,
  RELEASE_LOCKED,
  SORT_NEWS,
  TAKE_IN,
  COLLECT_WORD,
  COLLECT_CELL,
  ADOPT,
  REFILL,
  OWN_ORPHAN,
  POP,
  RETIRE,
  TAKE_STOPPED,
  TAKE_KEYS,
  ISSUE_BARRIER,
  WAIT_FOR_OTHERS,
  WORK_ALONE,
  RESUME_KEYS,
  RESUME_STOPPED,
  DROP_NEXT,
  DROP_PUT_BACK,
  N_STEPS,
} Step;

/* Sets of blocks or regions are bits. */
typedef struct {
  guint8 n_calls; /* that it may still begin */
  guint8 has_ended;
  guint8 mask;   /* blocks: freed from afar, and not in a map */
  guint8 claims; /* blocks: of a word that it may hand out */
  guint8 known;  /* regions */
  guint8 inbox;  /* regions */
  guint8 key_is_taken;
  guint8 is_stopped;

  /* Of the call under way. */
  guint8 step; /* the next one */
  guint8 call;
  guint8 block;
  guint8 is_busy;
  guint8 shows_busy; /* FALSE: if the thread is busy, its store buffer still holds that */
  guint8 has_lock;
  guint8 has_stopped_others;
  guint8 is_in_effect; /* it may have freed or taken the block by now, or may yet */
  guint8 is_second;    /* half of the call: the block is CLAIMED by now */
  guint8 has_tried;
  guint8 region;
  guint8 word; /* blocks */
  guint8 epoch;
  guint8 then; /* the step after what is under way: collecting, or resuming */
  guint8 after_flush;
  guint8 unused; /* so that no byte of a state is padding, which is compared as well */
} Thread;

typedef struct {
  guint8 blocks;
  guint8 owner; /* NONE or a thread */
  guint8 place;
  guint8 map; /* blocks */
  guint8 has_news;
  guint8 is_listed;
  guint8 n_pins;
  guint8 n_counted;
} Region;

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
  Region regions[N_REGIONS];
  guint8 cells[N_BLOCKS];
  guint8 claimers[N_BLOCKS]; /* NONE or the thread that makes or clears something there */
  gint8 n_live;              /* what the counts of all caches add up to */
  guint8 is_locked;
  guint8 epoch;

  /* These stay as they are. */
  guint8 without;    /* a Part */
  guint8 max_blocks; /* 0: no limit */
  guint8 is_symmetric;
  guint8 has_stops;
  guint8 takes_over;
} State;

typedef struct {
  const char *name;
  gboolean (*take) (State *s, guint t); /* FALSE: it cannot be taken now */
} ModelStep;

/* --- Steps: cache-model-calls.c, -lock.c, -stop.c --- */

extern const char *const model_calls[N_CALLS];
extern const ModelStep model_steps[N_STEPS];

/* --- What they are made of: cache-model.c --- */

void model_fail_if (State *s, gboolean failed, const char *fault);

void model_see_live (State *s, guint t);
void model_accept_free (State *s, guint t);
void model_retract (State *s, guint t);
void model_refuse_free (State *s, guint t);
void model_begin_taking (State *s, guint t);
void model_end_taking (State *s, guint t);
void model_report (State *s, guint block);
void model_drop_block (State *s, guint block);

guint model_region_of (const State *s, guint block);
guint8 model_look (State *s, guint block);
void model_set (State *s, guint t, guint block, Cell cell);
guint8 model_find_idle (const State *s, guint region);
void model_own (State *s, guint t, guint region);
void model_disown (State *s, guint region);
void model_disown_all (State *s, guint t);
void model_set_map (State *s, guint t);
void model_collect_one (State *s, guint block);
void model_count (State *s, guint region, guint n);
guint model_get_counted (const State *s);

void model_quiesce (State *s);
void model_close (State *s, guint region);
void model_remove (State *s, guint region);
void model_unpin (State *s, guint region);

void model_check (State *s);
void model_check_end (State *s);
gboolean model_is_any_idle (const State *s);

G_END_DECLS
