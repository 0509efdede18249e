/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What FSMM_DEBUG in the environment asks for, for each pool. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  FSMM_DEBUG_POISON = 1 << 0,     /* free blocks are filled, and a write to one is found */
  FSMM_DEBUG_CANARY = 1 << 1,     /* an overrun is found when the block is freed */
  FSMM_DEBUG_QUARANTINE = 1 << 2, /* a freed block is not handed out for a while */
  FSMM_DEBUG_TRACE = 1 << 3,      /* where each block was taken and freed is remembered */
  FSMM_DEBUG_LEAKS = 1 << 4,      /* what is live when the pool or the program ends is told */
  FSMM_DEBUG_MALLOC = 1 << 5,     /* each block is a malloc () of its own */
  FSMM_DEBUG_WIPE = 1 << 6,       /* what is freed is zeroed */
  FSMM_DEBUG_NO_TOOLS = 1 << 7,   /* AddressSanitizer and Valgrind are told nothing */
  FSMM_DEBUG_WAIT = 1 << 9,       /* a thread that runs the main loop and waits is told */
  FSMM_DEBUG_OBJECTS = 1 << 10,   /* objects that come back other than they were made are told */

  /* Not to be asked for: there is a tool that is told. */
  FSMM_DEBUG_TOOLS = 1 << 8,
} FsmmDebugFlags;

/* Of block pools, which have nothing to do with the others. */
#define FSMM_DEBUG_OF_BLOCKS(flags) ((flags) & ~(FSMM_DEBUG_WAIT | FSMM_DEBUG_OBJECTS))

#define FSMM_DEBUG_HISTORY (FSMM_DEBUG_TRACE | FSMM_DEBUG_LEAKS)

/* What is asked for about the whole process, and not about some of its pools. */
typedef struct {
  gboolean is_shown;  /* "monitor": to other programs */
  char *record;       /* (owned) (nullable): the file of "record=FILE" */
} FsmmDebugWatch;

FsmmDebugFlags fsmm_debug_parse (const char *text, const char *pool_name);
FsmmDebugFlags fsmm_debug_get_flags (const char *pool_name);
FsmmDebugFlags fsmm_debug_get_own_flags (void);
void fsmm_debug_parse_watch (const char *text, FsmmDebugWatch *watch);
const FsmmDebugWatch *fsmm_debug_get_watch (void);
char *fsmm_debug_list (FsmmDebugFlags flags);

G_END_DECLS
