/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The figures of all pools of the process at one time. */

#pragma once

#include "engine/heap/fsmm-heap.h"
#include "watch/fsmm-figures.h"

G_BEGIN_DECLS

typedef struct {
  GArray *figures;   /* (owned) (element-type FsmmFigures) */
  GHashTable *known; /* (not owned) (nullable) */
} FsmmSurvey;

/* Returns: (transfer full) (element-type FsmmFigures): by their ids. Those of pools whose ids are among
 * the keys of @known (nullable) have no name. */
GArray *fsmm_survey_take (GHashTable *known);

/* Sets how much memory of each is resident, which is looked at page by page. @is_meant (nullable): not
 * of those for which it returns FALSE */
typedef gboolean (*FsmmSurveyFilter) (const FsmmFigures *figures, gpointer data);
void fsmm_survey_add_resident (GArray *figures, FsmmSurveyFilter is_meant, gpointer data);

/* Returns: (transfer full) (nullable): a line for each chunk of the pool of blocks that has that id */
char *fsmm_survey_draw (guint64 id);

/* What looks at pools that are no pools of blocks, once there is one. It adds each, with its name. */
void fsmm_survey_set_look_further (void (*look) (FsmmSurvey *survey));
void fsmm_survey_add (FsmmSurvey *self, FsmmFigures figures, const char *name);

G_END_DECLS
