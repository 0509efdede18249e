/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-fault.h"

/* The word to search for in messages. */
const char *
fsmm_fault_get_word (FsmmFault self)
{
  static const char *const words[] = {
    [FSMM_FAULT_INVALID_ARGUMENT] = FSMM_WORD_INVALID_ARGUMENT,
    [FSMM_FAULT_INVALID_POINTER] = FSMM_WORD_INVALID_POINTER,
    [FSMM_FAULT_DOUBLE_FREE] = FSMM_WORD_DOUBLE_FREE,
    [FSMM_FAULT_WRITE_AFTER_FREE] = FSMM_WORD_WRITE_AFTER_FREE,
    [FSMM_FAULT_OVERRUN] = FSMM_WORD_OVERRUN,
    [FSMM_FAULT_LEAK] = FSMM_WORD_LEAK,
    [FSMM_FAULT_BLOCKED_LOOP] = FSMM_WORD_BLOCKED_LOOP,
    [FSMM_FAULT_DIRTY_OBJECT] = FSMM_WORD_DIRTY_OBJECT,
  };

  return words[self];
}
