/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The only place that asks the operating system, or the C library, for memory. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Every mapping starts at a multiple of this many bytes, and is as long as a multiple of it: as
 * large as any page of the systems in use, and the granularity of Windows. */
#define FSMM_SYSTEM_GRANULE_SHIFT 16
#define FSMM_SYSTEM_GRANULE ((gsize) 1 << FSMM_SYSTEM_GRANULE_SHIFT)

gpointer fsmm_system_map (gsize size, gsize alignment);
void fsmm_system_unmap (gpointer base, gsize size);
void fsmm_system_set_scanned (gpointer base, gsize size, gboolean is_scanned);

/* Pages are what the system gives and takes. */
gsize fsmm_system_get_page_size (void);
gboolean fsmm_system_discard (gpointer base, gsize size);
void fsmm_system_populate (gpointer base, gsize size);
gsize fsmm_system_count_resident (gpointer base, gsize size);

/* As large as a huge page where there are any. */
#define FSMM_SYSTEM_HUGE_PAGE ((gsize) 2 * 1024 * 1024)

gboolean fsmm_system_may_use_huge_pages (void);
void fsmm_system_advise_huge_pages (gpointer base, gsize size, gboolean are_wanted);

gpointer fsmm_system_try_new0 (gsize size);

/* What threads write to at the same time should not lie in one line of the processors' caches. */
#define FSMM_SYSTEM_CACHE_LINE ((gsize) 64)

gpointer fsmm_system_try_new0_cache_aligned (gsize size);
gpointer fsmm_system_get_unaligned (gpointer memory);
void fsmm_system_free_cache_aligned (gpointer memory);

/* For debugging: from malloc (), but at a multiple of a power of two. */
gpointer fsmm_system_try_new_aligned (gsize size, gsize alignment);
void fsmm_system_free_aligned (gpointer memory);

/* For tests: makes the @nth request from now on fail (1: the next), and none after it. */
void fsmm_system_fail_nth (guint nth);
/* For tests: lets all requests succeed again. Returns TRUE if one has been made to fail since. */
gboolean fsmm_system_fail_none (void);

G_END_DECLS
