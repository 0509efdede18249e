/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE

#include "bench-peer.h"

#if defined BENCH_PEER_FSMM

gboolean
bench_peer_trim (void)
{
  fsmm_pool_trim (bench_peer_pool);

  return TRUE;
}

#elif defined BENCH_PEER_MALLOC

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* A general allocator that is loaded in front of the program is known by its functions. */

static gboolean
trim_mimalloc (void)
{
  void (*collect) (bool is_forced);

  *(gpointer *) &collect = dlsym (RTLD_DEFAULT, "mi_collect");
  if (collect == NULL)
    return FALSE;

  collect (true);

  return TRUE;
}

/* What the thread keeps goes back to its arena first. The number stands for all arenas. */
static gboolean
trim_jemalloc (void)
{
  int (*control) (const char *name, void *old, size_t *old_size, void *new, size_t new_size);

  *(gpointer *) &control = dlsym (RTLD_DEFAULT, "mallctl");
  if (control == NULL)
    return FALSE;

  control ("thread.tcache.flush", NULL, NULL, NULL, 0);

  return control ("arena.4096.purge", NULL, NULL, NULL, 0) == 0;
}

static gboolean
trim_tcmalloc (void)
{
  void (*flush) (void), (*release) (void);

  *(gpointer *) &flush = dlsym (RTLD_DEFAULT, "MallocExtension_MarkThreadIdle");
  *(gpointer *) &release = dlsym (RTLD_DEFAULT, "MallocExtension_ReleaseFreeMemory");
  if (flush == NULL || release == NULL)
    return FALSE;

  flush ();
  release ();

  return TRUE;
}

static gboolean
trim_tbbmalloc (void)
{
  int (*command) (int what, void *parameter);
  const int clean_all_buffers = 0;

  *(gpointer *) &command = dlsym (RTLD_DEFAULT, "scalable_allocation_command");
  if (command == NULL)
    return FALSE;

  command (clean_all_buffers, NULL);

  return TRUE;
}

/* The C library has the function even where the blocks are not its own. */
static gboolean
trim_libc (void)
{
  int (*trim) (size_t pad);
  g_autofree char *malloc_library = bench_peer_library_of ("malloc");
  g_autofree char *trim_library = bench_peer_library_of ("malloc_trim");

  *(gpointer *) &trim = dlsym (RTLD_DEFAULT, "malloc_trim");
  if (trim == NULL || strcmp (malloc_library, trim_library) != 0)
    return FALSE;

  trim (0);

  return TRUE;
}

gboolean
bench_peer_trim (void)
{
  return trim_mimalloc () || trim_jemalloc () || trim_tcmalloc () || trim_tbbmalloc () ||
         trim_libc ();
}

#else

gboolean
bench_peer_trim (void)
{
  return FALSE;
}

#endif
