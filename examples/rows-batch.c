/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-batch.h"

typedef struct {
  guint first;
  guint n_records;
} Order;

void
batch_free (Batch *self)
{
  g_ptr_array_unref (self->boxes);
  g_clear_error (&self->error);
  g_free (self);
}

/* A pool can be used by all threads. If it is full, what there is so far counts. */
static void
make_batch (GTask *task, gpointer pool, gpointer task_data, GCancellable *cancellable)
{
  const Order *order = task_data;
  Batch *batch = g_new0 (Batch, 1);

  batch->boxes = g_ptr_array_new_full (order->n_records, (GDestroyNotify) fsmm_box_unref);
  for (guint i = 0; i < order->n_records && !g_cancellable_is_cancelled (cancellable); i++)
    {
      FsmmBox *box = fsmm_typed_pool_alloc (pool, &batch->error);
      Record *record = box != NULL ? record_from_box (box) : NULL;

      if (record == NULL)
        {
          g_clear_pointer (&box, fsmm_box_unref);
          break;
        }
      record_fill_in (record, order->first + i);
      g_ptr_array_add (batch->boxes, box);
    }

  g_task_return_pointer (task, batch, (GDestroyNotify) batch_free);
}

void
batch_make_async (FsmmTypedPool *pool,
                  guint first,
                  guint n_records,
                  GCancellable *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (pool, cancellable, callback, user_data);
  Order *order = g_new (Order, 1);

  *order = (Order) { first, n_records };
  g_task_set_task_data (task, order, g_free);
  g_task_run_in_thread (task, make_batch);
}

Batch *
batch_make_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
