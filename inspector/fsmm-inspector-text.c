/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-text.h"

#include <string.h>

/* The characters of a map, and how each is drawn. The text stays what it is, to be read, selected and
 * copied: if a map looks different one day, it is a text without colours. */
static const struct {
  char character;
  const char *background;
  double background_alpha;
  const char *foreground;
  double foreground_alpha;
  const char *meaning;
} shades[] = {
  { '#', "#3584e4", 1, "#ffffff", 0.4, "all live" },
  { '+', "#3584e4", 0.6, "#ffffff", 0.7, "some live" },
  { '.', "#7f7f7f", 0.3, "#7f7f7f", 0.8, "free" },
  { '_', "#7f7f7f", 0.1, "#7f7f7f", 0.6, "never handed out" },
};

static GdkRGBA
get_color (const char *color, double alpha)
{
  GdkRGBA result = { 0, 0, 0, 1 };

  gdk_rgba_parse (&result, color);
  result.alpha = (float) alpha;

  return result;
}

static void
add_tags (GtkTextBuffer *buffer)
{
  for (guint i = 0; i < G_N_ELEMENTS (shades); i++)
    {
      const char name[] = { shades[i].character, '\0' };
      GdkRGBA background = get_color (shades[i].background, shades[i].background_alpha);
      GdkRGBA foreground = get_color (shades[i].foreground, shades[i].foreground_alpha);

      gtk_text_buffer_create_tag (buffer, name, "background-rgba", &background, "foreground-rgba",
                                  &foreground, NULL);
    }
  gtk_text_buffer_create_tag (buffer, "title", "weight", PANGO_WEIGHT_BOLD, NULL);
}

/* Where the map begins in the line of a chunk, or the line's length in other lines. */
static gsize
find_map (const char *line)
{
  const char *last = strrchr (line, ' ');

  if (!g_str_has_prefix (line, "  0x") || last == NULL ||
      strspn (last + 1, "#+._") != strlen (last + 1))
    return strlen (line);

  return (gsize) (last + 1 - line);
}

static void
insert_line (GtkTextBuffer *buffer, GtkTextIter *at, const char *line)
{
  gsize map = find_map (line);

  gtk_text_buffer_insert (buffer, at, line, (int) map);
  while (line[map] != '\0')
    {
      const char run[] = { line[map], '\0' };
      gsize length = strspn (line + map, run);

      gtk_text_buffer_insert_with_tags_by_name (buffer, at, line + map, (int) length, run, NULL);
      map += length;
    }
}

static char *
get_line (GtkTextBuffer *buffer, int number, GtkTextIter *start, GtkTextIter *end)
{
  gtk_text_buffer_get_iter_at_line (buffer, start, number);
  *end = *start;
  if (!gtk_text_iter_ends_line (end))
    gtk_text_iter_forward_to_line_end (end);

  return gtk_text_buffer_get_text (buffer, start, end, TRUE);
}

static void
set_line (GtkTextBuffer *buffer, int number, const char *line)
{
  GtkTextIter start;
  GtkTextIter end;
  g_autofree char *present = get_line (buffer, number, &start, &end);

  if (g_str_equal (present, line))
    return;

  gtk_text_buffer_delete (buffer, &start, &end);
  insert_line (buffer, &start, line);
}

static void
set_n_lines (GtkTextBuffer *buffer, int n_lines)
{
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_end_iter (buffer, &end);
  for (int n = gtk_text_buffer_get_line_count (buffer); n < n_lines; n++)
    gtk_text_buffer_insert (buffer, &end, "\n", 1);
  if (gtk_text_buffer_get_line_count (buffer) > n_lines)
    {
      gtk_text_buffer_get_iter_at_line (buffer, &start, n_lines - 1);
      if (!gtk_text_iter_ends_line (&start))
        gtk_text_iter_forward_to_line_end (&start);
      gtk_text_buffer_get_end_iter (buffer, &end);
      gtk_text_buffer_delete (buffer, &start, &end);
    }
}

static void
mark_title (GtkTextBuffer *buffer)
{
  GtkTextIter start;
  GtkTextIter end;

  g_free (get_line (buffer, 0, &start, &end));
  gtk_text_buffer_apply_tag_by_name (buffer, "title", &start, &end);
}

void
fsmm_inspector_text_set (GtkTextView *view, const char *text)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (view);
  g_autofree char *copy = g_strchomp (g_strdup (text));
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);
  int n_lines = MAX (1, (int) g_strv_length (lines));

  set_n_lines (buffer, n_lines);
  for (int i = 0; lines[i] != NULL; i++)
    set_line (buffer, i, lines[i]);
  if (lines[0] == NULL)
    gtk_text_buffer_set_text (buffer, "", 0);
  mark_title (buffer);
}

char *
fsmm_inspector_text_split (char *text)
{
  static const char heading[] = " taken by:\n";
  char *found = strstr (text, heading);

  while (found != NULL && found > text && found[-1] != '\n')
    found--;
  if (found == NULL || found == text)
    return NULL;

  found[-1] = '\0';
  return found;
}

GtkWidget *
fsmm_inspector_text_new (const char *label)
{
  GtkWidget *view = gtk_text_view_new ();

  gtk_text_view_set_editable (GTK_TEXT_VIEW (view), FALSE);
  gtk_text_view_set_cursor_visible (GTK_TEXT_VIEW (view), FALSE);
  /* Tab leaves the text: nothing can be written here. */
  gtk_text_view_set_accepts_tab (GTK_TEXT_VIEW (view), FALSE);
  gtk_text_view_set_monospace (GTK_TEXT_VIEW (view), TRUE);
  gtk_text_view_set_left_margin (GTK_TEXT_VIEW (view), 10);
  gtk_text_view_set_right_margin (GTK_TEXT_VIEW (view), 10);
  gtk_text_view_set_top_margin (GTK_TEXT_VIEW (view), 6);
  gtk_text_view_set_bottom_margin (GTK_TEXT_VIEW (view), 6);
  gtk_accessible_update_property (GTK_ACCESSIBLE (view), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  add_tags (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)));

  return view;
}

GtkWidget *
fsmm_inspector_legend_new (void)
{
  GtkWidget *label = gtk_label_new (NULL);
  g_autoptr (GString) text = g_string_new ("Map of each chunk:");

  for (guint i = 0; i < G_N_ELEMENTS (shades); i++)
    g_string_append_printf (
        text, "   <tt><span bgcolor='%s' bgalpha='%d%%' color='%s' alpha='%d%%'>%c%c</span></tt> %s",
        shades[i].background, (int) (100 * shades[i].background_alpha), shades[i].foreground,
        (int) (100 * shades[i].foreground_alpha), shades[i].character, shades[i].character,
        shades[i].meaning);
  gtk_label_set_markup (GTK_LABEL (label), text->str);

  gtk_widget_add_css_class (label, "caption");
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_margin_start (label, 10);
  gtk_widget_set_margin_top (label, 4);
  gtk_widget_set_margin_bottom (label, 4);

  return label;
}
