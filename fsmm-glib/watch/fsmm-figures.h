/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What one pool has. */

#pragma once

#include "fsmm-pool-kind.h"

G_BEGIN_DECLS

/* The first three never change. */
typedef struct {
  guint64 id; /* no other pool of this process ever has it */
  FsmmPoolKind kind;
  const char *type; /* (not owned) (nullable): of what lives in it: a name of a type, which is kept */
  char *name;       /* (owned) (nullable): set only for one that was not known */
  gsize alloc_size;
  gsize n_live;
  gsize peak_live;
  gsize max_blocks; /* 0: no limit */
  guint n_waiting;
  gsize reserved_bytes;
  gsize resident_bytes; /* 0 where nobody has looked at it */
  guint64 n_taken; /* ever */
} FsmmFigures;

const char *fsmm_figures_get_nick (const FsmmFigures *self);
char *fsmm_figures_dup_name (const FsmmFigures *self);

/* Adds what FsmmPoolInfo has but for the rate, to an a{sv}. */
void fsmm_figures_add_to (const FsmmFigures *self, GVariantBuilder *builder);

G_END_DECLS
