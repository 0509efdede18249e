/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A second thread that does what it is told, and keeps its cache meanwhile. */

#pragma once

#include "fsmm-test.h"

G_BEGIN_DECLS

typedef gpointer (*OtherFunc) (FsmmPool *pool);

/* Hands over by atomic operations alone, which ThreadSanitizer can follow, unlike what GLib does
 * inside. */
typedef struct
{
  GThread *thread;
  gpointer call; /* (atomic): to be done */
} Other;

void other_start (Other *self);
gpointer other_call (Other *self, OtherFunc func, FsmmPool *pool);
void other_end (Other *self);

/* What it can be told. */
gpointer take_and_give_100 (FsmmPool *pool);
gpointer take_one (FsmmPool *pool);
gpointer take_one_or_none (FsmmPool *pool);
gpointer get_own_cache (FsmmPool *pool);

/* How many regions a thread owns. */
gsize count_own_regions (FsmmPool *pool);
gsize other_count_regions (Other *self, FsmmPool *pool);

/* Lets it free a block of any thread. */
void other_free (Other *self, FsmmPool *pool, gpointer block);

G_END_DECLS
