/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Gives files to a target, one after the other, where libFuzzer does not: the inputs of the corpus
 * are tests. */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

static guint n_inputs;

static void
die (const char *path, const GError *error)
{
  fprintf (stderr, "cannot read %s: %s\n", path, error->message);
  exit (2);
}

static void
run_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  gsize size;

  if (!g_file_get_contents (path, &data, &size, &error))
    die (path, error);

  /* First, so that it is known where a run has ended. */
  printf ("# %s\n", path);
  fflush (stdout);
  LLVMFuzzerTestOneInput ((const guint8 *) data, size);
  printf ("ok %u %s\n", ++n_inputs, path);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

static void
run_folder (const char *path)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (path, 0, &error);
  const char *name;

  if (folder == NULL)
    die (path, error);

  while ((name = g_dir_read_name (folder)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare_names);

  for (guint i = 0; i < names->len; i++)
    run_file (names->pdata[i]);
}

int
main (int argc, char *argv[])
{
  for (int i = 1; i < argc; i++)
    if (g_file_test (argv[i], G_FILE_TEST_IS_DIR))
      run_folder (argv[i]);
    else
      run_file (argv[i]);

  if (n_inputs == 0)
    {
      fprintf (stderr, "usage: %s FILE-OR-FOLDER..., in which there are inputs\n", argv[0]);
      return 2;
    }

  printf ("1..%u\n", n_inputs);
  return 0;
}
