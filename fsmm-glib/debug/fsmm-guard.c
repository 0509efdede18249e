/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-guard.h"

#include <string.h>

void
fsmm_guard_fill_free (const FsmmGeometry *geometry, gpointer block)
{
  memset (block, FSMM_GUARD_FREE, geometry->alloc_size);
}

void
fsmm_guard_fill_taken (const FsmmGeometry *geometry, gpointer block)
{
  memset (block, FSMM_GUARD_TAKEN, geometry->alloc_size);
}

/* Up to where the next block starts: that is what fsmm_geometry_add_canary () makes room for. */
void
fsmm_guard_fill_behind (const FsmmGeometry *geometry, gpointer block)
{
  memset ((guint8 *) block + geometry->alloc_size, FSMM_GUARD_BEHIND,
          geometry->block_size - geometry->alloc_size);
}

static gboolean
is_damaged (const guint8 *block, gsize from, gsize to, guint8 expected, FsmmDamage *damage)
{
  *damage = (FsmmDamage) { .expected = expected };

  for (gsize i = from; i < to; i++)
    if (block[i] != expected)
      {
        if (damage->n_bytes == 0)
          {
            damage->offset = i;
            damage->found = block[i];
          }
        damage->n_bytes++;
      }

  return damage->n_bytes > 0;
}

gboolean
fsmm_guard_is_free_damaged (const FsmmGeometry *geometry, gconstpointer block, FsmmDamage *damage)
{
  return is_damaged (block, 0, geometry->alloc_size, FSMM_GUARD_FREE, damage);
}

gboolean
fsmm_guard_is_behind_damaged (const FsmmGeometry *geometry,
                              gconstpointer block,
                              FsmmDamage *damage)
{
  return is_damaged (block, geometry->alloc_size, geometry->block_size, FSMM_GUARD_BEHIND, damage);
}
