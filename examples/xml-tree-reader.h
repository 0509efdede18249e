/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "xml-tree-model.h"
#include "xml-tree-progress.h"

G_BEGIN_DECLS

XmlTree *xml_tree_read (XmlPools *pools, const char *path, XmlProgress *progress, GError **error);

G_END_DECLS
