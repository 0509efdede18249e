/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A window with a list of records, which live in a pool of the document's own. The rows of the list
 * have boxes, so that nothing is copied, and closing the document drops all records at once.
 *
 *   rows-record    what lives in the pool
 *   rows-row       an object for the list model, with a property of type FSMM_TYPE_BOX
 *   rows-batch     makes records in another thread
 *   rows-document  the pool and the list model; its signal "added" has a box
 *   rows-list      the widgets for the rows that can be seen
 *   rows-window    all the rest of the window */

#include "rows-check.h"
#include "rows-picture.h"
#include "rows-window.h"

#define MAX_RECORDS 50000

static gboolean do_check;
static char *picture; /* (owned) (nullable) */

static const GOptionEntry options[] = {
  { "check", 0, 0, G_OPTION_ARG_NONE, &do_check,
    "Load and close the document, print what is to be seen, and end", NULL },
  { "picture", 0, 0, G_OPTION_ARG_FILENAME, &picture, "Save a picture of the window, and end",
    "FILE" },
  G_OPTION_ENTRY_NULL,
};

static void
on_activate (GtkApplication *application)
{
  g_autoptr (Document) document = document_new ("journal", MAX_RECORDS);
  RowsWindow *window = rows_window_new (application, document);

  if (do_check)
    rows_check (window, document);
  if (picture != NULL)
    rows_picture (window, document, picture);
  gtk_window_present (GTK_WINDOW (window));
}

int
main (int argc, char *argv[])
{
  g_autoptr (GtkApplication) application =
      gtk_application_new ("org.example.Rows", G_APPLICATION_NON_UNIQUE);
  int status;

  g_application_add_main_option_entries (G_APPLICATION (application), options);
  g_signal_connect (application, "activate", G_CALLBACK (on_activate), NULL);
  status = g_application_run (G_APPLICATION (application), argc, argv);
  g_free (picture);

  return status;
}
