/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keepers: what keeps a pool alive besides references to the object, which are the handles to what
 * lives in it.
 *
 * They are counted separately, and share one reference, which is taken when the last other
 * reference is dropped. This costs less than a reference each. Also, g_object_ref () may take a
 * lock, and in a child of fork () that lock may have been left locked by a thread that does not
 * exist there. */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef gsize FsmmKeepers; /* (atomic): twice their number, and 1 while they hold a reference */

#define FSMM_KEEPERS_HOLD_REFERENCE ((gsize) 1)
#define FSMM_KEEPERS_ONE ((gsize) 2)

/* The caller must have a reference to the object. */
static inline void
fsmm_keepers_add (FsmmKeepers *self)
{
  __atomic_fetch_add (self, FSMM_KEEPERS_ONE, __ATOMIC_RELAXED);
}

/* The object may be finalized. */
static inline void
fsmm_keepers_remove (FsmmKeepers *self, gpointer object)
{
  gsize last = FSMM_KEEPERS_ONE | FSMM_KEEPERS_HOLD_REFERENCE;
  gsize before = __atomic_load_n (self, __ATOMIC_RELAXED);
  gsize after;

  do
    after = before == last ? 0 : before - FSMM_KEEPERS_ONE;
  while (!__atomic_compare_exchange_n (self, &before, after, TRUE, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED));

  if (G_UNLIKELY (before == last))
    g_object_unref (object);
}

/* The same, but returns FALSE, and leaves it, if the object would be finalized. */
static inline gboolean
fsmm_keepers_try_remove (FsmmKeepers *self)
{
  gsize before = __atomic_load_n (self, __ATOMIC_RELAXED);

  do
    if (before == (FSMM_KEEPERS_ONE | FSMM_KEEPERS_HOLD_REFERENCE))
      return FALSE;
  while (!__atomic_compare_exchange_n (self, &before, before - FSMM_KEEPERS_ONE, TRUE,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));

  return TRUE;
}

/* Whether the last reference is being dropped. In dispose this need not be so, since
 * g_object_run_dispose () leaves the references as they are. */
static inline gboolean
fsmm_keepers_is_last_reference (gpointer object)
{
  return g_atomic_int_get (&G_OBJECT (object)->ref_count) == 1;
}

/* If the last reference to the object is being dropped and there are keepers, gives them one.
 * Returns FALSE if the object has no keepers that need one. */
static inline gboolean
fsmm_keepers_outlive (FsmmKeepers *self, gpointer object)
{
  gsize before = __atomic_load_n (self, __ATOMIC_ACQUIRE);

  if (before == 0 || !fsmm_keepers_is_last_reference (object))
    return FALSE;

  g_object_ref (object);
  do
    {
      /* The keepers already have one, or there are none left. */
      if (before == 0 || before & FSMM_KEEPERS_HOLD_REFERENCE)
        {
          g_object_unref (object);
          return before != 0;
        }
    }
  while (!__atomic_compare_exchange_n (self, &before, before | FSMM_KEEPERS_HOLD_REFERENCE, TRUE,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));

  return TRUE;
}

G_END_DECLS
