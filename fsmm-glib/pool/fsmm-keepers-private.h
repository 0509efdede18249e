/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What keeps a pool besides references to the object: the handles to what lives in it.
 *
 * They are counted apart, and hold one reference together, which is taken when the last other
 * one is dropped. GObject may take a lock to count, which a thread that does not exist in a
 * child of fork () can have left locked; and this costs less. */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

typedef gsize FsmmKeepers; /* (atomic): twice their number, and 1 while they hold a reference */

#define FSMM_KEEPERS_HOLD_REFERENCE ((gsize) 1)
#define FSMM_KEEPERS_ONE ((gsize) 2)

/* The caller sees to it that the object is there. */
static inline void
fsmm_keepers_add (FsmmKeepers *self)
{
  __atomic_fetch_add (self, FSMM_KEEPERS_ONE, __ATOMIC_RELAXED);
}

/* The object may be gone afterwards. */
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

/* Whether the last reference is being dropped: others may dispose of an object that they go on
 * using. */
static inline gboolean
fsmm_keepers_is_last_reference (gpointer object)
{
  return g_atomic_int_get (&G_OBJECT (object)->ref_count) == 1;
}

/* For an object whose last reference is being dropped: has the keepers hold one. Returns FALSE if
 * there are none. */
static inline gboolean
fsmm_keepers_outlive (FsmmKeepers *self, gpointer object)
{
  gsize before = __atomic_load_n (self, __ATOMIC_ACQUIRE);

  if (before == 0 || !fsmm_keepers_is_last_reference (object))
    return FALSE;

  g_object_ref (object);
  do
    {
      /* They have one already, or have all gone by now. */
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
