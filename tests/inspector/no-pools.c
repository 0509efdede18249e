/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program with a window, which uses no pools, and is not linked with the library. */

#include <gtk/gtk.h>

int
main (void)
{
  gtk_init ();
  gtk_window_present (GTK_WINDOW (gtk_window_new ()));

  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}
