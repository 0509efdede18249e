/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Reads an XML file into a tree whose nodes live in three typed pools, and compares that with
 * g_new0.
 *
 * What it does with pools is in xml-tree-nodes.c. xml-tree-model.c builds and drops trees, and
 * xml-tree-map.c looks at what is live in a pool. */

#include "xml-tree-map-report.h"
#include "xml-tree-output.h"
#include "xml-tree-reader.h"
#include "xml-tree-report.h"
#include "xml-tree-summary.h"

#include <locale.h>
#include <stdio.h>

#define STATUS_FAILURE 1
#define STATUS_USAGE 2

typedef struct {
  char **paths; /* (owned) (nullable) */
  gboolean counts;
  gint64 max_blocks;
} Options;

/* --- What to do --- */

static GOptionContext *
new_option_context (Options *options)
{
  const GOptionEntry entries[] = {
    { "counts", 'c', 0, G_OPTION_ARG_NONE, &options->counts,
      "Only count elements, attributes, texts, depth", NULL },
    { "max-blocks", 'm', 0, G_OPTION_ARG_INT64, &options->max_blocks,
      "Let no pool have more than N blocks in use", "N" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->paths, NULL, NULL },
    G_OPTION_ENTRY_NULL,
  };
  GOptionContext *context = g_option_context_new ("[FILE]");

  g_option_context_set_summary (
    context,
    "Reads an XML file into a tree whose nodes live in pools. Says what is in it and\n"
    "what the pools hold, compares their time with that of g_new0 and g_free, frees\n"
    "what must not be freed, to show what happens, and draws where the blocks are.\n"
    "Without FILE, it reads the description of GLib that comes with GObject\n"
    "introspection.");
  g_option_context_set_description (
    context,
    "Namespace declarations (xmlns) count as attributes; texts that are white space\n"
    "are left out. FILE must be in UTF-8 and declare no entities of its own.\n"
    "\n"
    "On a terminal there is colour, unless NO_COLOR is set to something.\n"
    "\n"
    "Exit status: 0 if all went well, 1 if not, 2 if the arguments make no sense.");
  g_option_context_add_main_entries (context, entries, NULL);

  return context;
}

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  g_autoptr (GOptionContext) context = new_option_context (options);

  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;

  if (options->max_blocks < 0)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--max-blocks must not be negative");
      return FALSE;
    }

  if (options->paths != NULL && options->paths[1] != NULL)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "more than one file");
      return FALSE;
    }

  return TRUE;
}

/* Returns: (transfer full) (nullable): a file that is there wherever GNOME programs are made */
static char *
find_default_file (void)
{
  const char *const *system_dirs = g_get_system_data_dirs ();
  const char *const other_dirs[] = { "/usr/local/share", "/usr/share", GLIB_LIBDIR, NULL };
  const char *const *lists[] = { system_dirs, other_dirs };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (const char *const *dir = lists[i]; *dir != NULL; dir++)
      {
        g_autofree char *path = g_build_filename (*dir, "gir-1.0", "GLib-2.0.gir", NULL);

        if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
          return g_steal_pointer (&path);
      }

  return NULL;
}

/* --- Doing it --- */

static gboolean
print_counts (XmlPools *pools, const char *path, GError **error)
{
  g_auto (XmlProgress) progress = xml_progress_new ();
  g_autoptr (XmlTree) tree = xml_tree_read (pools, path, &progress, error);

  if (tree == NULL)
    return FALSE;

  xml_progress_clear (&progress);
  xml_report_counts (tree);

  return TRUE;
}

/* Reads the document and measures that, which takes time: there is progress to be seen. */
static XmlTree *
read_and_measure (XmlPools *pools, const char *path, XmlTimes *times, GError **error)
{
  g_auto (XmlProgress) progress = xml_progress_new ();
  g_autoptr (XmlTree) tree = xml_tree_read (pools, path, &progress, error);

  if (tree == NULL || !xml_measure (path, &tree, times, &progress, error))
    return NULL;

  return g_steal_pointer (&tree);
}

/* Drops the tree, in two steps. Returns FALSE if there is something left in the pools. */
static gboolean
draw_map (XmlTree *tree)
{
  g_auto (XmlMap) map = xml_map_new (tree->pools, xml_map_get_report_columns ());
  g_autofree char *name = xml_tree_find_part (tree);

  xml_map_add (&map, "built");
  if (name != NULL)
    {
      xml_tree_drop_named (tree, name);
      xml_map_add (&map, "part dropped");
    }
  xml_tree_drop_all (tree);
  /* Pools that are emptied often keep some memory to be filled again. */
  fsmm_trim_all ();
  xml_map_add (&map, "free_all ()");

  xml_report_map (&map, name);

  return xml_pools_count_live (tree->pools) == 0;
}

static gboolean
demonstrate (XmlPools *pools, const char *path, GError **error)
{
  g_auto (XmlMistakes) mistakes = { 0 };
  XmlTimes times;
  g_autoptr (XmlTree) tree = read_and_measure (pools, path, &times, error);
  gboolean all_well;

  if (tree == NULL)
    return FALSE;

  xml_report_summary (path, tree);
  xml_report_pools (pools);
  all_well = xml_report_times (&times);

  if (!xml_mistakes_make (&mistakes, tree, error))
    return FALSE;
  all_well &= xml_report_mistakes (&mistakes);
  all_well &= draw_map (tree);

  if (all_well)
    return TRUE;

  g_set_error_literal (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER,
                       "the pools did not keep a promise: see above");
  return FALSE;
}

static gboolean
run (const Options *options, GError **error)
{
  g_autofree char *path = NULL;
  g_autoptr (XmlPools) pools = xml_pools_new ((gsize) options->max_blocks, error);

  if (pools == NULL)
    return FALSE;

  path = options->paths != NULL ? g_strdup (options->paths[0]) : find_default_file ();
  if (path == NULL)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                   "found no gir-1.0/GLib-2.0.gir: install libgirepository1.0-dev (Debian, "
                   "Ubuntu), gobject-introspection-devel (Fedora) or gobject-introspection (Arch), "
                   "or name an XML file");
      return FALSE;
    }

  return options->counts ? print_counts (pools, path, error) : demonstrate (pools, path, error);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  Options options = { 0 };
  int status = 0;

  setlocale (LC_ALL, "");

  if (!parse_options (&options, &argc, &argv, &error))
    {
      xml_complain ("%s; see xml-tree --help", error->message);
      status = STATUS_USAGE;
    }
  else if (!run (&options, &error))
    {
      xml_complain ("%s", error->message);
      status = STATUS_FAILURE;
    }
  else if (ferror (stdout))
    {
      xml_complain ("cannot write to the standard output");
      status = STATUS_FAILURE;
    }

  g_strfreev (options.paths);

  return status;
}
