/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-guard.h"

#include <string.h>

void
fsmm_guard_fill_free (gpointer block, gsize alloc_size)
{
  memset (block, FSMM_GUARD_FREE, alloc_size);
}

void
fsmm_guard_fill_allocated (gpointer block, gsize alloc_size)
{
  memset (block, FSMM_GUARD_ALLOCATED, alloc_size);
}

/* Up to where the next block starts: the canary. */
void
fsmm_guard_fill_behind (gpointer block, gsize alloc_size, gsize block_size)
{
  memset ((guint8 *) block + alloc_size, FSMM_GUARD_BEHIND,
          block_size - alloc_size);
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
fsmm_guard_is_free_damaged (gconstpointer block, gsize alloc_size, FsmmDamage *damage)
{
  return is_damaged (block, 0, alloc_size, FSMM_GUARD_FREE, damage);
}

gboolean
fsmm_guard_is_behind_damaged (gconstpointer block,
                              gsize alloc_size, gsize block_size,
                              FsmmDamage *damage)
{
  return is_damaged (block, alloc_size, block_size, FSMM_GUARD_BEHIND, damage);
}
