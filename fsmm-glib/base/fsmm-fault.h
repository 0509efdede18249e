/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program can do wrong with a pool, and the words for it: the only ones that error codes and
 * messages use. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  FSMM_FAULT_INVALID_ARGUMENT,
  FSMM_FAULT_INVALID_POINTER,
  FSMM_FAULT_DOUBLE_FREE,
  FSMM_FAULT_WRITE_AFTER_FREE,
  FSMM_FAULT_OVERRUN,
  FSMM_FAULT_LEAK,
  FSMM_FAULT_BLOCKED_LOOP,
  FSMM_FAULT_DIRTY_OBJECT,
} FsmmFault;

/* Macros, because some are also the nicks of an FsmmError, in a table that the compiler fills. */
#define FSMM_WORD_INVALID_ARGUMENT "invalid-argument"
#define FSMM_WORD_INVALID_POINTER "invalid-pointer"
#define FSMM_WORD_DOUBLE_FREE "double-free"
#define FSMM_WORD_WRITE_AFTER_FREE "write-after-free"
#define FSMM_WORD_OVERRUN "overrun"
#define FSMM_WORD_LEAK "leak"
#define FSMM_WORD_BLOCKED_LOOP "blocked-loop"
#define FSMM_WORD_DIRTY_OBJECT "dirty-object"

const char *fsmm_fault_get_word (FsmmFault self);

G_END_DECLS
