/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-mistakes.h"
#include "xml-tree-timing.h"

G_BEGIN_DECLS

/* The parts of what the program prints. */

void xml_report_counts (const XmlTree *tree);
void xml_report_summary (const char *path, const XmlTree *tree);
void xml_report_pools (const XmlPools *pools);
gboolean xml_report_times (const XmlTimes *times);
gboolean xml_report_mistakes (const XmlMistakes *mistakes);

G_END_DECLS
