/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GMutex, with what ThreadSanitizer and Helgrind need to follow it.
 *
 * GLib makes its mutexes from atomic operations and futexes, inside a library that is not built
 * with the sanitizer: these would not see that one thread's unlocking comes before another's
 * locking, and report every access in between as a race. */

#pragma once

#include <glib.h>

#if defined(__SANITIZE_THREAD__)
#define FSMM_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FSMM_THREAD_SANITIZER 1
#endif
#endif

#ifdef FSMM_THREAD_SANITIZER
void __tsan_acquire (void *address);
void __tsan_release (void *address);
#endif

#ifdef HAVE_VALGRIND
#include <valgrind/helgrind.h>
#else
#define ANNOTATE_HAPPENS_BEFORE(address)
#define ANNOTATE_HAPPENS_AFTER(address)
#endif

static inline void
fsmm_lock (GMutex *mutex)
{
  g_mutex_lock (mutex);
#ifdef FSMM_THREAD_SANITIZER
  __tsan_acquire (mutex);
#endif
  ANNOTATE_HAPPENS_AFTER (mutex);
}

static inline void
fsmm_unlock (GMutex *mutex)
{
  ANNOTATE_HAPPENS_BEFORE (mutex);
#ifdef FSMM_THREAD_SANITIZER
  __tsan_release (mutex);
#endif
  g_mutex_unlock (mutex);
}
