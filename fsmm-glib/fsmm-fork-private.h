/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeps all stores, and other locks of this library, usable on both sides of fork (). */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void fsmm_fork_watch (void);

/* Embedded in whatever has another lock to protect, for ever. */
typedef struct {
  GList link;
  GMutex *lock;
} FsmmForkGuard;

void fsmm_fork_guard_add (FsmmForkGuard *self, GMutex *lock);

/* Whether this process was forked from one that had pools. */
gboolean fsmm_fork_is_child (void);

G_END_DECLS
