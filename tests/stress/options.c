/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "options.h"

#include "fsmm-test.h"

/* What GTest has options for is left to it. */
void
stress_init (const GOptionEntry *entries, int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_ignore_unknown_options (context, TRUE);
  if (!g_option_context_parse (context, argc, argv, &error))
    g_error ("%s", error->message);
  g_test_init (argc, argv, NULL);
  fsmm_test_make_first_error ();
}
