/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All pools of the program, and one of them in detail. It looks at them only while it can be seen. */

#include "fsmm-inspector-page.h"

#include <fsmm-glib/fsmm-glib.h>

#include "fsmm-inspector-columns.h"
#include "fsmm-inspector-detail.h"
#include "fsmm-inspector-history.h"
#include "fsmm-inspector-sorting.h"
#include "fsmm-inspector-words.h"

/* Between two looks, in milliseconds. */
#define INTERVAL 1000

struct _FsmmInspectorPage {
  GtkBox parent_instance;

  /* It looks when it is told to. What is live goes into the histories then, and rows are sorted. */
  FsmmMonitor *monitor;          /* (owned) */
  guint source;                  /* or 0 */
  GtkStringFilter *words;        /* (owned) */
  GtkFilter *growing;            /* (owned) */
  GtkSorter *sorter;             /* (owned) */
  GtkSingleSelection *selection; /* (owned) */

  GtkWidget *only_growing;
  GtkWidget *totals;
  GtkWidget *stack;
  GtkWidget *detail;
};

typedef enum {
  PAGE_PROP_TITLE = 1,
  PAGE_PROP_OBJECT,
} FsmmInspectorPageProperty;

static GParamSpec *page_props[PAGE_PROP_OBJECT + 1];

G_DEFINE_FINAL_TYPE (FsmmInspectorPage, fsmm_inspector_page, GTK_TYPE_BOX)

/* --- Looking --- */

static void
add_to_histories (GListModel *pools)
{
  for (guint i = 0; i < g_list_model_get_n_items (pools); i++)
    {
      g_autoptr (FsmmPoolInfo) info = g_list_model_get_item (pools, i);

      fsmm_inspector_history_add (fsmm_inspector_history_of (info),
                                  fsmm_pool_info_get_n_allocated (info));
    }
}

static void
show (FsmmInspectorPage *self)
{
  GListModel *pools = G_LIST_MODEL (self->monitor);
  g_autofree char *totals = fsmm_inspector_dup_totals (pools);

  gtk_label_set_text (GTK_LABEL (self->totals), totals);
  gtk_stack_set_visible_child_name (GTK_STACK (self->stack),
                                    g_list_model_get_n_items (pools) > 0 ? "pools" : "nothing");
  fsmm_inspector_detail_update (FSMM_INSPECTOR_DETAIL (self->detail));
}

static gboolean
look (gpointer data)
{
  FsmmInspectorPage *self = data;

  fsmm_monitor_refresh (self->monitor);
  add_to_histories (G_LIST_MODEL (self->monitor));
  if (gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->only_growing)))
    gtk_filter_changed (self->growing, GTK_FILTER_CHANGE_DIFFERENT);
  gtk_sorter_changed (self->sorter, GTK_SORTER_CHANGE_DIFFERENT);
  show (self);

  return G_SOURCE_CONTINUE;
}

static void
on_trimmed (FsmmInspectorDetail *detail, FsmmInspectorPage *self)
{
  fsmm_monitor_refresh (self->monitor);
  show (self);
}

static void
on_trim_all (GtkButton *button, FsmmInspectorPage *self)
{
  fsmm_trim_all ();
  on_trimmed (NULL, self);
}

static void
fsmm_inspector_page_map (GtkWidget *widget)
{
  FsmmInspectorPage *self = FSMM_INSPECTOR_PAGE (widget);

  GTK_WIDGET_CLASS (fsmm_inspector_page_parent_class)->map (widget);

  look (self);
  self->source = g_timeout_add (INTERVAL, look, self);
}

static void
fsmm_inspector_page_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&FSMM_INSPECTOR_PAGE (widget)->source, g_source_remove);

  GTK_WIDGET_CLASS (fsmm_inspector_page_parent_class)->unmap (widget);
}

/* --- Which pools, in which order --- */

static gboolean
is_shown (gpointer info, gpointer page)
{
  FsmmInspectorPage *self = page;

  return !gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->only_growing)) ||
         fsmm_inspector_history_get_growth (fsmm_inspector_history_of (info)) > 0;
}

static void
on_search (GtkSearchEntry *entry, FsmmInspectorPage *self)
{
  gtk_string_filter_set_search (self->words, gtk_editable_get_text (GTK_EDITABLE (entry)));
}

/* Escape. */
static void
on_stop_search (GtkSearchEntry *entry, FsmmInspectorPage *self)
{
  gtk_editable_set_text (GTK_EDITABLE (entry), "");
}

static void
on_only_growing (GtkToggleButton *button, FsmmInspectorPage *self)
{
  gtk_filter_changed (self->growing, GTK_FILTER_CHANGE_DIFFERENT);
}

static void
on_selected (GtkSingleSelection *selection, GParamSpec *pspec, FsmmInspectorPage *self)
{
  fsmm_inspector_detail_set_info (FSMM_INSPECTOR_DETAIL (self->detail),
                                  gtk_single_selection_get_selected_item (selection));
}

static GListModel *
make_filtered (FsmmInspectorPage *self)
{
  GtkMultiFilter *filter = GTK_MULTI_FILTER (gtk_every_filter_new ());

  self->words = gtk_string_filter_new (fsmm_inspector_words_expression_new ());
  self->growing = GTK_FILTER (gtk_custom_filter_new (is_shown, self, NULL));
  gtk_multi_filter_append (filter, GTK_FILTER (g_object_ref (self->words)));
  gtk_multi_filter_append (filter, g_object_ref (self->growing));

  return G_LIST_MODEL (
      gtk_filter_list_model_new (G_LIST_MODEL (g_object_ref (self->monitor)), GTK_FILTER (filter)));
}

/* --- Widgets --- */

static GtkWidget *
make_table (FsmmInspectorPage *self)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (gtk_column_view_new (NULL));
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  fsmm_inspector_add_columns (view);
  self->sorter = g_object_ref (gtk_column_view_get_sorter (view));
  self->selection = gtk_single_selection_new (G_LIST_MODEL (
      gtk_sort_list_model_new (make_filtered (self), g_object_ref (self->sorter))));
  gtk_column_view_set_model (view, GTK_SELECTION_MODEL (self->selection));
  /* Those of the inspector's own tables. */
  gtk_column_view_set_show_column_separators (view, TRUE);
  gtk_widget_add_css_class (GTK_WIDGET (view), "list");
  fsmm_inspector_add_sorting (GTK_WIDGET (self), view);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, "Pools", -1);
  g_signal_connect (self->selection, "notify::selected-item", G_CALLBACK (on_selected), self);

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), GTK_WIDGET (view));
  gtk_widget_set_size_request (scrolled, -1, 120);

  return scrolled;
}

static GtkWidget *
make_panes (FsmmInspectorPage *self)
{
  GtkWidget *paned = gtk_paned_new (GTK_ORIENTATION_VERTICAL);

  self->detail = fsmm_inspector_detail_new ();
  g_signal_connect (self->detail, "trimmed", G_CALLBACK (on_trimmed), self);
  gtk_paned_set_wide_handle (GTK_PANED (paned), TRUE);
  gtk_paned_set_start_child (GTK_PANED (paned), make_table (self));
  gtk_paned_set_end_child (GTK_PANED (paned), self->detail);
  gtk_paned_set_shrink_start_child (GTK_PANED (paned), FALSE);
  gtk_paned_set_position (GTK_PANED (paned), 190);
  gtk_widget_set_vexpand (paned, TRUE);

  return paned;
}

static GtkWidget *
make_excuse (void)
{
  GtkWidget *label = gtk_label_new ("No pools: this program uses none, or has another copy of the "
                                    "library linked into it.");

  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_widget_set_vexpand (label, TRUE);

  return label;
}

static GtkWidget *
make_search (FsmmInspectorPage *self)
{
  GtkWidget *entry = gtk_search_entry_new ();

  g_object_set (entry, "placeholder-text", "Name or type", NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "Search pools by name or type", -1);
  g_signal_connect (entry, "search-changed", G_CALLBACK (on_search), self);
  g_signal_connect (entry, "stop-search", G_CALLBACK (on_stop_search), self);
  gtk_search_entry_set_key_capture_widget (GTK_SEARCH_ENTRY (entry), GTK_WIDGET (self));

  return entry;
}

static GtkWidget *
make_toggle (FsmmInspectorPage *self)
{
  const char *tooltip = "Show only pools that have grown and never shrunk: they may leak";
  GtkWidget *button = gtk_toggle_button_new_with_mnemonic ("_Growing");

  gtk_widget_set_tooltip_text (button, tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  tooltip, -1);
  g_signal_connect (button, "toggled", G_CALLBACK (on_only_growing), self);

  return button;
}

static GtkWidget *
make_bar (FsmmInspectorPage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *trim_all = gtk_button_new_with_mnemonic ("Trim _All");

  gtk_widget_set_margin_start (bar, 10);
  gtk_widget_set_margin_end (bar, 10);
  gtk_widget_set_margin_top (bar, 6);
  gtk_widget_set_margin_bottom (bar, 6);
  self->only_growing = make_toggle (self);
  self->totals = gtk_label_new (NULL);
  gtk_widget_add_css_class (self->totals, "dim-label");
  gtk_widget_set_hexpand (self->totals, TRUE);
  gtk_widget_set_halign (self->totals, GTK_ALIGN_END);
  gtk_widget_set_tooltip_text (trim_all, "Give back the memory that no pool needs");
  g_signal_connect (trim_all, "clicked", G_CALLBACK (on_trim_all), self);

  gtk_box_append (GTK_BOX (bar), make_search (self));
  gtk_box_append (GTK_BOX (bar), self->only_growing);
  gtk_box_append (GTK_BOX (bar), self->totals);
  gtk_box_append (GTK_BOX (bar), trim_all);

  return bar;
}

static void
fsmm_inspector_page_init (FsmmInspectorPage *self)
{
  self->monitor = fsmm_monitor_new (0);
  self->stack = gtk_stack_new ();
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_append (GTK_BOX (self), make_bar (self));
  gtk_box_append (GTK_BOX (self), gtk_separator_new (GTK_ORIENTATION_HORIZONTAL));
  gtk_box_append (GTK_BOX (self), self->stack);
  gtk_stack_add_named (GTK_STACK (self->stack), make_panes (self), "pools");
  gtk_stack_add_named (GTK_STACK (self->stack), make_excuse (), "nothing");
  on_selected (self->selection, NULL, self);
  show (self);
}

/* --- The object --- */

static void
fsmm_inspector_page_dispose (GObject *object)
{
  FsmmInspectorPage *self = FSMM_INSPECTOR_PAGE (object);

  if (self->selection != NULL)
    g_signal_handlers_disconnect_by_data (self->selection, self);
  g_clear_handle_id (&self->source, g_source_remove);

  G_OBJECT_CLASS (fsmm_inspector_page_parent_class)->dispose (object);

  g_clear_object (&self->growing);
  g_clear_object (&self->words);
  g_clear_object (&self->sorter);
  g_clear_object (&self->selection);
  g_clear_object (&self->monitor);
}

static void
fsmm_inspector_page_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  if (prop_id == PAGE_PROP_TITLE)
    g_value_set_string (value, "Pools");
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

/* Which object is selected in the inspector makes no difference here. */
static void
fsmm_inspector_page_set_property (GObject *object, guint prop_id, const GValue *value,
                                  GParamSpec *pspec)
{
  if (prop_id != PAGE_PROP_OBJECT)
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
}

static void
fsmm_inspector_page_class_init (FsmmInspectorPageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = fsmm_inspector_page_dispose;
  object_class->get_property = fsmm_inspector_page_get_property;
  object_class->set_property = fsmm_inspector_page_set_property;
  GTK_WIDGET_CLASS (klass)->map = fsmm_inspector_page_map;
  GTK_WIDGET_CLASS (klass)->unmap = fsmm_inspector_page_unmap;

  /* The two that the inspector expects. */
  page_props[PAGE_PROP_TITLE] = g_param_spec_string (
      "title", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  page_props[PAGE_PROP_OBJECT] = g_param_spec_object (
      "object", NULL, NULL, G_TYPE_OBJECT, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (page_props), page_props);
}
