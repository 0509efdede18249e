/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-document.h"

#include "rows-batch.h"

#define BATCH 1000

struct _Document {
  GObject parent_instance;
  FsmmTypedPool *pool;       /* (owned) */
  GListStore *rows;          /* (owned) (element-type Row) */
  GCancellable *cancellable; /* (owned) (nullable): while it is being loaded */
  guint n_wanted;
};

G_DEFINE_FINAL_TYPE (Document, document, G_TYPE_OBJECT)

enum {
  ADDED,
  LOADED,
  CLOSED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

static void
document_finalize (GObject *object)
{
  Document *self = ROWS_DOCUMENT (object);

  g_clear_object (&self->rows);
  g_clear_object (&self->pool);
  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (document_parent_class)->finalize (object);
}

static void
document_class_init (DocumentClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = document_finalize;

  /* A handler gets the record itself, not a copy of it. */
  signals[ADDED] = g_signal_new ("added", document_get_type (), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 1, FSMM_TYPE_BOX);
  signals[LOADED] = g_signal_new ("loaded", document_get_type (), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[CLOSED] = g_signal_new ("closed", document_get_type (), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_DOUBLE);
}

static void
document_init (Document *self)
{
  self->rows = g_list_store_new (row_get_type ());
}

Document *
document_new (const char *name, guint max_records)
{
  g_autoptr (GError) error = NULL;
  Document *self = g_object_new (document_get_type (), NULL);

  self->pool = fsmm_typed_pool_new_full (name, record_get_type (), 0, max_records, &error);
  if (self->pool == NULL)
    g_error ("%s", error->message);

  return self;
}

GListModel *
document_get_rows (Document *self)
{
  return G_LIST_MODEL (self->rows);
}

FsmmTypedPool *
document_get_pool (Document *self)
{
  return self->pool;
}

static guint
count_rows (Document *self)
{
  return g_list_model_get_n_items (document_get_rows (self));
}

static void
add_rows (Document *self, GPtrArray *boxes)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_full (boxes->len, g_object_unref);

  if (boxes->len == 0)
    return;

  for (guint i = 0; i < boxes->len; i++)
    g_ptr_array_add (rows, row_new (g_ptr_array_index (boxes, i)));
  g_list_store_splice (self->rows, count_rows (self), 0, rows->pdata, rows->len);

  g_signal_emit (self, signals[ADDED], 0, g_ptr_array_index (boxes, boxes->len - 1));
}

/* All at once. The rows stay, and are empty. */
static void
drop_records (Document *self)
{
  gint64 start = g_get_monotonic_time ();
  gsize n_records = fsmm_typed_pool_free_all (self->pool);
  double milliseconds = (double) (g_get_monotonic_time () - start) / 1000;

  g_signal_emit (self, signals[CLOSED], 0, (guint) n_records, milliseconds);
}

static void load_more (Document *self);

static void
on_batch (GObject *pool, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Document) self = user_data;
  Batch *batch = batch_make_finish (result, NULL);

  if (batch != NULL)
    {
      add_rows (self, batch->boxes);
      if (batch->error == NULL && count_rows (self) < self->n_wanted)
        {
          batch_free (batch);
          load_more (self);
          return;
        }
    }

  g_clear_object (&self->cancellable);
  if (batch == NULL) /* cancelled: it is being closed */
    drop_records (self);
  else
    g_signal_emit (self, signals[LOADED], 0, batch->error != NULL ? batch->error->message : NULL);
  g_clear_pointer (&batch, batch_free);
}

static void
load_more (Document *self)
{
  guint n_rows = count_rows (self);

  batch_make_async (self->pool, n_rows, MIN (BATCH, self->n_wanted - n_rows), self->cancellable,
                    on_batch, g_object_ref (self));
}

/* Does nothing if the document is being loaded. */
void
document_load (Document *self, guint n_records)
{
  if (self->cancellable != NULL)
    return;

  self->cancellable = g_cancellable_new ();
  self->n_wanted = n_records;
  load_more (self);
}

/* Another thread must not be writing to what is dropped: if there is one, it comes to its end
 * first. */
void
document_close (Document *self)
{
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  else
    drop_records (self);
}

void
document_remove_rows (Document *self)
{
  g_list_store_remove_all (self->rows);
}
