/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-columns.h"

#include "fsmm-inspector-history.h"
#include "fsmm-inspector-sparkline.h"
#include "fsmm-inspector-words.h"

/* --- What a cell says: of a list item, its pool, and a property of that ---
 *
 * A list item that is not shown has no pool. Then a property has no value, and nothing is asked. */

static char *
say_name (GtkListItem *item, FsmmPoolInfo *info, gpointer data)
{
  return info != NULL ? fsmm_inspector_dup_name (info) : NULL;
}

static char *
say_type (GtkListItem *item, FsmmPoolInfo *info, gpointer data)
{
  return info != NULL ? fsmm_inspector_dup_type (info) : NULL;
}

static char *
say_number (GtkListItem *item, FsmmPoolInfo *info, guint64 number, gpointer data)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

static char *
say_limit (GtkListItem *item, FsmmPoolInfo *info, guint64 limit, gpointer data)
{
  return limit > 0 ? g_strdup_printf ("%" G_GUINT64_FORMAT, limit) : g_strdup ("—");
}

static char *
say_memory (GtkListItem *item, FsmmPoolInfo *info, guint64 n_bytes, gpointer data)
{
  return fsmm_inspector_dup_memory (info);
}

typedef struct {
  const char *title;
  GCallback say;
  const char *property; /* (nullable): if it never changes */
  int width;            /* of what it shows at least, in characters */
} Column;

static const Column columns[] = {
  { "Name", G_CALLBACK (say_name), NULL, 14 },
  { "Type", G_CALLBACK (say_type), NULL, 12 },
  { "Live", G_CALLBACK (say_number), "n-allocated", 7 },
  { "Peak", G_CALLBACK (say_number), "peak-allocated", 7 },
  { "Limit", G_CALLBACK (say_limit), "max-blocks", 7 },
  { "Memory", G_CALLBACK (say_memory), "reserved-bytes", 9 },
};

/* --- Cells --- */

static void
bind_text (const Column *column, GtkWidget *label, GtkListItem *item)
{
  GtkExpression *pool = gtk_property_expression_new (GTK_TYPE_LIST_ITEM, NULL, "item");
  GtkExpression *parts[] = { pool, NULL };

  if (column->property != NULL)
    parts[1] = gtk_property_expression_new (FSMM_TYPE_POOL_INFO, gtk_expression_ref (pool),
                                            column->property);
  gtk_expression_bind (gtk_cclosure_expression_new (G_TYPE_STRING, NULL, parts[1] != NULL ? 2 : 1,
                                                    parts, column->say, NULL, NULL),
                       label, "label", item);
}

static void
on_setup_text (GtkSignalListItemFactory *factory, GtkListItem *item, const Column *column)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), column->property != NULL ? 1 : 0);
  gtk_label_set_width_chars (GTK_LABEL (label), column->width);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  if (column->property != NULL)
    gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (item, label);
  bind_text (column, label, item);
}

static void
on_setup_history (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  gtk_list_item_set_child (item, fsmm_inspector_sparkline_new ());
}

static void
on_bind_history (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  FsmmPoolInfo *info = gtk_list_item_get_item (item);

  fsmm_inspector_sparkline_set_history (FSMM_INSPECTOR_SPARKLINE (gtk_list_item_get_child (item)),
                                        fsmm_inspector_history_of (info));
}

static void
on_unbind_history (GtkSignalListItemFactory *factory, GtkListItem *item)
{
  fsmm_inspector_sparkline_set_history (FSMM_INSPECTOR_SPARKLINE (gtk_list_item_get_child (item)),
                                        NULL);
}

/* --- Their order --- */

static char *
get_name (FsmmPoolInfo *info, gpointer data)
{
  return fsmm_inspector_dup_name (info);
}

static char *
get_type (FsmmPoolInfo *info, gpointer data)
{
  return fsmm_inspector_dup_type (info);
}

static char *
get_words (FsmmPoolInfo *info, gpointer data)
{
  g_autofree char *name = fsmm_inspector_dup_name (info);
  g_autofree char *type = fsmm_inspector_dup_type (info);

  return g_strconcat (name, " ", type, NULL);
}

static guint64
get_growth (FsmmPoolInfo *info, gpointer data)
{
  return fsmm_inspector_history_get_growth (fsmm_inspector_history_of (info));
}

static GtkExpression *
make_expression (GType type, GCallback get)
{
  return gtk_cclosure_expression_new (type, NULL, 0, NULL, get, NULL, NULL);
}

GtkExpression *
fsmm_inspector_words_expression_new (void)
{
  return make_expression (G_TYPE_STRING, G_CALLBACK (get_words));
}

static GtkSorter *
make_sorter (const Column *column)
{
  if (column->property != NULL)
    return GTK_SORTER (gtk_numeric_sorter_new (
        gtk_property_expression_new (FSMM_TYPE_POOL_INFO, NULL, column->property)));

  return GTK_SORTER (gtk_string_sorter_new (
      make_expression (G_TYPE_STRING, column->say == G_CALLBACK (say_name) ? G_CALLBACK (get_name)
                                                                           : G_CALLBACK (get_type))));
}

static void
add_column (GtkColumnView *view, const char *title, GtkListItemFactory *factory, GtkSorter *sorter,
            gboolean expand)
{
  g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (title, factory);

  gtk_column_view_column_set_sorter (column, sorter);
  gtk_column_view_column_set_resizable (column, TRUE);
  gtk_column_view_column_set_expand (column, expand);
  gtk_column_view_append_column (view, column);
  g_object_unref (sorter);
}

static void
add_history_column (GtkColumnView *view)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup_history), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind_history), NULL);
  g_signal_connect (factory, "unbind", G_CALLBACK (on_unbind_history), NULL);
  add_column (view, "History", factory,
              GTK_SORTER (gtk_numeric_sorter_new (
                  make_expression (G_TYPE_UINT64, G_CALLBACK (get_growth)))),
              FALSE);
}

void
fsmm_inspector_add_columns (GtkColumnView *view)
{
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

      g_signal_connect (factory, "setup", G_CALLBACK (on_setup_text), (gpointer) &columns[i]);
      add_column (view, columns[i].title, factory, make_sorter (&columns[i]), i < 2);
    }
  add_history_column (view);
}
