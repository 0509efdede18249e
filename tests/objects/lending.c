/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lending.h"

#define PATIENCE (10 * G_USEC_PER_SEC)

FsmmObjectPool *
lending_new (guint max_objects)
{
  return g_object_new (FSMM_TYPE_OBJECT_POOL, "name", "things", "item-type", THING_TYPE, "max-objects",
                       max_objects, NULL);
}

FsmmLease *
lending_borrow (FsmmObjectPool *pool)
{
  g_autoptr (GError) error = NULL;
  FsmmLease *lease = fsmm_object_pool_borrow (pool, &error);

  g_assert_no_error (error);
  g_assert_nonnull (lease);

  return lease;
}

void
lending_give_back (FsmmLease *lease)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (fsmm_lease_release (lease, &error));
  g_assert_no_error (error);
  fsmm_lease_unref (lease);
}

void
lending_store_lease (GObject *source, GAsyncResult *result, gpointer data)
{
  *(FsmmLease **) data = fsmm_object_pool_borrow_finish (FSMM_OBJECT_POOL (source), result, NULL);
}

void
lending_run (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

void
lending_run_until_lent (FsmmLease **lease)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (*lease == NULL && g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (1000);

  g_assert_nonnull (*lease);
}

void
lending_meet (gint *n_there)
{
  g_atomic_int_inc (n_there);
  while (g_atomic_int_get (n_there) < 2)
    g_thread_yield ();
}

void
lending_dally (guint round)
{
  for (volatile guint i = 0; i < round * 7 % 500; i++)
    ;
}

gboolean
lending_accept (FsmmObjectPool *pool, GObject *object, gpointer data)
{
  return TRUE;
}
