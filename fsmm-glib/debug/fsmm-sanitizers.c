/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "debug/fsmm-sanitizers.h"

#include "base/fsmm-system.h"
#include "base/fsmm-tsan.h"

#ifdef HAVE_VALGRIND
#include <valgrind/drd.h>
#include <valgrind/helgrind.h>
#endif

/* Not NULL if the program is built with the sanitizer, even if this library is not. */
void __asan_poison_memory_region (const volatile void *address, size_t size)
  __attribute__ ((weak));
void __asan_unpoison_memory_region (const volatile void *address, size_t size)
  __attribute__ ((weak));

static inline gboolean
is_in_asan (void)
{
  return __asan_poison_memory_region != NULL;
}

#ifdef HAVE_VALGRIND
gboolean fsmm_sanitizers_remember;

static gboolean
is_in_memcheck (void)
{
  guint8 byte = 0, bits = 0;

  return VALGRIND_GET_VBITS (&byte, &bits, 1) != 0;
}
#endif

/* Whether Valgrind looks for mistakes: with the tools that do, each of which answers a question of
 * its own. The others measure what the program does, and are to see what it does without them. */
static gboolean
is_in_valgrind (void)
{
#ifdef HAVE_VALGRIND
  guint8 byte = 0, bits = 0;

  return is_in_memcheck () || VALGRIND_HG_GET_ABITS (&byte, &bits, 1) == 1 ||
         DRD_GET_DRD_THREADID != 0;
#else
  return FALSE;
#endif
}

#ifdef HAVE_VALGRIND

/* Returns: (transfer full) (nullable): which bits are not defined; NULL if there is no memory */
gpointer
fsmm_sanitizers_get_defined (gconstpointer memory, gsize n_bytes)
{
  gpointer bits = fsmm_system_try_new0 (n_bytes);

  if (bits != NULL)
    VALGRIND_GET_VBITS (memory, bits, n_bytes);

  return bits;
}

/* @bits: (transfer full) (nullable): all are defined if it is NULL */
void
fsmm_sanitizers_set_defined (gconstpointer memory, gsize n_bytes, gpointer bits)
{
  if (bits != NULL)
    VALGRIND_SET_VBITS (memory, bits, n_bytes);
  else
    VALGRIND_MAKE_MEM_DEFINED (memory, n_bytes);
  g_free (bits);
}

#endif

gboolean
fsmm_sanitizers_are_there (void)
{
  return is_in_asan () || fsmm_tsan_watches_program () || is_in_valgrind ();
}

void
fsmm_sanitizers_add_store (gconstpointer store)
{
#ifdef HAVE_VALGRIND
  VALGRIND_CREATE_MEMPOOL (store, 0, 0);
  fsmm_sanitizers_remember = is_in_memcheck ();
#endif
}

void
fsmm_sanitizers_remove_store (gconstpointer store)
{
#ifdef HAVE_VALGRIND
  VALGRIND_DESTROY_MEMPOOL (store);
#endif
}

void
fsmm_sanitizers_forbid (gconstpointer memory, gsize n_bytes)
{
  if (is_in_asan ())
    __asan_poison_memory_region (memory, n_bytes);
#ifdef HAVE_VALGRIND
  VALGRIND_MAKE_MEM_NOACCESS (memory, n_bytes);
#endif
}

void
fsmm_sanitizers_allow (gconstpointer memory, gsize n_bytes)
{
  if (is_in_asan ())
    __asan_unpoison_memory_region (memory, n_bytes);
#ifdef HAVE_VALGRIND
  VALGRIND_MAKE_MEM_DEFINED (memory, n_bytes);
#endif
}

/* Valgrind takes the content for undefined. To ThreadSanitizer, what was done with the block before
 * it was given back is done. */
void
fsmm_sanitizers_note_allocated (gconstpointer block, gsize n_bytes)
{
  if (fsmm_tsan_watches_program ())
    __tsan_acquire ((gpointer) block);
  if (is_in_asan ())
    __asan_unpoison_memory_region (block, n_bytes);
#ifdef HAVE_VALGRIND
  VALGRIND_MAKE_MEM_UNDEFINED (block, n_bytes);
#endif
}

void
fsmm_sanitizers_note_freed (gconstpointer block, gsize n_bytes)
{
  if (fsmm_tsan_watches_program ())
    __tsan_release ((gpointer) block);
  fsmm_sanitizers_forbid (block, n_bytes);
}
