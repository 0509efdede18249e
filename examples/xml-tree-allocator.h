/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

/* Where the nodes of a tree come from: three pools, or g_new () and g_free (). The same code
 * builds and drops a tree either way. */

typedef enum {
  XML_KIND_ELEMENT,
  XML_KIND_ATTRIBUTE,
  XML_KIND_TEXT,
} XmlKind;

#define XML_N_KINDS (XML_KIND_TEXT + 1)

typedef struct {
  FsmmPool *pools[XML_N_KINDS]; /* (owned), or all NULL: g_new () and g_free () */
} XmlAllocator;

XmlAllocator *xml_allocator_new_pools (gsize max_blocks, GError **error);
XmlAllocator *xml_allocator_new_heap (void);
void xml_allocator_free (XmlAllocator *self);

gpointer xml_allocator_take (XmlAllocator *self, XmlKind kind, GError **error);
void xml_allocator_give (XmlAllocator *self, XmlKind kind, gpointer node);

gboolean xml_allocator_can_drop_all (const XmlAllocator *self);
void xml_allocator_drop_all (XmlAllocator *self);
gsize xml_allocator_count_live (const XmlAllocator *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (XmlAllocator, xml_allocator_free)

G_END_DECLS
