/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One object of a pool: whose it is now, and whether anybody else has it.
 *
 * The pool has one reference to each of its objects, also while it is lent. So if there is no other
 * reference when it comes back, nobody can use it any more: only those who have a reference can make
 * another one, but for what g_weak_ref_get () revives. If there is another one, the object lingers: the
 * pool exchanges its reference for a toggle reference, which tells when it is the last one.
 *
 * What a toggle reference tells comes from a thread that has just dropped its own reference, but will
 * still look at the object. So the object must not be used again before: nobody believes a count of
 * references while the object is watched. For the same reason the toggle reference is given no address of
 * ours, but looks the object's mark up. */

#pragma once

#include <glib-object.h>

#include "debug/fsmm-call-stack.h"

G_BEGIN_DECLS

typedef struct _FsmmObjectStore FsmmObjectStore;
typedef struct _FsmmSnapshot FsmmSnapshot;

typedef enum {
  FSMM_POOLED_BUSY,      /* one thread has it, to make, check or end it */
  FSMM_POOLED_LENT,      /* a lease has it */
  FSMM_POOLED_RETURNED,  /* its lease was dropped: it waits to be looked at in the pool's context */
  FSMM_POOLED_LINGERING, /* it came back, but others have references to it */
  FSMM_POOLED_IDLE,      /* can be lent */
  FSMM_POOLED_GONE,      /* no object of the pool any more */
} FsmmPooledState;

/* Whoever has it in a state that is not BUSY has the lock of the store. */
typedef struct {
  gint ref_count;
  FsmmObjectStore *store; /* (owned) */
  GObject *object;        /* (nullable): NULL until it is made */
  gint is_disposed;       /* (atomic): somebody has run its dispose function */
  gint is_finalized;      /* (atomic): it is there no more, by a mistake of the program */
  gboolean is_answer;     /* to ::needs-object, until it has been taken */
  gboolean is_new;        /* it has never been lent */
  gboolean is_borrowed;   /* for a lease, or for somebody who is about to get one */

  FsmmPooledState state;
  gboolean is_watched; /* the pool's reference is a toggle reference, or is about to be one */
  gboolean is_told;    /* since then, that it is the last one */
  gint64 alone_since;  /* while it lingers: when it was found that it is; 0: not yet */
  GList link;          /* in the queue of those in that state */
  gint64 made_at;    /* all times are as of g_get_monotonic_time (); 0: not asked for */
  gint64 changed_at; /* when it was lent, or became idle */

  gboolean is_inherited;     /* in a child of fork (): it was lent before */
  const FsmmStack *borrowed; /* (nullable): where, if that is remembered */
  FsmmSnapshot *snapshot;    /* (owned) (nullable): what it was like when it was made, to debug */
} FsmmPooled;

FsmmPooled *fsmm_pooled_new (FsmmObjectStore *store);
FsmmPooled *fsmm_pooled_ref (FsmmPooled *self);
void fsmm_pooled_unref (FsmmPooled *self);

/* --- While it is BUSY, without the lock --- */

/* Takes @object (transfer full). FALSE: it is in a pool already, and was not taken. */
gboolean fsmm_pooled_attach (FsmmPooled *self, GObject *object);
/* Returns: (transfer full) (nullable): its object, which is none of the pool's any more, if that is still
 * there */
GObject *fsmm_pooled_detach (FsmmPooled *self);

/* Its place is for another object, which has not been made yet. */
void fsmm_pooled_renew (FsmmPooled *self);

guint fsmm_pooled_count_others (FsmmPooled *self, guint n_known_refs);
void fsmm_pooled_watch (FsmmPooled *self);
void fsmm_pooled_unwatch (FsmmPooled *self);

/* --- With the lock, while it lingers --- */

/* Whether it may be nobody else's any more, and nobody has said so. */
gboolean fsmm_pooled_is_forgotten (FsmmPooled *self, gint64 now);

/* --- Elsewhere --- */

/* fsmm-object-return.c: nobody else has an object that is watched. */
void fsmm_pooled_come_back (FsmmPooled *self);

/* Whether GLib tells which objects have toggle references. FALSE in a test that has it fail. */
gboolean fsmm_toggle_flag_is_known (void);
extern gint fsmm_toggle_flag_fails;
extern gint fsmm_toggle_delay;

G_END_DECLS
