/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-model.h"
#include "xml-tree-progress.h"

G_BEGIN_DECLS

/* The same work with pools and with g_new0 (). */

typedef enum {
  XML_STEP_BUILD_POOLS,
  XML_STEP_BUILD_HEAP,
  XML_STEP_DROP_NODES_POOLS,
  XML_STEP_DROP_NODES_HEAP,
  XML_STEP_FREE_ALL,
} XmlStep;

#define XML_N_STEPS (XML_STEP_FREE_ALL + 1)

typedef struct {
  guint n_rounds; /* 0: too much work to be measured */
  double median[XML_N_STEPS]; /* microseconds */
  gsize n_left;               /* blocks that were live after a drop, in all rounds */
} XmlTimes;

gboolean xml_measure (const char *path,
                      XmlTree **live,
                      XmlTimes *times,
                      XmlProgress *progress,
                      GError **error);

G_END_DECLS
