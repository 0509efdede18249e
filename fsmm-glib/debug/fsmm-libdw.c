/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#ifdef HAVE_LIBDW

#include "debug/fsmm-libdw.h"

#include <dlfcn.h>

/* It is loaded when it is needed: a library for everyday use should not bring it along. */

static gboolean
load_function (const FsmmLibdw *self, gpointer function, const char *name)
{
  *(void **) function = dlsym (self->library, name);

  return *(void **) function != NULL;
}

static gboolean
load_functions (FsmmLibdw *self)
{
  return load_function (self, &self->begin, "dwfl_begin") &&
         load_function (self, &self->end, "dwfl_end") &&
         load_function (self, &self->report, "dwfl_linux_proc_report") &&
         load_function (self, &self->report_end, "dwfl_report_end") &&
         load_function (self, &self->find_elf, "dwfl_linux_proc_find_elf") &&
         load_function (self, &self->find_by_build_id, "dwfl_build_id_find_debuginfo") &&
         load_function (self, &self->find_module, "dwfl_addrmodule") &&
         load_function (self, &self->get_name, "dwfl_module_addrname") &&
         load_function (self, &self->find_unit, "dwfl_module_addrdie") &&
         load_function (self, &self->get_next_unit, "dwfl_module_nextcu") &&
         load_function (self, &self->has_address, "dwarf_haspc") &&
         load_function (self, &self->find_line, "dwarf_getsrc_die") &&
         load_function (self, &self->get_file, "dwarf_linesrc") &&
         load_function (self, &self->get_number, "dwarf_lineno");
}

static void
libdw_free (FsmmLibdw *self)
{
  if (self->library != NULL)
    dlclose (self->library);
  g_free (self);
}

/* NULL where it is not installed. */
static FsmmLibdw *
libdw_load (void)
{
  FsmmLibdw *self = g_new0 (FsmmLibdw, 1);

  self->library = dlopen ("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (self->library == NULL || !load_functions (self))
    g_clear_pointer (&self, libdw_free);

  return self;
}

/* NULL where it is not installed. Several threads may load it at once: none waits for another one,
 * which could in turn wait for what the dynamic linker has locked for this one. */
const FsmmLibdw *
fsmm_libdw_get (void)
{
  static FsmmLibdw *libdw; /* (atomic) */
  FsmmLibdw *present = __atomic_load_n (&libdw, __ATOMIC_ACQUIRE);
  FsmmLibdw *mine;

  if (present != NULL)
    return present;

  mine = libdw_load ();
  if (mine == NULL || __atomic_compare_exchange_n (&libdw, &present, mine, FALSE, __ATOMIC_ACQ_REL,
                                                   __ATOMIC_ACQUIRE))
    return mine;

  libdw_free (mine);
  return present;
}

#endif /* HAVE_LIBDW */
