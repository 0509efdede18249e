/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-list.h"

static const struct {
  const char *name;
  const char *colour;
} levels[] = { { "info", "#3584e4" }, { "warning", "#c17d11" }, { "error", "#c01c28" } };

static void
add_label (GtkWidget *box, int n_chars, float xalign)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_width_chars (GTK_LABEL (label), n_chars);
  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_widget_set_margin_top (label, 3);
  gtk_widget_set_margin_bottom (label, 3);
  gtk_box_append (GTK_BOX (box), label);
}

/* The number, the level and the text, side by side. */
static void
on_setup (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 18);

  add_label (box, 6, 1);
  add_label (box, 8, 0);
  add_label (box, 40, 0);
  gtk_list_item_set_child (item, box);
}

/* What is shown where a record was. */
#define NOTHING "—"

static void
set_labels (GtkWidget *label, const char *number, const char *level, const char *text)
{
  gtk_label_set_markup (GTK_LABEL (label), number);
  label = gtk_widget_get_next_sibling (label);
  gtk_label_set_markup (GTK_LABEL (label), level);
  label = gtk_widget_get_next_sibling (label);
  gtk_label_set_markup (GTK_LABEL (label), text);
}

/* The record may be gone while its row is still shown. */
static void
show_record (GtkListItem *item)
{
  GtkWidget *first = gtk_widget_get_first_child (gtk_list_item_get_child (item));
  const Record *record = row_get_record (gtk_list_item_get_item (item));
  g_autofree char *number = NULL;
  g_autofree char *level = NULL;
  g_autofree char *text = NULL;

  if (record == NULL)
    {
      set_labels (first, "", "", NOTHING);
      return;
    }

  number = g_strdup_printf ("<span alpha='50%%'>%u</span>", record->number);
  level = g_strdup_printf ("<span foreground='%s'>%s</span>", levels[record->level].colour,
                           levels[record->level].name);
  text = record_describe (record);
  set_labels (first, number, level, text);
}

static void
on_bind (GtkSignalListItemFactory *factory, GtkListItem *item, GPtrArray *items)
{
  g_ptr_array_add (items, item);
  show_record (item);
}

static void
on_unbind (GtkSignalListItemFactory *factory, GtkListItem *item, GPtrArray *items)
{
  g_ptr_array_remove_fast (items, item);
}

/* The factory may come to its end later than the list. */
static void
connect_with (GtkListItemFactory *factory, const char *signal, GCallback func, GPtrArray *items)
{
  g_signal_connect_data (factory, signal, func, g_ptr_array_ref (items),
                         (GClosureNotify) (GCallback) g_ptr_array_unref, 0);
}

RowsList *
rows_list_new (GListModel *rows)
{
  RowsList *self = g_new0 (RowsList, 1);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkSelectionModel *model = GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (rows)));

  self->items = g_ptr_array_new ();
  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), NULL);
  connect_with (factory, "bind", G_CALLBACK (on_bind), self->items);
  connect_with (factory, "unbind", G_CALLBACK (on_unbind), self->items);
  self->view = gtk_list_view_new (model, factory);
  gtk_list_view_set_show_separators (GTK_LIST_VIEW (self->view), TRUE);

  return self;
}

void
rows_list_free (RowsList *self)
{
  g_ptr_array_unref (self->items);
  g_free (self);
}

/* Shows what there is now of each record that can be seen. */
void
rows_list_update (RowsList *self)
{
  for (guint i = 0; i < self->items->len; i++)
    show_record (g_ptr_array_index (self->items, i));
}

/* Counts what there is to be seen. */
void
rows_list_count (RowsList *self, guint *n_shown, guint *n_empty)
{
  *n_shown = self->items->len;
  *n_empty = 0;
  for (guint i = 0; i < self->items->len; i++)
    {
      GtkWidget *box = gtk_list_item_get_child (g_ptr_array_index (self->items, i));
      GtkWidget *text = gtk_widget_get_last_child (box);

      *n_empty += g_str_equal (gtk_label_get_text (GTK_LABEL (text)), NOTHING);
    }
}
