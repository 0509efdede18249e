/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The figures of all pools of the process at one time. */

#pragma once

#include "engine/heap/fsmm-heap.h"
#include "fsmm-pool-kind.h"

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

typedef struct {
  GArray *figures;   /* (owned) (element-type FsmmFigures) */
  GHashTable *known; /* (not owned) (nullable) */
} FsmmSurvey;

/* Pools of blocks and pools of objects are numbered apart. */
static inline guint64
fsmm_survey_id_of_blocks (const FsmmStore *store)
{
  return 2 * store->id;
}

static inline guint64
fsmm_survey_id_of_objects (guint64 number)
{
  return 2 * number + 1;
}

/* Returns: (transfer full) (element-type FsmmFigures): by their ids. Those of pools whose ids are among
 * the keys of @known (nullable) have no name. */
GArray *fsmm_survey_take (GHashTable *known);

/* What looks at pools that are no pools of blocks, once there is one. It adds each, with its name. */
void fsmm_survey_set_look_further (void (*look) (FsmmSurvey *survey));
void fsmm_survey_add (FsmmSurvey *self, FsmmFigures figures, const char *name);

G_END_DECLS
