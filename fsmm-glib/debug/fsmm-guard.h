/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Known bytes in and behind blocks, and whether they are still there. */

#pragma once

#include "engine/chunk/fsmm-geometry.h"

G_BEGIN_DECLS

/* As in the kernel's SLUB, where people may know them from: easy to tell from a number, a text
 * or a pointer. */
#define FSMM_GUARD_FREE 0x6b
#define FSMM_GUARD_TAKEN 0x5a
#define FSMM_GUARD_BEHIND 0xbb

/* Bytes that should be others. */
typedef struct {
  gsize offset;  /* of the first one, from the start of the block */
  gsize n_bytes; /* how many there are */
  guint8 expected;
  guint8 found;
} FsmmDamage;

void fsmm_guard_fill_free (const FsmmGeometry *geometry, gpointer block);
void fsmm_guard_fill_taken (const FsmmGeometry *geometry, gpointer block);
void fsmm_guard_fill_behind (const FsmmGeometry *geometry, gpointer block);

gboolean fsmm_guard_is_free_damaged (const FsmmGeometry *geometry,
                                     gconstpointer block,
                                     FsmmDamage *damage);
gboolean fsmm_guard_is_behind_damaged (const FsmmGeometry *geometry,
                                       gconstpointer block,
                                       FsmmDamage *damage);

G_END_DECLS
