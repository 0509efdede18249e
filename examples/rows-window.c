/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-window.h"

#define N_RECORDS 60000
/* For how long the rows of a closed document can be seen, in milliseconds. */
#define AFTERLIFE 600

struct _RowsWindow {
  GtkApplicationWindow parent_instance;
  Document *document; /* (owned) */
  RowsList *list;     /* (owned) */
  GtkWidget *message;
  GtkWidget *newest;
  GtkWidget *status;
  guint afterlife; /* the source that ends it, or 0 */
};

G_DEFINE_FINAL_TYPE (RowsWindow, rows_window, GTK_TYPE_APPLICATION_WINDOW)

static void
enable (RowsWindow *self, const char *action, gboolean enabled)
{
  g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), action)), enabled);
}

static void
show_status (RowsWindow *self)
{
  FsmmTypedPool *pool = document_get_pool (self->document);
  g_autofree char *bytes =
      g_format_size_full (fsmm_pool_get_reserved_bytes (fsmm_typed_pool_get_pool (pool)),
                          G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *text = g_strdup_printf (
      "%u rows  ·  %" G_GSIZE_FORMAT " of at most %" G_GSIZE_FORMAT " records  ·  %s in chunks",
      g_list_model_get_n_items (document_get_rows (self->document)),
      fsmm_typed_pool_get_n_allocated (pool), fsmm_typed_pool_get_max_blocks (pool), bytes);

  gtk_label_set_text (GTK_LABEL (self->status), text);
}

static void
show_message (RowsWindow *self, const char *text)
{
  gtk_label_set_text (GTK_LABEL (self->message), text != NULL ? text : "");
  gtk_widget_set_visible (self->message, text != NULL);
}

/* --- What the document tells --- */

static void
on_added (Document *document, FsmmBox *box, RowsWindow *self)
{
  const Record *record = record_from_box (box);
  g_autofree char *record_text = record != NULL ? record_describe (record) : g_strdup ("—");
  g_autofree char *text = g_strdup_printf ("Newest: %s", record_text);

  gtk_label_set_text (GTK_LABEL (self->newest), text);
  show_status (self);
}

static void
on_loaded (Document *document, const char *problem, RowsWindow *self)
{
  g_autofree char *text =
      problem != NULL ? g_strdup_printf ("Not all was loaded: %s", problem) : NULL;

  show_message (self, text);
}

static gboolean
remove_rows (gpointer window)
{
  RowsWindow *self = window;

  self->afterlife = 0;
  document_remove_rows (self->document);
  show_status (self);
  enable (self, "load", TRUE);

  return G_SOURCE_REMOVE;
}

static void
on_closed (Document *document, guint n_records, double milliseconds, RowsWindow *self)
{
  g_autofree char *text =
      g_strdup_printf ("Closed: %u records dropped in %.3f ms", n_records, milliseconds);

  rows_list_update (self->list);
  gtk_label_set_text (GTK_LABEL (self->newest), "");
  show_message (self, text);
  show_status (self);
  self->afterlife = g_timeout_add (AFTERLIFE, remove_rows, self);
}

/* --- Actions --- */

static void
load (GSimpleAction *action, GVariant *parameter, gpointer window)
{
  RowsWindow *self = window;

  show_message (self, NULL);
  enable (self, "load", FALSE);
  enable (self, "close-document", TRUE);
  document_load (self->document, N_RECORDS);
}

static void
close_document (GSimpleAction *action, GVariant *parameter, gpointer window)
{
  RowsWindow *self = window;

  enable (self, "close-document", FALSE);
  document_close (self->document);
}

static const GActionEntry actions[] = {
  { .name = "load", .activate = load },
  { .name = "close-document", .activate = close_document },
};

/* --- Widgets --- */

static GtkWidget *
make_button (const char *label, const char *action)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);

  return button;
}

static GtkWidget *
make_header (void)
{
  GtkWidget *header = gtk_header_bar_new ();

  gtk_header_bar_pack_start (GTK_HEADER_BAR (header), make_button ("Load", "win.load"));
  gtk_header_bar_pack_end (GTK_HEADER_BAR (header),
                           make_button ("Close document", "win.close-document"));

  return header;
}

static GtkWidget *
add_text (GtkWidget *box, int margin)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_margin_start (label, 12);
  gtk_widget_set_margin_end (label, 12);
  gtk_widget_set_margin_top (label, margin);
  gtk_widget_set_margin_bottom (label, margin);
  gtk_box_append (GTK_BOX (box), label);

  return label;
}

static void
add_widgets (RowsWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->list->view);
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_box_append (GTK_BOX (box), scrolled);
  gtk_box_append (GTK_BOX (box), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));

  self->message = add_text (box, 8);
  gtk_widget_set_visible (self->message, FALSE);
  self->newest = add_text (box, 2);
  self->status = add_text (box, 6);
  gtk_window_set_child (GTK_WINDOW (self), box);
}

static void
rows_window_dispose (GObject *object)
{
  RowsWindow *self = ROWS_WINDOW (object);

  g_clear_handle_id (&self->afterlife, g_source_remove);
  if (self->document != NULL)
    g_signal_handlers_disconnect_by_data (self->document, self);
  G_OBJECT_CLASS (rows_window_parent_class)->dispose (object);

  g_clear_object (&self->document);
  g_clear_pointer (&self->list, rows_list_free);
}

static void
rows_window_class_init (RowsWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = rows_window_dispose;
}

static void
rows_window_init (RowsWindow *self)
{
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
}

RowsWindow *
rows_window_new (GtkApplication *application, Document *document)
{
  RowsWindow *self = g_object_new (rows_window_get_type (), "application", application, "title",
                                   fsmm_typed_pool_get_name (document_get_pool (document)),
                                   "default-width", 560, "default-height", 440, NULL);

  self->document = g_object_ref (document);
  self->list = rows_list_new (document_get_rows (document));
  gtk_window_set_titlebar (GTK_WINDOW (self), make_header ());
  add_widgets (self);
  show_status (self);

  g_signal_connect (document, "added", G_CALLBACK (on_added), self);
  g_signal_connect (document, "loaded", G_CALLBACK (on_loaded), self);
  g_signal_connect (document, "closed", G_CALLBACK (on_closed), self);
  g_action_group_activate_action (G_ACTION_GROUP (self), "load", NULL);

  return self;
}

RowsList *
rows_window_get_list (RowsWindow *self)
{
  return self->list;
}

const char *
rows_window_get_message (RowsWindow *self)
{
  return gtk_label_get_text (GTK_LABEL (self->message));
}

/* Of the newest record. */
const char *
rows_window_get_newest (RowsWindow *self)
{
  return gtk_label_get_text (GTK_LABEL (self->newest));
}

const char *
rows_window_get_status (RowsWindow *self)
{
  return gtk_label_get_text (GTK_LABEL (self->status));
}
