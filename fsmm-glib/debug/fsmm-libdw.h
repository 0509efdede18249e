/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The functions of libdw, where that is installed. */

#pragma once

#include <elfutils/libdwfl.h>
#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  void *library;
  __typeof__ (dwfl_begin) *begin;
  __typeof__ (dwfl_end) *end;
  __typeof__ (dwfl_linux_proc_report) *report;
  __typeof__ (dwfl_report_end) *report_end;
  __typeof__ (dwfl_linux_proc_find_elf) *find_elf;
  __typeof__ (dwfl_build_id_find_debuginfo) *find_by_build_id;
  __typeof__ (dwfl_addrmodule) *find_module;
  __typeof__ (dwfl_module_addrname) *get_name;
  __typeof__ (dwfl_module_addrdie) *find_unit;
  __typeof__ (dwfl_module_nextcu) *get_next_unit;
  __typeof__ (dwarf_haspc) *has_address;
  __typeof__ (dwarf_getsrc_die) *find_line;
  __typeof__ (dwarf_linesrc) *get_file;
  __typeof__ (dwarf_lineno) *get_number;
} FsmmLibdw;

const FsmmLibdw *fsmm_libdw_get (void);

/* For Dwfl_Callbacks. */
int fsmm_libdw_find_elf (Dwfl_Module *module,
                         void **module_data,
                         const char *module_name,
                         Dwarf_Addr base,
                         char **found,
                         Elf **elf);
int fsmm_libdw_find_debuginfo (Dwfl_Module *module,
                               void **module_data,
                               const char *module_name,
                               Dwarf_Addr base,
                               const char *file,
                               const char *link,
                               GElf_Word checksum,
                               char **found);

G_END_DECLS
