/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What handles have in common: a count of references, and when their block goes back.
 *
 * A block must not go back to its pool while somebody uses its memory: another thread may release
 * the handle at that moment, and bytes that were lent outlive the release. So whoever looks at the
 * memory is a user of it, and a release takes effect when the last user leaves.
 *
 * The state is both in one: whether the handle is released, and twice the number of users. Whoever
 * brings it to RELEASED alone, a release with no users or the last user after a release, gives the
 * block back. Nothing leads away from there, so that this happens exactly once.
 *
 * free_all () does not ask handles. To that, they compare epochs; and who uses memory without
 * the pool's lock pins it. */

#pragma once

#include "pool/fsmm-pool-private.h"

G_BEGIN_DECLS

typedef struct {
  gatomicrefcount ref_count;
  gint state;     /* (atomic) */
  FsmmPool *pool; /* that the block is from; what embeds the handle keeps it alive */
  gpointer data;  /* (not owned): the block */
  gsize epoch;    /* of the pool: the block is gone when that has moved on */
} FsmmHandle;

/* All kinds of handles lie in blocks of one size. Each kind asserts that it fits. */
#define FSMM_HANDLE_MAX_SIZE 72
#define FSMM_HANDLE_MAX_ALIGNMENT 8

#define FSMM_ASSERT_HANDLE_FITS(Type)                                                              \
  G_STATIC_ASSERT (sizeof (Type) <= FSMM_HANDLE_MAX_SIZE &&                                        \
                   _Alignof (Type) <= FSMM_HANDLE_MAX_ALIGNMENT)

#define FSMM_HANDLE_RELEASED 1
#define FSMM_HANDLE_USER 2

typedef enum {
  FSMM_RELEASE_AGAIN,    /* it was released before */
  FSMM_RELEASE_NOW,      /* the caller must give the block back */
  FSMM_RELEASE_DEFERRED, /* the last user will */
} FsmmRelease;

gpointer fsmm_handle_memory_alloc (void);
void fsmm_handle_memory_free (gpointer handle);
void fsmm_handle_memory_trim (void);

static inline void
fsmm_handle_init (FsmmHandle *self, FsmmPool *pool, gpointer data, gsize epoch)
{
  g_atomic_ref_count_init (&self->ref_count);
  self->state = 0;
  self->pool = pool;
  self->data = data;
  self->epoch = epoch;
}

static inline gboolean
fsmm_handle_is_in_epoch (FsmmHandle *self)
{
  return fsmm_store_is_in_epoch (&self->pool->store, self->epoch);
}

/* The block, or NULL if it was released or dropped. */
static inline gpointer
fsmm_handle_get (FsmmHandle *self)
{
  gboolean is_released = (g_atomic_int_get (&self->state) & FSMM_HANDLE_RELEASED) != 0;

  return !is_released && fsmm_handle_is_in_epoch (self) ? self->data : NULL;
}

static inline void
fsmm_handle_report_released (FsmmHandle *self, const char *what, GError **error)
{
  fsmm_pool_report_released (self->pool, what, self->data, error);
}

/* Becomes a user. Returns FALSE if the handle is released. */
static inline gboolean
fsmm_handle_enter (FsmmHandle *self)
{
  gint state;

  do
    {
      state = g_atomic_int_get (&self->state);
      if (state & FSMM_HANDLE_RELEASED)
        return FALSE;
    }
  while (!g_atomic_int_compare_and_exchange (&self->state, state, state + FSMM_HANDLE_USER));

  return TRUE;
}

/* Returns TRUE if the caller must give the block back. */
static inline gboolean
fsmm_handle_leave (FsmmHandle *self)
{
  gint before = g_atomic_int_add (&self->state, -FSMM_HANDLE_USER);

  return before == (FSMM_HANDLE_USER | FSMM_HANDLE_RELEASED);
}

/* Releases the handle if it has no user, so that the caller alone decides what becomes of its
 * block. */
static inline gboolean
fsmm_handle_release_unused (FsmmHandle *self)
{
  return g_atomic_int_compare_and_exchange (&self->state, 0, FSMM_HANDLE_RELEASED);
}

static inline FsmmRelease
fsmm_handle_release (FsmmHandle *self)
{
  gint state;

  do
    {
      state = g_atomic_int_get (&self->state);
      if (state & FSMM_HANDLE_RELEASED)
        return FSMM_RELEASE_AGAIN;
    }
  while (!g_atomic_int_compare_and_exchange (&self->state, state, state | FSMM_HANDLE_RELEASED));

  return state == 0 ? FSMM_RELEASE_NOW : FSMM_RELEASE_DEFERRED;
}

G_END_DECLS
