/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-error.h"

#include "base/fsmm-fault.h"
#include "base/fsmm-lock.h"

/**
 * fsmm_error_quark:
 *
 * Gets the error domain of [error@Fsmm.Error].
 *
 * Returns: the quark
 *
 * Since: 1.0
 */
FSMM_DEFINE_QUARK (fsmm-error-quark, fsmm_error)

/* clang-format off */
G_DEFINE_ENUM_TYPE (FsmmError, fsmm_error,
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_INVALID_ARGUMENT, FSMM_WORD_INVALID_ARGUMENT),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_NO_MEMORY, "no-memory"),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_EXHAUSTED, "exhausted"),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_INVALID_POINTER, FSMM_WORD_INVALID_POINTER),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_DOUBLE_FREE, FSMM_WORD_DOUBLE_FREE),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_UNSUPPORTED_TYPE, "unsupported-type"),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_RELEASED, "released"),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_OUT_OF_RANGE, "out-of-range"),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_TIMED_OUT, "timed-out"),
  G_DEFINE_ENUM_VALUE (FSMM_ERROR_CLOSED, "closed"))
/* clang-format on */
