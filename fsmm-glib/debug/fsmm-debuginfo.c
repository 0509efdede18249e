/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#ifdef HAVE_LIBDW

#include "debug/fsmm-libdw.h"

#include <fcntl.h>
#include <string.h>

/* Where the debugging information of a program is that has none in its own file: in another one of
 * this machine. What libdw does by itself asks servers as well, those that DEBUGINFOD_URLS names. A
 * report does not tell other machines which programs run here, or wait for a network. */

/* What objcopy --add-gnu-debuglink notes of a file: the cyclic redundancy check of IEEE 802.3. */
static guint32
get_checksum (const guint8 *bytes, gsize n_bytes)
{
  guint32 table[256];
  guint32 sum = G_MAXUINT32;

  for (guint32 i = 0; i < G_N_ELEMENTS (table); i++)
    {
      table[i] = i;
      for (guint bit = 0; bit < 8; bit++)
        table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
    }

  for (gsize i = 0; i < n_bytes; i++)
    sum = sum >> 8 ^ table[(sum ^ bytes[i]) & 0xff];

  return ~sum;
}

/* Returns a file descriptor, or -1 if that is not the file. */
static int
open_if_same (const char *path, guint32 checksum)
{
  g_autoptr (GMappedFile) file = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return -1;

  file = g_mapped_file_new (path, FALSE, NULL);
  if (file == NULL || get_checksum ((const guint8 *) g_mapped_file_get_contents (file),
                                    g_mapped_file_get_length (file)) != checksum)
    return -1;

  return open (path, O_RDONLY | O_CLOEXEC);
}

/* In the places that gdb looks in, too. */
static int
find_by_link (const char *file, const char *link, guint32 checksum, char **found)
{
  g_autofree char *folder = g_path_get_dirname (file);
  char *const paths[] = {
    g_build_filename (folder, link, NULL),
    g_build_filename (folder, ".debug", link, NULL),
    g_build_filename ("/usr/lib/debug", folder, link, NULL),
  };
  int descriptor = -1;

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      if (descriptor < 0)
        {
          descriptor = open_if_same (paths[i], checksum);
          /* For free (). */
          *found = descriptor >= 0 ? strdup (paths[i]) : NULL;
        }
      g_free (paths[i]);
    }

  return descriptor;
}

/* Returns a file descriptor, and the name of the file in @found; or -1. */
int
fsmm_libdw_find_debuginfo (Dwfl_Module *module,
                           void **module_data,
                           const char *module_name,
                           Dwarf_Addr base,
                           const char *file,
                           const char *link,
                           GElf_Word checksum,
                           char **found)
{
  int descriptor = fsmm_libdw_get ()->find_by_build_id (module, module_data, module_name, base,
                                                        file, link, checksum, found);

  if (descriptor >= 0 || file == NULL || link == NULL)
    return descriptor;

  return find_by_link (file, link, checksum, found);
}

#endif /* HAVE_LIBDW */
