/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rows-picture.h"

/* How long a loaded window gets to be drawn, in milliseconds. */
#define EXPOSURE 500

typedef struct {
  RowsWindow *window; /* (owned) */
  char *file;         /* (owned) */
} Picture;

static void
picture_free (Picture *self)
{
  gtk_window_destroy (GTK_WINDOW (self->window));
  g_object_unref (self->window);
  g_free (self->file);
  g_free (self);
}

static gboolean
save (gpointer data)
{
  Picture *self = data;
  GtkWidget *window = GTK_WIDGET (self->window);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (window);
  GtkSnapshot *snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;

  gdk_paintable_snapshot (paintable, snapshot, gtk_widget_get_width (window),
                          gtk_widget_get_height (window));
  node = gtk_snapshot_free_to_node (snapshot);
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (window)), node, NULL);
  if (!gdk_texture_save_to_png (texture, self->file))
    g_error ("%s cannot be written", self->file);

  return G_SOURCE_REMOVE;
}

static void
on_loaded (Picture *self, const char *problem, Document *document)
{
  g_signal_handlers_disconnect_by_data (document, self);
  g_timeout_add_full (G_PRIORITY_LOW, EXPOSURE, save, self, (GDestroyNotify) picture_free);
}

/* Draws the window when the document is loaded, and ends the program. */
void
rows_picture (RowsWindow *window, Document *document, const char *file)
{
  Picture *self = g_new0 (Picture, 1);

  self->window = g_object_ref (window);
  self->file = g_strdup (file);
  g_signal_connect_swapped (document, "loaded", G_CALLBACK (on_loaded), self);
}
