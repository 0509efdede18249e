/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-symbols.h"

#include "base/fsmm-text.h"

/* The dynamic linker knows the functions that a library exports. All others, files and lines are
 * known to libdw, from debugging information. */

#ifdef HAVE_DLADDR
#include <dlfcn.h>
#endif
#ifdef HAVE_LIBDW
#include "debug/fsmm-libdw.h"

#include <pthread.h>
#include <unistd.h>
#endif
#ifdef HAVE_GETAUXVAL
#include <sys/auxv.h>
#endif

struct _FsmmSymbols {
  gconstpointer inside; /* where this library is loaded; NULL where it is a part of the program */
#ifdef HAVE_LIBDW
  const FsmmLibdw *libdw; /* (nullable) */
  Dwfl_Callbacks callbacks;
  Dwfl *dwfl; /* (nullable) */
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

#ifdef HAVE_LIBDW

/* Twice what libdw puts on the stack when it reads lines. */
#define LIBDW_STACK_SIZE (384 * 1024)

/* Whether libdw can be called here. Nothing is known of a stack that is not the thread's own, as
 * one for signals or a coroutine. Another thread, with a larger stack, could wait for the lock that
 * the dynamic linker holds while this one loads a plugin. */
static gboolean
has_stack_for_libdw (void)
{
  guintptr here = (guintptr) __builtin_frame_address (0);
  pthread_attr_t attributes;
  void *lowest = NULL;
  gsize size = 0;

  if (pthread_getattr_np (pthread_self (), &attributes) != 0)
    return FALSE;

  pthread_attr_getstack (&attributes, &lowest, &size);
  pthread_attr_destroy (&attributes);

  return here - (guintptr) lowest <= size && here - (guintptr) lowest >= LIBDW_STACK_SIZE;
}

/* It keeps the address of the callbacks. */
static void
open_dwfl (FsmmSymbols *self)
{
  const FsmmLibdw *libdw = self->libdw;

  self->callbacks.find_elf = fsmm_libdw_find_elf;
  self->callbacks.find_debuginfo = fsmm_libdw_find_debuginfo;

  self->dwfl = libdw->begin (&self->callbacks);
  if (self->dwfl != NULL && (libdw->report (self->dwfl, getpid ()) != 0 ||
                             libdw->report_end (self->dwfl, NULL, NULL) != 0))
    g_clear_pointer (&self->dwfl, libdw->end);
}

#endif

FsmmSymbols *
fsmm_symbols_open (void)
{
  FsmmSymbols *self = g_new0 (FsmmSymbols, 1);

  self->inside = find_own_base ();
#ifdef HAVE_LIBDW
  self->libdw = has_stack_for_libdw () ? fsmm_libdw_get () : NULL;
  if (self->libdw != NULL)
    open_dwfl (self);
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

/* The unit of the program that the code at this address was compiled in. There is a table that says
 * so, but not from every compiler: clang makes none. */
static Dwarf_Die *
find_unit (const FsmmLibdw *libdw, Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias)
{
  Dwarf_Die *unit = libdw->find_unit (module, address, bias);

  if (unit == NULL)
    do
      unit = libdw->get_next_unit (module, unit, bias);
    while (unit != NULL && libdw->has_address (unit, address - *bias) <= 0);

  return unit;
}

/* The file and line that the code at this address was made from. NULL: unknown. */
static const char *
find_line (const FsmmLibdw *libdw, Dwfl_Module *module, Dwarf_Addr address, int *number)
{
  Dwarf_Addr bias = 0;
  Dwarf_Die *unit = find_unit (libdw, module, address, &bias);
  Dwarf_Line *line = unit != NULL ? libdw->find_line (unit, address - bias) : NULL;

  if (line == NULL || libdw->get_number (line, number) != 0)
    return NULL;

  return libdw->get_file (line, NULL, NULL);
}

/* "main (program.c:12)", or NULL. */
static char *
describe_with_libdw (FsmmSymbols *self, gconstpointer call)
{
  Dwarf_Addr address = (guintptr) call;
  Dwfl_Module *module = self->dwfl != NULL ? self->libdw->find_module (self->dwfl, address) : NULL;
  const char *name = module != NULL ? self->libdw->get_name (module, address) : NULL;
  g_autofree char *base = NULL;
  const char *file;
  int number;

  if (name == NULL)
    return NULL;

  file = find_line (self->libdw, module, address, &number);
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

static char *
describe_place (FsmmSymbols *self, gconstpointer call)
{
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

/* Returns: (transfer full): what people call the place that a call comes from: a function with
 * file and line, or with the file that it was loaded from, and where in that */
char *
fsmm_symbols_describe (FsmmSymbols *self, gconstpointer return_address)
{
  g_autofree char *description = describe_place (self, get_call (return_address));

  return fsmm_text_escape (description);
}
