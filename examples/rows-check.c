/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-check.h"

/* What a user does, and prints what there is to be seen: the document is closed while it is being
 * loaded, then loaded until its pool is full, and closed again; and the program ends. */

typedef struct {
  RowsWindow *window; /* (owned) */
  Document *document; /* (owned) */
  guint n_batches;
  gboolean is_second; /* it is being loaded again */
  gboolean is_loaded;
} Check;

static void
check_free (Check *self)
{
  g_signal_handlers_disconnect_by_data (self->document, self);
  g_object_unref (self->document);
  gtk_window_destroy (GTK_WINDOW (self->window));
  g_object_unref (self->window);
  g_free (self);
}

static gsize
count_default (void)
{
  return fsmm_typed_pool_get_n_allocated (fsmm_typed_pool_get_default (record_get_type ()));
}

/* Whoever gets the property has the same record. */
static gboolean
is_shared (Document *document, guint position)
{
  g_autoptr (Row) row = g_list_model_get_item (document_get_rows (document), position);
  g_autoptr (FsmmBox) box = NULL;

  g_object_get (row, "box", &box, NULL);

  return record_from_box (box) == row_get_record (row) && record_from_box (box) != NULL &&
         record_from_box (box)->number == position;
}

static void
print_shown (Check *self)
{
  const char *empty = "a few are empty";
  guint n_shown, n_empty;

  rows_list_count (rows_window_get_list (self->window), &n_shown, &n_empty);
  if (n_empty == 0)
    empty = "none is empty";
  else if (n_empty == n_shown)
    empty = "all are empty";

  g_print ("shown: %s, %s\n", n_shown > 0 ? "some rows" : "no row", empty);
}

static void
print_state (Check *self, const char *when)
{
  g_print ("%s: %s\n", when, rows_window_get_status (self->window));
}

static void
activate (Check *self, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (self->window), action, NULL);
}

static gboolean
has_no_rows (Check *self)
{
  return g_list_model_get_n_items (document_get_rows (self->document)) == 0;
}

static void
on_added (Check *self, FsmmBox *box)
{
  self->n_batches++;
  if (!self->is_second && self->n_batches == 1)
    activate (self, "close-document");
}

static gboolean
load_again (gpointer data)
{
  Check *self = data;

  if (!has_no_rows (self))
    return G_SOURCE_CONTINUE;

  self->is_second = TRUE;
  self->n_batches = 0;
  activate (self, "load");
  return G_SOURCE_REMOVE;
}

static void
on_closed (Check *self)
{
  if (self->is_second)
    return;

  print_state (self, "closed early");
  g_timeout_add (10, load_again, self);
}

static void
on_loaded (Check *self)
{
  self->is_loaded = TRUE;
}

/* Rows get their widgets when the window is drawn. */
static gboolean
has_rows (Check *self)
{
  guint n_shown, n_empty;

  rows_list_count (rows_window_get_list (self->window), &n_shown, &n_empty);

  return n_shown > 0;
}

static gboolean
wait_for_end (gpointer data)
{
  Check *self = data;

  if (!has_no_rows (self))
    return G_SOURCE_CONTINUE;

  print_state (self, "cleared");
  print_shown (self);
  return G_SOURCE_REMOVE;
}

static gboolean
wait_for_rows (gpointer data)
{
  Check *self = data;

  if (!self->is_loaded || !has_rows (self))
    return G_SOURCE_CONTINUE;

  g_print ("loaded: %u batches\n", self->n_batches);
  print_state (self, "loaded");
  print_shown (self);
  g_print ("message: %s\n", rows_window_get_message (self->window));
  g_print ("%s\n", rows_window_get_newest (self->window));
  g_print ("property: %s, %" G_GSIZE_FORMAT " in the default pool\n",
           is_shared (self->document, 7) ? "the same record" : "another record", count_default ());

  activate (self, "close-document");
  g_print ("message: %s\n", rows_window_get_message (self->window));
  print_state (self, "closed");
  print_shown (self);

  g_timeout_add_full (G_PRIORITY_LOW, 10, wait_for_end, self, (GDestroyNotify) check_free);
  return G_SOURCE_REMOVE;
}

void
rows_check (RowsWindow *window, Document *document)
{
  Check *self = g_new0 (Check, 1);

  self->window = g_object_ref (window);
  self->document = g_object_ref (document);
  g_signal_connect_swapped (document, "added", G_CALLBACK (on_added), self);
  g_signal_connect_swapped (document, "closed", G_CALLBACK (on_closed), self);
  g_signal_connect_swapped (document, "loaded", G_CALLBACK (on_loaded), self);
  g_timeout_add (10, wait_for_rows, self);
}
