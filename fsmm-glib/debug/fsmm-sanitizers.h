/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What AddressSanitizer, ThreadSanitizer and Valgrind are told about blocks, so that they find in a
 * pool what they would find in the heap. Each may watch any program that uses the library: nothing
 * has to be built for that. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean fsmm_sanitizers_are_there (void);

/* A store and its blocks. Only what was taken may be touched. */
void fsmm_sanitizers_add_store (gconstpointer store);
void fsmm_sanitizers_remove_store (gconstpointer store);
void fsmm_sanitizers_forbid (gconstpointer memory, gsize n_bytes);
void fsmm_sanitizers_note_allocated (gconstpointer store, gconstpointer block, gsize n_bytes);
void fsmm_sanitizers_note_freed (gconstpointer store, gconstpointer block, gsize n_bytes);

/* For our own looking: all bytes may be read and written, until they are forbidden again. */
void fsmm_sanitizers_allow (gconstpointer memory, gsize n_bytes);

G_END_DECLS
