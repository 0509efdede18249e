/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For dladdr (). */
#define _GNU_SOURCE

#include "config.h"

#include "fsmm-symbols-private.h"

#include "fsmm-lock-private.h"

/* The dynamic linker knows the functions that a library exports. All others, files and lines are
 * known to libdw, from debugging information. It is loaded when it is needed: a library for
 * everyday use should not bring it along. */

#ifdef HAVE_DLADDR
#include <dlfcn.h>
#endif
#ifdef HAVE_LIBDW
#include <elfutils/libdwfl.h>
#include <unistd.h>
#endif
#ifdef HAVE_GETAUXVAL
#include <sys/auxv.h>
#endif

#ifdef HAVE_LIBDW

typedef struct {
  void *library;
  __typeof__ (dwfl_begin) *begin;
  __typeof__ (dwfl_end) *end;
  __typeof__ (dwfl_linux_proc_report) *report;
  __typeof__ (dwfl_report_end) *report_end;
  __typeof__ (dwfl_linux_proc_find_elf) *find_elf;
  __typeof__ (dwfl_standard_find_debuginfo) *find_debuginfo;
  __typeof__ (dwfl_addrmodule) *find_module;
  __typeof__ (dwfl_module_addrname) *get_name;
  __typeof__ (dwfl_module_getsrc) *get_line;
  __typeof__ (dwfl_lineinfo) *get_line_info;
} Libdw;

static gboolean
load_function (const Libdw *libdw, gpointer function, const char *name)
{
  *(void **) function = dlsym (libdw->library, name);

  return *(void **) function != NULL;
}

static gboolean
load_functions (Libdw *libdw)
{
  return load_function (libdw, &libdw->begin, "dwfl_begin") &&
         load_function (libdw, &libdw->end, "dwfl_end") &&
         load_function (libdw, &libdw->report, "dwfl_linux_proc_report") &&
         load_function (libdw, &libdw->report_end, "dwfl_report_end") &&
         load_function (libdw, &libdw->find_elf, "dwfl_linux_proc_find_elf") &&
         load_function (libdw, &libdw->find_debuginfo, "dwfl_standard_find_debuginfo") &&
         load_function (libdw, &libdw->find_module, "dwfl_addrmodule") &&
         load_function (libdw, &libdw->get_name, "dwfl_module_addrname") &&
         load_function (libdw, &libdw->get_line, "dwfl_module_getsrc") &&
         load_function (libdw, &libdw->get_line_info, "dwfl_lineinfo");
}

/* NULL where it is not installed. */
static const Libdw *
get_libdw (void)
{
  static Libdw libdw;
  static gboolean loaded;
  static gsize initialized;

  if (fsmm_once_enter (&initialized))
    {
      libdw.library = dlopen ("libdw.so.1", RTLD_LAZY | RTLD_LOCAL);
      loaded = libdw.library != NULL && load_functions (&libdw);
      fsmm_once_leave (&initialized);
    }

  return loaded ? &libdw : NULL;
}

static Dwfl *
open_dwfl (const Libdw *libdw)
{
  static const Dwfl_Callbacks no_callbacks;
  static Dwfl_Callbacks callbacks;
  Dwfl *dwfl;

  callbacks = no_callbacks;
  callbacks.find_elf = libdw->find_elf;
  callbacks.find_debuginfo = libdw->find_debuginfo;

  dwfl = libdw->begin (&callbacks);
  if (dwfl != NULL &&
      (libdw->report (dwfl, getpid ()) != 0 || libdw->report_end (dwfl, NULL, NULL) != 0))
    g_clear_pointer (&dwfl, libdw->end);

  return dwfl;
}

#endif /* HAVE_LIBDW */

struct _FsmmSymbols {
  gconstpointer inside; /* where this library is loaded; NULL where it is a part of the program */
#ifdef HAVE_LIBDW
  const Libdw *libdw; /* (nullable) */
  Dwfl *dwfl;         /* (nullable) */
#endif
};

#ifdef HAVE_DLADDR

/* Where the library or program is loaded that has the code at this address. NULL: unknown. */
static gconstpointer
find_base (gconstpointer address)
{
  Dl_info info;

  return dladdr (address, &info) != 0 ? info.dli_fbase : NULL;
}

#endif

static gconstpointer
find_own_base (void)
{
  gconstpointer own = NULL;

#if defined(HAVE_DLADDR) && defined(HAVE_GETAUXVAL)
  own = find_base ((gconstpointer) find_own_base);
  if (own == find_base ((gconstpointer) getauxval (AT_ENTRY)))
    own = NULL;
#endif

  return own;
}

FsmmSymbols *
fsmm_symbols_open (void)
{
  FsmmSymbols *self = g_new0 (FsmmSymbols, 1);

  self->inside = find_own_base ();
#ifdef HAVE_LIBDW
  self->libdw = get_libdw ();
  if (self->libdw != NULL)
    self->dwfl = open_dwfl (self->libdw);
#endif

  return self;
}

void
fsmm_symbols_close (FsmmSymbols *self)
{
#ifdef HAVE_LIBDW
  if (self->dwfl != NULL)
    self->libdw->end (self->dwfl);
#endif
  g_free (self);
}

/* A call returns to the instruction behind it, which can belong to the next function. */
static gconstpointer
get_call (gconstpointer return_address)
{
  return (const guint8 *) return_address - 1;
}

/* Whether this library calls from there. */
gboolean
fsmm_symbols_is_inside (FsmmSymbols *self, gconstpointer return_address)
{
#ifdef HAVE_DLADDR
  return self->inside != NULL && find_base (get_call (return_address)) == self->inside;
#else
  return FALSE;
#endif
}

#ifdef HAVE_LIBDW

/* "main (program.c:12)", or NULL. */
static char *
describe_with_libdw (FsmmSymbols *self, gconstpointer call)
{
  Dwarf_Addr address = (guintptr) call;
  Dwfl_Module *module = self->dwfl != NULL ? self->libdw->find_module (self->dwfl, address) : NULL;
  const char *name = module != NULL ? self->libdw->get_name (module, address) : NULL;
  g_autofree char *base = NULL;
  Dwfl_Line *line;
  const char *file;
  int number;

  if (name == NULL)
    return NULL;

  line = self->libdw->get_line (module, address);
  file = line != NULL ? self->libdw->get_line_info (line, NULL, &number, NULL, NULL, NULL) : NULL;
  if (file == NULL)
    return NULL;

  base = g_path_get_basename (file);
  return g_strdup_printf ("%s (%s:%d)", name, base, number);
}

/* The name of a function that is not exported, from a program without lines. */
static const char *
find_hidden_name (FsmmSymbols *self, gconstpointer call)
{
  Dwarf_Addr address = (guintptr) call;
  Dwfl_Module *module = self->dwfl != NULL ? self->libdw->find_module (self->dwfl, address) : NULL;

  return module != NULL ? self->libdw->get_name (module, address) : NULL;
}

#else

static char *
describe_with_libdw (FsmmSymbols *self, gconstpointer call)
{
  return NULL;
}

static const char *
find_hidden_name (FsmmSymbols *self, gconstpointer call)
{
  return NULL;
}

#endif

/* Returns: (transfer full): what people call the place that a call comes from: a function with
 * file and line, or with the file that it was loaded from, and where in that */
char *
fsmm_symbols_describe (FsmmSymbols *self, gconstpointer return_address)
{
  gconstpointer call = get_call (return_address);
  char *description = describe_with_libdw (self, call);

#ifdef HAVE_DLADDR
  Dl_info info;

  if (description == NULL && dladdr (call, &info) != 0)
    {
      const char *name = info.dli_sname != NULL ? info.dli_sname : find_hidden_name (self, call);
      g_autofree char *file = g_path_get_basename (info.dli_fname);

      description = g_strdup_printf ("%s (%s+0x%" G_GINTPTR_MODIFIER "x)",
                                     name != NULL ? name : "?", file,
                                     (guintptr) call - (guintptr) info.dli_fbase);
    }
#endif

  return description != NULL ? description : g_strdup_printf ("%p", call);
}
