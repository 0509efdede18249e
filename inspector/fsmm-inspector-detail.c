/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-detail.h"

#include "fsmm-inspector-text.h"
#include "fsmm-inspector-words.h"

struct _FsmmInspectorDetail {
  GtkBox parent_instance;
  FsmmPoolInfo *info; /* (owned) (nullable) */

  GtkWidget *name;
  GtkWidget *summary;
  GtkWidget *message; /* what a button has done */
  GtkWidget *trim;
  GtkWidget *text;
  GtkWidget *sites;    /* where live blocks were taken */
  GtkWidget *switcher; /* seen if that is known */
};

G_DEFINE_FINAL_TYPE (FsmmInspectorDetail, fsmm_inspector_detail, GTK_TYPE_BOX)

static guint trimmed_signal;

/* --- What is shown --- */

/* Somebody may be about to copy what is selected. */
static void
set_text (GtkWidget *view, const char *text)
{
  if (!gtk_text_buffer_get_has_selection (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view))))
    fsmm_inspector_text_set (GTK_TEXT_VIEW (view), text);
}

void
fsmm_inspector_detail_update (FsmmInspectorDetail *self)
{
  GtkWidget *sites_page = gtk_widget_get_parent (self->sites);
  g_autofree char *summary = NULL;
  g_autofree char *text = NULL;
  const char *sites;

  gtk_widget_set_visible (GTK_WIDGET (self), self->info != NULL);
  if (self->info == NULL)
    return;

  summary = fsmm_inspector_dup_summary (self->info);
  gtk_label_set_text (GTK_LABEL (self->summary), summary);
  gtk_widget_set_tooltip_text (self->summary, summary);

  text = fsmm_inspector_dup_description (self->info);
  sites = fsmm_inspector_text_split (text);
  set_text (self->text, text);
  set_text (self->sites, sites != NULL ? sites : "");
  gtk_widget_set_visible (self->switcher, sites != NULL);
  gtk_widget_set_visible (sites_page, sites != NULL);
}

/* What was selected in it, too. */
static void
forget_text (GtkWidget *view)
{
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)), "", 0);
}

static void
show_message (FsmmInspectorDetail *self, const char *text)
{
  gtk_label_set_text (GTK_LABEL (self->message), text);
}

/* The library's own pool is nobody's to be trimmed alone. */
static gboolean
can_trim (FsmmPoolInfo *info)
{
  return fsmm_pool_info_get_kind (info) != FSMM_POOL_KIND_HANDLES;
}

void
fsmm_inspector_detail_set_info (FsmmInspectorDetail *self, FsmmPoolInfo *info)
{
  g_autofree char *name = info != NULL ? fsmm_inspector_dup_name (info) : NULL;

  if (!g_set_object (&self->info, info))
    return;

  forget_text (self->text);
  forget_text (self->sites);
  gtk_label_set_text (GTK_LABEL (self->name), name != NULL ? name : "");
  gtk_widget_set_sensitive (self->trim, info != NULL && can_trim (info));
  show_message (self, "");
  fsmm_inspector_detail_update (self);
}

/* --- What is done --- */

/* Objects may be dropped in another thread, which is not waited for; or here, and whatever the program
 * does then may change what is selected. */
static void
on_trim (GtkButton *button, FsmmInspectorDetail *self)
{
  g_autoptr (FsmmPoolInfo) info = g_object_ref (self->info);
  gsize n_bytes = fsmm_pool_info_trim (info);
  g_autofree char *bytes = g_format_size_full (n_bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *text = g_strdup_printf ("%s given back", bytes);

  if (fsmm_pool_info_get_kind (info) == FSMM_POOL_KIND_OBJECTS)
    show_message (self, "Idle objects are dropped");
  else
    show_message (self, text);
  g_signal_emit (self, trimmed_signal, 0);
}

static void
on_dump (GtkButton *button, FsmmInspectorDetail *self)
{
  g_autofree char *text = fsmm_inspector_dup_description (self->info);

  g_printerr ("%s", text);
  show_message (self, "Printed to standard error");
}

static void
on_copy (GtkButton *button, FsmmInspectorDetail *self)
{
  g_autofree char *text = fsmm_inspector_dup_description (self->info);

  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  show_message (self, "Copied");
}

/* --- Widgets --- */

static GtkWidget *
add_label (GtkWidget *box, const char *css_class)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_widget_add_css_class (label, css_class);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_box_append (GTK_BOX (box), label);

  return label;
}

static GtkWidget *
add_button (FsmmInspectorDetail *self, GtkWidget *box, const char *label, const char *tooltip,
            GCallback clicked)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (label);

  gtk_widget_set_tooltip_text (button, tooltip);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  tooltip, -1);
  g_signal_connect (button, "clicked", clicked, self);
  gtk_box_append (GTK_BOX (box), button);

  return button;
}

static GtkWidget *
make_scrolled (GtkWidget *view)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), view);
  gtk_widget_set_vexpand (scrolled, TRUE);

  return scrolled;
}

static GtkWidget *
make_stack (FsmmInspectorDetail *self)
{
  GtkStack *stack = GTK_STACK (gtk_stack_new ());
  GtkWidget *chunks = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->text = fsmm_inspector_text_new ("Description of the pool");
  gtk_box_append (GTK_BOX (chunks), make_scrolled (self->text));
  gtk_box_append (GTK_BOX (chunks), fsmm_inspector_legend_new ());
  gtk_stack_add_titled (stack, chunks, NULL, "Chunks");
  self->sites = fsmm_inspector_text_new ("Where live blocks were taken");
  gtk_stack_add_titled (stack, make_scrolled (self->sites), NULL, "Call Sites");
  gtk_stack_switcher_set_stack (GTK_STACK_SWITCHER (self->switcher), stack);

  return GTK_WIDGET (stack);
}

static GtkWidget *
make_header (FsmmInspectorDetail *self)
{
  GtkWidget *header = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);

  gtk_widget_set_margin_start (header, 10);
  gtk_widget_set_margin_end (header, 10);
  gtk_widget_set_margin_top (header, 6);
  gtk_widget_set_margin_bottom (header, 6);
  self->name = add_label (header, "heading");
  self->summary = add_label (header, "dim-label");
  gtk_widget_set_hexpand (self->summary, TRUE);
  gtk_widget_set_margin_start (self->summary, 6);
  self->message = add_label (header, "dim-label");
  self->switcher = gtk_stack_switcher_new ();
  gtk_box_append (GTK_BOX (header), self->switcher);
  self->trim = add_button (self, header, "_Trim", "Give back what nobody uses: memory, or idle objects",
                           G_CALLBACK (on_trim));
  add_button (self, header, "_Dump", "Print this description to standard error",
              G_CALLBACK (on_dump));
  add_button (self, header, "_Copy", "Copy this description", G_CALLBACK (on_copy));

  return header;
}

static void
fsmm_inspector_detail_init (FsmmInspectorDetail *self)
{
  gtk_orientable_set_orientation (GTK_ORIENTABLE (self), GTK_ORIENTATION_VERTICAL);
  gtk_box_append (GTK_BOX (self), make_header (self));
  gtk_box_append (GTK_BOX (self), make_stack (self));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

static void
fsmm_inspector_detail_dispose (GObject *object)
{
  g_clear_object (&FSMM_INSPECTOR_DETAIL (object)->info);

  G_OBJECT_CLASS (fsmm_inspector_detail_parent_class)->dispose (object);
}

static void
fsmm_inspector_detail_class_init (FsmmInspectorDetailClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = fsmm_inspector_detail_dispose;
  trimmed_signal = g_signal_new ("trimmed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

GtkWidget *
fsmm_inspector_detail_new (void)
{
  return g_object_new (FSMM_TYPE_INSPECTOR_DETAIL, NULL);
}
