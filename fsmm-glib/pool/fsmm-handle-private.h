/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What all handles have in common: a count of references, and when their block is given back.
 *
 * A block must not be given back while its memory is in use: another thread may release the handle
 * at any moment, and a GBytes outlives the release. So each access to the memory enters the handle
 * as a user, and a release takes effect when the last user leaves.
 *
 * The state combines flags, whether the handle is released and whether it is orphaned, with the
 * number of users, counted in fours. The step that leaves the flags alone gives the block back: a
 * release without users, or the last user leaving after a release. The state never changes after
 * that, so it happens exactly once.
 *
 * A user that calls functions of the program may lose its reference meanwhile: such a function
 * drops the last one, or is away on another stack when that happens. Then the handle is orphaned,
 * which releases it, and its memory stays for the last user to free.
 *
 * free_all () does not know about handles. A handle detects it by comparing epochs, and a user
 * pins the memory if it does not hold the pool's lock. */

#pragma once

#include "pool/fsmm-pool-private.h"

G_BEGIN_DECLS

typedef struct {
  gatomicrefcount ref_count;
  gint state;     /* (atomic) */
  FsmmPool *pool; /* that the block is from; kept alive by the struct that embeds the handle */
  gpointer data;  /* (not owned): the block */
  gsize epoch;    /* of the pool when the block was taken: it is gone if the pool is in another */
} FsmmHandle;

/* All kinds of handles lie in blocks of one size. Each kind asserts that it fits. */
#define FSMM_HANDLE_MAX_SIZE 72
#define FSMM_HANDLE_MAX_ALIGNMENT 8

#define FSMM_ASSERT_HANDLE_FITS(Type)                                                              \
  G_STATIC_ASSERT (sizeof (Type) <= FSMM_HANDLE_MAX_SIZE &&                                        \
                   _Alignof (Type) <= FSMM_HANDLE_MAX_ALIGNMENT)

#define FSMM_HANDLE_RELEASED 1
#define FSMM_HANDLE_ORPHANED 2
#define FSMM_HANDLE_USER 4

typedef enum {
  FSMM_RELEASE_AGAIN,    /* the handle was released before */
  FSMM_RELEASE_NOW,      /* the caller must give the block back */
  FSMM_RELEASE_DEFERRED, /* the last user will give it back */
} FsmmRelease;

typedef enum {
  FSMM_LEAVE_NO_MORE,  /* nothing is left to do */
  FSMM_LEAVE_RELEASED, /* the caller must give the block back */
  FSMM_LEAVE_ORPHANED, /* the same, and the caller must free the handle */
} FsmmLeave;

gpointer fsmm_handle_memory_alloc (void);
void fsmm_handle_memory_free (gpointer handle);
void fsmm_handle_memory_trim (void);

static inline void
fsmm_handle_init (FsmmHandle *self, FsmmPool *pool, gpointer data, gsize epoch)
{
  self->ref_count = 1;
  self->state = 0;
  self->pool = pool;
  self->data = data;
  self->epoch = epoch;
}

/* Drops a reference. Returns TRUE if it was the last one. Who has the only reference is alone with
 * the handle, and saves itself what an atomic exchange costs. */
static inline gboolean
fsmm_handle_unref (FsmmHandle *self)
{
  if (G_UNLIKELY (g_atomic_int_get (&self->ref_count) != 1))
    return g_atomic_ref_count_dec (&self->ref_count);

  __atomic_store_n (&self->ref_count, 0, __ATOMIC_RELAXED);
  return TRUE;
}

/* For the last reference: whether its block has to be given back. */
static inline gboolean
fsmm_handle_has_block (const FsmmHandle *self)
{
  return __atomic_load_n (&self->state, __ATOMIC_RELAXED) == 0;
}

static inline gboolean
fsmm_handle_is_in_epoch (FsmmHandle *self)
{
  return fsmm_heap_is_in_epoch (&self->pool->store, self->epoch);
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

/* Adds a user. Returns FALSE if the handle is released. */
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

/* Removes a user. */
static inline FsmmLeave
fsmm_handle_leave (FsmmHandle *self)
{
  switch (g_atomic_int_add (&self->state, -FSMM_HANDLE_USER) - FSMM_HANDLE_USER)
    {
    case FSMM_HANDLE_RELEASED:
      return FSMM_LEAVE_RELEASED;
    case FSMM_HANDLE_RELEASED | FSMM_HANDLE_ORPHANED:
      return FSMM_LEAVE_ORPHANED;
    default:
      return FSMM_LEAVE_NO_MORE;
    }
}

/* For a handle without references: leaves it to its last user. Returns FALSE if it has none, and
 * the caller must free it. */
static inline gboolean
fsmm_handle_orphan (FsmmHandle *self)
{
  gint state = g_atomic_int_get (&self->state);

  while (state >= FSMM_HANDLE_USER)
    {
      if (g_atomic_int_compare_and_exchange (&self->state, state,
                                             state | FSMM_HANDLE_RELEASED | FSMM_HANDLE_ORPHANED))
        return TRUE;
      state = g_atomic_int_get (&self->state);
    }

  return FALSE;
}

/* Releases the handle if it has no users. The block then belongs to the caller. */
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
