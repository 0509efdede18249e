/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-map.h"

G_BEGIN_DECLS

gsize xml_map_get_report_columns (void);
void xml_report_map (const XmlMap *map, const char *dropped_name);

G_END_DECLS
