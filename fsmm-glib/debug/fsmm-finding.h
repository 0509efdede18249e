/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What was found out while the store's lock was held, to be told when it is not. */

#pragma once

#include "debug/fsmm-guard.h"
#include "debug/fsmm-history.h"
#include "debug/fsmm-report.h"

G_BEGIN_DECLS

/* Blocks that two threads freed at the same time. */
typedef struct {
  FsmmReport report;
  gsize n_blocks;
  gpointer blocks[8]; /* the first of them */
} FsmmLost;

void fsmm_lost_report (FsmmLost *self);

typedef enum {
  FSMM_DAMAGE_WRITTEN_AFTER_FREE,
  FSMM_DAMAGE_OVERRUN,
} FsmmDamageKind;

/* A block with bytes in it or behind it that should be others. */
typedef struct {
  FsmmReport report;
  FsmmDamageKind kind;
  FsmmDamage damage;
  FsmmHistory history;
  gboolean is_traced;
  gconstpointer block;
  gconstpointer chunk;
  gsize index;
  gsize alloc_size;
} FsmmFinding;

void fsmm_finding_report (FsmmFinding *self);

G_END_DECLS
