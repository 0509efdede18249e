/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every call that asks for memory, or could. */

#pragma once

#include "fsmm-test.h"

G_BEGIN_DECLS

/* More than a cache takes at one go, and than a chunk holds. */
#define MANY 100

/* What calls are made on. */
typedef struct {
  FsmmPool *pool;
  FsmmTypedPool *notes;
  FsmmTypedPool *points;
  gpointer blocks[MANY];
  gpointer handle; /* or an instance */
  GBytes *bytes;
  GValue value;
} World;

typedef struct {
  const char *name;
  gboolean (*make) (World *w, GError **error); /* the call */
  void (*undo) (World *w);                     /* (nullable): what it did */
  void (*prepare) (World *w);                  /* (nullable): what must be there before it */
  void (*clean) (World *w);                    /* (nullable): takes that away */
  guint n_refused; /* how many refusals there are to be at least; 0: there must be none */
} Call;

#define N_CALLS 32
extern const Call no_memory_calls[N_CALLS];

void world_init (World *w);
void world_clear (World *w);
gsize world_n_live (World *w);
gsize world_n_chunks (World *w);
void world_assert_sound (World *w);

G_END_DECLS
