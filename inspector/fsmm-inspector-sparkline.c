/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-sparkline.h"

/* In pixels: of one look, and of all. */
#define STEP 2
#define HEIGHT 16

struct _FsmmInspectorSparkline {
  GtkWidget parent_instance;
  FsmmInspectorHistory *history; /* (owned) (nullable) */
};

G_DEFINE_FINAL_TYPE (FsmmInspectorSparkline, fsmm_inspector_sparkline, GTK_TYPE_WIDGET)

static gsize
find_most (FsmmInspectorHistory *history)
{
  gsize most = 0;

  for (guint i = 0; i < fsmm_inspector_history_get_length (history); i++)
    most = MAX (most, fsmm_inspector_history_get (history, i));

  return most;
}

/* The newest look is at the right. What is not zero can be seen. Each bar reaches below the next one,
 * so that there is nothing between them. */
static void
draw_bars (GtkSnapshot *snapshot, FsmmInspectorHistory *history, const GdkRGBA *color, int height)
{
  guint length = fsmm_inspector_history_get_length (history);
  gsize most = find_most (history);
  float left = (float) ((FSMM_INSPECTOR_HISTORY_LENGTH - length) * STEP);

  for (guint i = 0; i < length; i++)
    {
      gsize n_live = fsmm_inspector_history_get (history, i);
      float part = most > 0 ? (float) ((double) n_live / (double) most) : 0;
      float bar = n_live > 0 ? MAX (1, part * (float) height) : 0;
      float width = i + 1 < length ? STEP + 1 : STEP;

      gtk_snapshot_append_color (
          snapshot, color,
          &GRAPHENE_RECT_INIT (left + (float) (i * STEP), (float) height - bar, width, bar));
    }
}

static void
draw_floor (GtkSnapshot *snapshot, const GdkRGBA *color, int height)
{
  float width = (float) (FSMM_INSPECTOR_HISTORY_LENGTH * STEP);

  gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT (0, (float) height - 1, width, 1));
}

/* A pool that may leak is conspicuous. */
static GdkRGBA
get_color (FsmmInspectorSparkline *self)
{
  GtkStyleContext *context = gtk_widget_get_style_context (GTK_WIDGET (self));
  GdkRGBA color;

  if (fsmm_inspector_history_get_growth (self->history) == 0 ||
      !gtk_style_context_lookup_color (context, "warning_color", &color))
    gtk_style_context_get_color (context, &color);

  return color;
}

static void
fsmm_inspector_sparkline_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  FsmmInspectorSparkline *self = FSMM_INSPECTOR_SPARKLINE (widget);
  int height = MIN (gtk_widget_get_height (widget), HEIGHT);
  int top = (gtk_widget_get_height (widget) - height) / 2;
  GdkRGBA color;

  if (self->history == NULL)
    return;

  color = get_color (self);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (0, (float) top));
  gtk_snapshot_push_opacity (snapshot, 0.3);
  draw_floor (snapshot, &color, height);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_push_opacity (snapshot, 0.7);
  draw_bars (snapshot, self->history, &color, height);
  gtk_snapshot_pop (snapshot);
  gtk_snapshot_restore (snapshot);
}

static void
fsmm_inspector_sparkline_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                                  int *minimum, int *natural, int *minimum_baseline,
                                  int *natural_baseline)
{
  gboolean is_width = orientation == GTK_ORIENTATION_HORIZONTAL;

  *minimum = *natural = is_width ? (int) (FSMM_INSPECTOR_HISTORY_LENGTH * STEP) : HEIGHT;
}

/* What it shows, for those who do not see it. */
static void
tell (FsmmInspectorSparkline *self)
{
  guint length = fsmm_inspector_history_get_length (self->history);
  g_autofree char *growth = fsmm_inspector_history_dup_growth (self->history);
  g_autofree char *text = NULL;

  if (length == 0)
    return;

  text = g_strdup_printf ("%" G_GSIZE_FORMAT " live %u look%s ago, %" G_GSIZE_FORMAT
                          " at most, %" G_GSIZE_FORMAT " now%s%s",
                          fsmm_inspector_history_get (self->history, 0), length - 1,
                          length == 2 ? "" : "s", find_most (self->history),
                          fsmm_inspector_history_get (self->history, length - 1),
                          growth != NULL ? "; " : "", growth != NULL ? growth : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void
on_changed (FsmmInspectorHistory *history, FsmmInspectorSparkline *self)
{
  tell (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
fsmm_inspector_sparkline_set_history (FsmmInspectorSparkline *self, FsmmInspectorHistory *history)
{
  if (self->history != NULL)
    g_signal_handlers_disconnect_by_func (self->history, on_changed, self);

  g_set_object (&self->history, history);
  if (history == NULL)
    return;

  g_signal_connect_object (history, "changed", G_CALLBACK (on_changed), self, 0);
  on_changed (history, self);
}

static void
fsmm_inspector_sparkline_dispose (GObject *object)
{
  fsmm_inspector_sparkline_set_history (FSMM_INSPECTOR_SPARKLINE (object), NULL);

  G_OBJECT_CLASS (fsmm_inspector_sparkline_parent_class)->dispose (object);
}

static void
fsmm_inspector_sparkline_class_init (FsmmInspectorSparklineClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = fsmm_inspector_sparkline_dispose;
  widget_class->snapshot = fsmm_inspector_sparkline_snapshot;
  widget_class->measure = fsmm_inspector_sparkline_measure;
  gtk_widget_class_set_css_name (widget_class, "sparkline");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
fsmm_inspector_sparkline_init (FsmmInspectorSparkline *self)
{
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
}

GtkWidget *
fsmm_inspector_sparkline_new (void)
{
  return g_object_new (FSMM_TYPE_INSPECTOR_SPARKLINE, NULL);
}
