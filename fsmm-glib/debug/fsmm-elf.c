/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#ifdef HAVE_LIBDW

#include "debug/fsmm-libdw.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* The files of the program and its libraries. Since they were loaded, others may have got their
 * names, as by an upgrade, or in a new root folder. The names and lines of these would be wrong. */

/* The kernel opens this even if the program's file has no name any more. */
#define RUNNING_PROGRAM "/proc/self/exe"

typedef struct {
  guintptr address; /* where it is loaded */
  GMappedFile *file;
  gboolean is_same;
} Comparison;

/* Whether memory to be read has these bytes, as one segment of the file. */
static gboolean
is_loaded (const struct dl_phdr_info *info, ElfW (Addr) start, gsize size, ElfW (Word) flags)
{
  gsize page_mask = (gsize) sysconf (_SC_PAGESIZE) - 1;

  for (guint i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *segment = &info->dlpi_phdr[i];
      ElfW (Addr) from = segment->p_vaddr & ~page_mask;

      if (segment->p_type == PT_LOAD && (segment->p_flags & flags) == flags && start >= from &&
          start - from < segment->p_vaddr - from + segment->p_filesz &&
          size <= segment->p_vaddr + segment->p_filesz - start)
        return TRUE;
    }

  return FALSE;
}

static gboolean
has_bytes (GMappedFile *file, gsize offset, gconstpointer bytes, gsize size)
{
  gsize length = g_mapped_file_get_length (file);

  return offset <= length && size <= length - offset &&
         memcmp (g_mapped_file_get_contents (file) + offset, bytes, size) == 0;
}

/* Where its segments are, and its notes: the linker puts a number into these that no other file
 * has, the build ID. */
static gboolean
is_same_file (const struct dl_phdr_info *info, GMappedFile *file)
{
  const ElfW (Ehdr) *header = (gconstpointer) g_mapped_file_get_contents (file);

  if (g_mapped_file_get_length (file) < sizeof *header || header->e_phnum != info->dlpi_phnum ||
      header->e_phentsize != sizeof (ElfW (Phdr)) ||
      !has_bytes (file, header->e_phoff, info->dlpi_phdr, info->dlpi_phnum * sizeof (ElfW (Phdr))))
    return FALSE;

  for (guint i = 0; i < info->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *notes = &info->dlpi_phdr[i];

      if (notes->p_type == PT_NOTE && is_loaded (info, notes->p_vaddr, notes->p_filesz, PF_R) &&
          !has_bytes (file, notes->p_offset, (gconstpointer) (info->dlpi_addr + notes->p_vaddr),
                      notes->p_filesz))
        return FALSE;
    }

  return TRUE;
}

/* It is not unloaded meanwhile. */
static int
compare (struct dl_phdr_info *info, size_t size, void *user_data)
{
  Comparison *self = user_data;

  if (!is_loaded (info, self->address - info->dlpi_addr, 1, 0))
    return 0;

  self->is_same = is_same_file (info, self->file);
  return 1;
}

/* Returns a file descriptor, or -1 if what is loaded at that address is not from this file. */
static int
open_if_loaded (const char *path, guintptr address)
{
  Comparison comparison = { address, NULL, FALSE };
  int descriptor;

  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return -1;

  descriptor = open (path, O_RDONLY | O_CLOEXEC);
  comparison.file = descriptor >= 0 ? g_mapped_file_new_from_fd (descriptor, FALSE, NULL) : NULL;
  if (comparison.file != NULL)
    {
      dl_iterate_phdr (compare, &comparison);
      g_mapped_file_unref (comparison.file);
    }
  if (comparison.is_same)
    return descriptor;

  if (descriptor >= 0)
    close (descriptor);
  return -1;
}

/* Returns a file descriptor, and the name of the file in @found; or -1. */
int
fsmm_libdw_find_elf (Dwfl_Module *module,
                     void **module_data,
                     const char *module_name,
                     Dwarf_Addr base,
                     char **found,
                     Elf **elf)
{
  int descriptor;

  /* What the kernel brings along has no file. */
  if (*module_name != '/')
    return fsmm_libdw_get ()->find_elf (module, module_data, module_name, base, found, elf);

  descriptor = open_if_loaded (module_name, (guintptr) base);
  if (descriptor < 0)
    descriptor = open_if_loaded (RUNNING_PROGRAM, (guintptr) base);
  /* For free (). */
  *found = descriptor >= 0 ? strdup (module_name) : NULL;

  return descriptor;
}

#endif /* HAVE_LIBDW */
