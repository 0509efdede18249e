/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Counts what is in a JSON document. It is built twice: with the library as it was, and as it is
 * after jot-to-pools.diff. It cannot tell which of them it has. */

#include "jot.h"

static const char sample[] = "{\n"
                             "  \"title\": \"Aria\",\n"
                             "  \"seconds\": 312.5,\n"
                             "  \"tags\": [\"baroque\", \"keyboard\", null],\n"
                             "  \"rated\": {\"stars\": 5, \"by me\": true}\n"
                             "}\n";

static const char *const names[JOT_N_KINDS] = {
  [JOT_NULL] = "null",     [JOT_BOOLEAN] = "boolean", [JOT_NUMBER] = "number",
  [JOT_STRING] = "string", [JOT_ARRAY] = "array",     [JOT_OBJECT] = "object",
};

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JotValue) value = NULL;
  g_autofree char *text = NULL;
  gsize counts[JOT_N_KINDS] = { 0 };

  if (argc > 1 && !g_file_get_contents (argv[1], &text, NULL, &error))
    g_printerr ("%s\n", error->message);
  else if ((value = jot_parse (text != NULL ? text : sample, &error)) == NULL)
    g_printerr ("%s: %s\n", argc > 1 ? argv[1] : "the sample", error->message);
  if (value == NULL)
    return 1;

  jot_value_count (value, counts);
  for (guint i = 0; i < JOT_N_KINDS; i++)
    g_print ("%-8s %zu\n", names[i], counts[i]);
  return 0;
}
