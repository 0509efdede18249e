/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The figures of all pools of the process at one time. */

#pragma once

#include "fsmm-pool-info.h"

G_BEGIN_DECLS

/* What one pool has. The first three never change. */
typedef struct {
  guint64 id; /* no other pool of this process ever has it */
  FsmmPoolKind kind;
  const char *type; /* (not owned) (nullable): of what lives in it: a name of a type, which is kept */
  char *name;       /* (owned) (nullable): set only for one that was not known */
  gsize alloc_size;
  gsize n_live;
  gsize peak_live;
  gsize max_blocks; /* 0: no limit */
  guint n_waiting;
  gsize reserved_bytes;
  guint64 n_taken; /* ever */
} FsmmFigures;

/* Returns: (transfer full) (element-type FsmmFigures): by their ids. Those of pools whose ids are among
 * the keys of @known have no name. */
GArray *fsmm_survey_take (GHashTable *known);

/* Returns: (transfer full) (nullable): the pool of blocks that has that id */
FsmmPool *fsmm_survey_dup_pool (guint64 id);

G_END_DECLS
