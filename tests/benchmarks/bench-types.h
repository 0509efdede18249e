/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Boxed types of structs of those sizes that real ones have most: their instances live in pools
 * where pools are measured, and elsewhere on the heap. */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* A struct that owns nothing, which is copied by its bytes. Returns G_TYPE_INVALID if there is none
 * of this size, or if the allocator that is measured knows nothing of types. */
GType bench_type_get_plain (gsize size);

/* A struct with functions, which do next to nothing, so that their calls are what is measured. */
GType bench_type_get_active (gsize size);

/* These functions. */
void bench_active_init (gpointer instance);
void bench_active_clear (gpointer instance);

G_END_DECLS
