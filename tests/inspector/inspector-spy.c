/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A second module in the folder of the page: it uses the page as a person would, in whatever program it
 * is loaded into, and prints what there is to be seen. The variable FSMM_TEST_SPY has what it does, in
 * lines: a command, and after a blank what it is about. */

#include <gtk/gtk.h>
#include <stdlib.h>

#define EXPORT __attribute__ ((visibility ("default")))

EXPORT void g_io_fsmm_test_spy_load (GIOModule *module);
EXPORT void g_io_fsmm_test_spy_unload (GIOModule *module);

/* How long the program gets to draw and to look before each command, in milliseconds. */
#define PAUSE 150

typedef struct {
  char **lines; /* (owned) */
  guint next;
  GtkWidget *page; /* (nullable): until the inspector has one */
  guint n_waited;
} Spy;

/* --- Finding widgets --- */

typedef gboolean (*Test) (GtkWidget *widget, const char *text);

static GtkWidget *
find (GtkWidget *widget, Test test, const char *text)
{
  GtkWidget *found = test (widget, text) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find (child, test, text);

  return found;
}

static gboolean
has_type (GtkWidget *widget, const char *name)
{
  return g_str_equal (G_OBJECT_TYPE_NAME (widget), name);
}

/* What is written on a button, with an underscore where it has a mnemonic; or its type. */
static const char *
name_widget (GtkWidget *widget)
{
  GtkWidget *child = GTK_IS_BUTTON (widget) ? gtk_button_get_child (GTK_BUTTON (widget)) : NULL;

  return GTK_IS_LABEL (child) ? gtk_label_get_label (GTK_LABEL (child)) : G_OBJECT_TYPE_NAME (widget);
}

static gboolean
is_button (GtkWidget *widget, const char *label)
{
  return GTK_IS_BUTTON (widget) && g_str_equal (name_widget (widget), label);
}

static gboolean
is_shown (GtkWidget *widget, const char *type)
{
  return has_type (widget, type) && gtk_widget_get_mapped (widget);
}

static GtkWidget *
find_page (void)
{
  GListModel *windows = gtk_window_get_toplevels ();
  GtkWidget *page = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (windows) && page == NULL; i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

      page = find (window, has_type, "FsmmInspectorPage");
    }

  return page;
}

static GtkWidget *
need (Spy *self, Test test, const char *text)
{
  GtkWidget *widget = find (self->page, test, text);

  if (widget == NULL)
    g_error ("there is no %s on the page", text);

  return widget;
}

/* --- What can be seen --- */

static void
print_texts (GtkWidget *widget, const char *separator)
{
  if (!gtk_widget_get_mapped (widget))
    return;

  if (GTK_IS_LABEL (widget))
    g_print ("%s%s", gtk_label_get_text (GTK_LABEL (widget)), separator);
  else if (has_type (widget, "FsmmInspectorSparkline"))
    g_print ("%s%s", gtk_widget_get_tooltip_text (widget), separator);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    print_texts (child, separator);
}

static void
print_rows (GtkWidget *widget)
{
  if (has_type (widget, "GtkListItemWidget") || has_type (widget, "GtkColumnViewRowWidget"))
    {
      if (gtk_widget_get_mapped (widget))
        {
          g_print ("row: ");
          print_texts (widget, " | ");
          g_print ("\n");
        }
      return;
    }

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    print_rows (child);
}

static void
print_text (Spy *self)
{
  GtkTextBuffer *buffer =
      gtk_text_view_get_buffer (GTK_TEXT_VIEW (need (self, is_shown, "GtkTextView")));
  GtkTextIter start;
  GtkTextIter end;
  g_autofree char *text = NULL;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
  g_print ("text: %s\n", text);
}

static void
save_picture (Spy *self, const char *file)
{
  GtkWidget *window = GTK_WIDGET (gtk_widget_get_root (self->page));
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (window),
                          gtk_widget_get_height (window));
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  if (!gdk_texture_save_to_png (texture, file))
    g_error ("%s cannot be written", file);
}

/* --- What is done --- */

static GtkSelectionModel *
get_model (Spy *self)
{
  return gtk_column_view_get_model (GTK_COLUMN_VIEW (need (self, has_type, "GtkColumnView")));
}

static void
select_row (Spy *self, const char *name)
{
  GListModel *rows = G_LIST_MODEL (get_model (self));

  for (guint i = 0; i < g_list_model_get_n_items (rows); i++)
    {
      g_autoptr (GObject) row = g_list_model_get_item (rows, i);
      g_autofree char *found = NULL;

      g_object_get (row, "name", &found, NULL);
      if (g_strcmp0 (found, name) == 0)
        {
          gtk_selection_model_select_item (get_model (self), i, TRUE);
          return;
        }
    }

  g_error ("there is no row %s", name);
}

static void
click (GtkWidget *button)
{
  if (gtk_widget_get_mapped (button) && gtk_widget_is_sensitive (button))
    g_signal_emit_by_name (button, "clicked");
}

/* As if the keys of a shortcut of the page were pressed. */
static void
press (Spy *self, const char *keys)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (self->page);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);
      guint n = GTK_IS_SHORTCUT_CONTROLLER (controller)
                    ? g_list_model_get_n_items (G_LIST_MODEL (controller))
                    : 0;

      for (guint j = 0; j < n; j++)
        {
          g_autoptr (GtkShortcut) shortcut = g_list_model_get_item (G_LIST_MODEL (controller), j);
          g_autofree char *trigger =
              gtk_shortcut_trigger_to_string (gtk_shortcut_get_trigger (shortcut));

          if (g_str_equal (trigger, keys))
            gtk_shortcut_action_activate (gtk_shortcut_get_action (shortcut), 0, self->page,
                                          gtk_shortcut_get_arguments (shortcut));
        }
    }
}

static void
sort_by (Spy *self, const char *title)
{
  GtkColumnView *view = GTK_COLUMN_VIEW (need (self, has_type, "GtkColumnView"));
  GListModel *columns = gtk_column_view_get_columns (view);

  for (guint i = 0; i < g_list_model_get_n_items (columns); i++)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, i);

      if (g_str_equal (gtk_column_view_column_get_title (column), title))
        gtk_column_view_sort_by_column (view, column, GTK_SORT_DESCENDING);
    }
}

static void
show_page (Spy *self)
{
  GtkWidget *stack = gtk_widget_get_ancestor (self->page, GTK_TYPE_STACK);

  gtk_stack_set_visible_child (GTK_STACK (stack), self->page);
  g_print ("title: %s\n", gtk_stack_page_get_title (
                              gtk_stack_get_page (GTK_STACK (stack), self->page)));
}

static void
hide_page (Spy *self)
{
  GtkStack *stack = GTK_STACK (gtk_widget_get_ancestor (self->page, GTK_TYPE_STACK));

  gtk_stack_set_visible_child (stack, gtk_widget_get_first_child (GTK_WIDGET (stack)));
}

/* --- What is said of what cannot be seen: with GTK_A11Y=test --- */

static void
print_accessible (GtkWidget *widget)
{
  GtkAccessible *accessible = GTK_ACCESSIBLE (widget);
  const char *tooltip = gtk_widget_get_tooltip_text (widget);

  if (gtk_test_accessible_has_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL) &&
      !GTK_IS_LABEL (widget))
    g_print ("labelled: %s\n", name_widget (widget));
  if (has_type (widget, "FsmmInspectorSparkline"))
    {
      g_autofree char *other =
          gtk_test_accessible_check_property (accessible, GTK_ACCESSIBLE_PROPERTY_LABEL, tooltip);

      if (other != NULL)
        g_error ("what is said of a history is %s, and not %s", other, tooltip);
    }
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    print_accessible (child);
}

/* Presses Tab as often as there is something on the page that it leads to. */
static void
print_focus (Spy *self)
{
  GtkRoot *root = gtk_widget_get_root (self->page);

  gtk_root_set_focus (root, NULL);
  for (guint i = 0; i < 40 && gtk_widget_child_focus (self->page, GTK_DIR_TAB_FORWARD); i++)
    g_print ("focus: %s\n", name_widget (gtk_root_get_focus (root)));
}

/* The inspector's window grows with what is in it. */
static void
set_size (Spy *self, const char *text)
{
  g_auto (GStrv) sizes = g_strsplit (text, "x", 2);

  gtk_widget_set_size_request (self->page, atoi (sizes[0]), atoi (sizes[1]));
}

static void
do_command (Spy *self, const char *command, const char *text)
{
  if (g_str_equal (command, "show"))
    show_page (self);
  else if (g_str_equal (command, "hide"))
    hide_page (self);
  else if (g_str_equal (command, "rows"))
    print_rows (self->page);
  else if (g_str_equal (command, "texts"))
    print_texts (self->page, "\n");
  else if (g_str_equal (command, "text"))
    print_text (self);
  else if (g_str_equal (command, "select"))
    select_row (self, text);
  else if (g_str_equal (command, "sort"))
    sort_by (self, text);
  else if (g_str_equal (command, "press"))
    press (self, text);
  else if (g_str_equal (command, "click"))
    click (need (self, is_button, text));
  else if (g_str_equal (command, "search"))
    gtk_editable_set_text (GTK_EDITABLE (need (self, has_type, "GtkSearchEntry")), text);
  else if (g_str_equal (command, "accessible"))
    print_accessible (self->page);
  else if (g_str_equal (command, "focus"))
    print_focus (self);
  else if (g_str_equal (command, "size"))
    set_size (self, text);
  else if (g_str_equal (command, "unfocus"))
    gtk_root_set_focus (gtk_widget_get_root (self->page), NULL);
  else if (g_str_equal (command, "picture"))
    save_picture (self, text);
  else if (g_str_equal (command, "say"))
    g_print ("%s\n", text);
  else if (g_str_equal (command, "quit"))
    exit (0);
  else
    g_error ("not a command: %s", command);
}

static gboolean
do_next (gpointer data)
{
  Spy *self = data;
  const char *line = self->lines[self->next];
  g_auto (GStrv) words = g_strsplit (line != NULL ? line : "quit", " ", 2);

  if (self->page == NULL)
    self->page = find_page ();
  if (self->page == NULL)
    {
      if (++self->n_waited > 100)
        g_error ("the inspector has no such page");
      return G_SOURCE_CONTINUE;
    }

  if (g_str_equal (words[0], "wait"))
    {
      g_timeout_add ((guint) g_ascii_strtoull (words[1], NULL, 10), do_next, self);
      self->next++;
      return G_SOURCE_REMOVE;
    }

  self->next++;
  do_command (self, words[0], words[0] != NULL ? words[1] : NULL);
  g_timeout_add (PAUSE, do_next, self);

  return G_SOURCE_REMOVE;
}

void
g_io_fsmm_test_spy_load (GIOModule *module)
{
  static Spy spy;
  const char *script = g_getenv ("FSMM_TEST_SPY");

  g_type_module_use (G_TYPE_MODULE (module));
  spy.lines = g_strsplit (script != NULL ? script : "", "\n", -1);
  g_timeout_add (PAUSE, do_next, &spy);
}

void
g_io_fsmm_test_spy_unload (GIOModule *module)
{
}
