/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lending.h"

#define PATIENCE (10 * G_USEC_PER_SEC)

void
lending_store_lease (GObject *source, GAsyncResult *result, gpointer data)
{
  *(FsmmLease **) data = fsmm_object_pool_borrow_finish (FSMM_OBJECT_POOL (source), result, NULL);
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
