/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the fuzz targets share. One input is worked on at a time, so there is one of everything. */

#pragma once

#include "fsmm-glib/pool/fsmm-pool-private.h"
#include "fsmm-glib/base/fsmm-system.h"

#include "fsmm-glib/fsmm-glib.h"

G_BEGIN_DECLS

/* Each target has these: fuzz-pool.c, fuzz-typed-pool.c. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* --- The input, decoded: fuzz-input.c. Where it is over, everything is 0 --- */

void fuzz_input_start (const guint8 *data, gsize size);
void fuzz_input_start_generated (guint32 seed);
gboolean fuzz_input_is_over (void);
guint8 fuzz_input_byte (void);
guint fuzz_input_short (void);
guint64 fuzz_input_number (void);
guint fuzz_input_below (guint n);
gboolean fuzz_input_flag (void);

/* --- What was expected: fuzz-check.c --- */

typedef struct
{
  const char *name; /* for messages */
  void (*run) (void);
} FuzzOperation;

const char *fuzz_choose_name (void);
void fuzz_check_start (void (*check) (void));
void fuzz_run_operations (const FuzzOperation *operations, guint n_operations, guint max_run);
void fuzz_run_within (const FuzzOperation *operation);
void fuzz_run_step (const char *name, void (*run) (void));
void fuzz_fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

#define fuzz_check(condition, ...)                                                                 \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (G_UNLIKELY (!(condition)))                                                                 \
      fuzz_fail (__VA_ARGS__);                                                                     \
  }                                                                                                \
  G_STMT_END

/* An input is no better for being longer, and each operation may be followed by a look at every
 * block. */
#define FUZZ_MAX_OPERATIONS 400

/* How a call may end: a set of these. */
typedef guint FuzzEnds;

#define FUZZ_SUCCESS ((FuzzEnds) 1)
#define FUZZ_ERROR(code) ((FuzzEnds) 2 << (code))
#define FUZZ_CODE(name) FUZZ_ERROR (FSMM_ERROR_##name)

void fuzz_check_end (const char *call, FuzzEnds expected, gboolean success, GError **where);
void fuzz_check_criticals (const char *call, guint n_expected);
void fuzz_check_leak_reports (guint n_expected);

/* The next operation has the nth request to the system fail, in the first call that makes one. */
void fuzz_plan_failure (guint nth);
gboolean fuzz_has_failed (void);

/* --- A second thread, that works while the first one waits: fuzz-worker.c --- */

void fuzz_worker_toggle (void);
void fuzz_worker_dismiss (void);
void fuzz_worker_end (void);
guint fuzz_worker_current (void);
void fuzz_worker_run (void (*func) (void));

/* --- Memory: fuzz-memory.c --- */

gpointer fuzz_foreign_address (guint which);
#define FUZZ_N_FOREIGN 8

void fuzz_fill (guint8 *memory, gsize size, guint64 seed);
gboolean fuzz_is_filled (const guint8 *memory, gsize size, guint64 seed);
gboolean fuzz_is_filled_at_ends (const guint8 *memory, gsize size, guint64 seed);
gboolean fuzz_is_zero (const guint8 *memory, gsize size);

G_END_DECLS
