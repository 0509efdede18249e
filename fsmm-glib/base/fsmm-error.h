/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_ERROR (fsmm_error_quark ())
#define FSMM_TYPE_ERROR (fsmm_error_get_type ())

/**
 * FsmmError:
 * @FSMM_ERROR_INVALID_ARGUMENT: an argument makes no sense: a size of zero, an alignment that is
 *   not a power of two, a number of bytes that does not fit in memory
 * @FSMM_ERROR_NO_MEMORY: the system has no memory left for another chunk
 * @FSMM_ERROR_EXHAUSTED: [property@Fsmm.Pool:max-blocks] blocks of the pool are live, or a pool of
 *   objects has none to lend
 * @FSMM_ERROR_INVALID_POINTER: the address is not the start of a block of this pool
 * @FSMM_ERROR_DOUBLE_FREE: the address is a block of this pool that is not allocated: it was freed
 *   already, or was never handed out
 * @FSMM_ERROR_UNSUPPORTED_TYPE: instances of the type cannot live in a pool, or be lent by one
 * @FSMM_ERROR_RELEASED: the handle's block is gone: it was released, or the pool dropped all its
 *   blocks; or a lease has ended
 * @FSMM_ERROR_OUT_OF_RANGE: an offset or a length reaches beyond the end of the block
 * @FSMM_ERROR_TIMED_OUT: a call has waited for a block or an object for as long as it was to, or was not
 *   to wait at all (since 1.2)
 * @FSMM_ERROR_CLOSED: nobody can wait for a block: [property@Fsmm.Pool:flushing] is set; or a pool of
 *   objects has been closed (since 1.2)
 *
 * Errors that calls to this library report.
 *
 * A pool that reported an error is in the same state as before the call, and keeps working.
 *
 * The codes are a registered type: `g_enum_to_string (FSMM_TYPE_ERROR, error->code)` returns a
 * name.
 *
 * Since: 1.0
 */
typedef enum {
  FSMM_ERROR_INVALID_ARGUMENT,
  FSMM_ERROR_NO_MEMORY,
  FSMM_ERROR_EXHAUSTED,
  FSMM_ERROR_INVALID_POINTER,
  FSMM_ERROR_DOUBLE_FREE,
  FSMM_ERROR_UNSUPPORTED_TYPE,
  FSMM_ERROR_RELEASED,
  FSMM_ERROR_OUT_OF_RANGE,
  FSMM_ERROR_TIMED_OUT,
  FSMM_ERROR_CLOSED
} FsmmError;

FSMM_AVAILABLE_IN_1_0
GQuark fsmm_error_quark (void);
FSMM_AVAILABLE_IN_1_0
GType fsmm_error_get_type (void) G_GNUC_CONST;

G_END_DECLS
