/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps the locks of all stores usable on both sides of fork (). */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Embedded in whatever has a lock to protect. */
typedef struct {
  GList link;
  GMutex *lock;
} FsmmForkGuard;

/* Whether this process was forked from one that had pools. */
gboolean fsmm_fork_is_child (void);

void fsmm_fork_guard_add (FsmmForkGuard *self, GMutex *lock);
void fsmm_fork_guard_remove (FsmmForkGuard *self);

G_END_DECLS
