/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Known bytes in and behind blocks, and whether they are still there. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* As in the kernel's SLUB, where people may know them from: easy to tell from a number, a text
 * or a pointer. */
#define FSMM_GUARD_FREE 0x6b
#define FSMM_GUARD_ALLOCATED 0x5a
#define FSMM_GUARD_BEHIND 0xbb

/* Bytes that should be others. */
typedef struct {
  gsize offset;  /* of the first one, from the start of the block */
  gsize n_bytes; /* how many there are */
  guint8 expected;
  guint8 found;
} FsmmDamage;

void fsmm_guard_fill_free (gpointer block, gsize alloc_size);
void fsmm_guard_fill_allocated (gpointer block, gsize alloc_size);
void fsmm_guard_fill_behind (gpointer block, gsize alloc_size, gsize block_size);

gboolean fsmm_guard_is_free_damaged (gconstpointer block,
                                     gsize alloc_size,
                                     FsmmDamage *damage);
gboolean fsmm_guard_is_behind_damaged (gconstpointer block,
                                       gsize alloc_size, gsize block_size,
                                       FsmmDamage *damage);

G_END_DECLS
