/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What AddressSanitizer, ThreadSanitizer and Valgrind are told about blocks, so that they find in a
 * pool what they would find in the heap. Each may watch any program that uses the library: nothing
 * has to be built for that. */

#pragma once

#include <glib.h>

#ifdef HAVE_VALGRIND
#include <valgrind/memcheck.h>
#endif

G_BEGIN_DECLS

gboolean fsmm_sanitizers_are_there (void);

/* A store and its blocks. Only what was taken may be touched. */
void fsmm_sanitizers_add_store (gconstpointer store);
void fsmm_sanitizers_remove_store (gconstpointer store);
void fsmm_sanitizers_forbid (gconstpointer memory, gsize n_bytes);
void fsmm_sanitizers_note_allocated (gconstpointer block, gsize n_bytes);
void fsmm_sanitizers_note_freed (gconstpointer block, gsize n_bytes);

/* Whether there is Memcheck, which remembers of each block what led to where it was told that the
 * block was taken, and freed. These are macros, since it shows every function in between, also one
 * that is inlined. What of a block is defined stays so; one that is freed may not be touched. */
#ifdef HAVE_VALGRIND
G_GNUC_INTERNAL extern gboolean fsmm_sanitizers_remember;

gpointer fsmm_sanitizers_get_defined (gconstpointer memory, gsize n_bytes);
void fsmm_sanitizers_set_defined (gconstpointer memory, gsize n_bytes, gpointer bits);

#define FSMM_SANITIZERS_REMEMBER_TAKEN(store, block, n_bytes)                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gpointer bits_ = fsmm_sanitizers_get_defined (block, n_bytes);                                 \
                                                                                                   \
    VALGRIND_MEMPOOL_ALLOC (store, block, n_bytes);                                                \
    fsmm_sanitizers_set_defined (block, n_bytes, bits_);                                           \
  }                                                                                                \
  G_STMT_END
#define FSMM_SANITIZERS_REMEMBER_FREED(store, block) VALGRIND_MEMPOOL_FREE (store, block)
#else
#define fsmm_sanitizers_remember FALSE
#define FSMM_SANITIZERS_REMEMBER_TAKEN(store, block, n_bytes) ((void) 0)
#define FSMM_SANITIZERS_REMEMBER_FREED(store, block) ((void) 0)
#endif

/* For our own looking: all bytes may be read and written, until they are forbidden again. */
void fsmm_sanitizers_allow (gconstpointer memory, gsize n_bytes);

G_END_DECLS
