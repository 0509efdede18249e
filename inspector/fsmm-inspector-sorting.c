/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-sorting.h"

/* How many columns at the left have words, which begin with A. Of numbers, the largest comes first. */
#define N_WORDS 2

static const char key[] = "fsmm-inspector-sorted-by";

/* By which column it is sorted, from 1 on; less than 0 if the other way round. */
static gboolean
sort (GtkWidget *page, GVariant *number, gpointer data)
{
  GtkColumnView *view = data;
  gint column = g_variant_get_int32 (number);
  gboolean is_again = GPOINTER_TO_INT (g_object_get_data (data, key)) == column;
  gboolean is_descending = (column > N_WORDS) != is_again;
  g_autoptr (GtkColumnViewColumn) found =
      g_list_model_get_item (gtk_column_view_get_columns (view), (guint) (column - 1));

  g_object_set_data (data, key, GINT_TO_POINTER (is_again ? -column : column));
  gtk_column_view_sort_by_column (view, found,
                                  is_descending ? GTK_SORT_DESCENDING : GTK_SORT_ASCENDING);

  return TRUE;
}

void
fsmm_inspector_add_sorting (GtkWidget *page, GtkColumnView *view)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();
  guint n_columns = g_list_model_get_n_items (gtk_column_view_get_columns (view));

  for (guint i = 0; i < n_columns; i++)
    {
      GtkShortcut *shortcut =
          gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_1 + i, GDK_CONTROL_MASK),
                            gtk_callback_action_new (sort, view, NULL));

      gtk_shortcut_set_arguments (shortcut, g_variant_new_int32 ((gint32) i + 1));
      gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller), shortcut);
    }
  gtk_widget_add_controller (page, controller);
}
