/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-model.h"
#include "xml-tree-progress.h"

G_BEGIN_DECLS

/* The same work with pools and with g_new0 (). */

typedef enum {
  XML_STEP_BUILD,
  XML_STEP_DROP_NODES,
  XML_STEP_DROP_NODES_AND_TIDY,
  XML_STEP_FREE_ALL,
  XML_STEP_FREE_ALL_AND_TIDY,
} XmlStep;

#define XML_N_STEPS (XML_STEP_FREE_ALL_AND_TIDY + 1)

/* In microseconds. */
typedef struct {
  double least;
  double median;
} XmlTime;

typedef struct {
  guint n_rounds;     /* 0: too much work to be measured */
  gboolean is_warmed; /* a round came before those, and is in no figure */
  XmlTime pools[XML_N_STEPS];
  XmlTime heap[XML_N_STEPS]; /* the last two are 0: it has nothing like free_all () */
  gsize n_left;              /* blocks that were live after a drop, in all rounds */
} XmlTimes;

gboolean xml_measure (const char *path,
                      XmlTree **live,
                      XmlTimes *times,
                      XmlProgress *progress,
                      GError **error);

G_END_DECLS
