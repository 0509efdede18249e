/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What ThreadSanitizer is told.
 *
 * A library that is built with it says which lock it takes, since it cannot see into GLib's.
 *
 * A program may be built with it that uses an ordinary build of the library. Then it sees
 * only what the library asks the C library for, as to fill memory, and is asked to overlook what is
 * done with a lock held. To tell it of the locks would do as well, but hide races of the program's
 * own: that one thread frees a block and another takes a different one puts nothing they do in
 * order. What does is that a block goes from one to the other, which it is told. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

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

/* Whether it watches the program, but not this library. */
static inline gboolean
fsmm_tsan_watches_program (void)
{
  return FALSE;
}

static inline void
fsmm_tsan_enter (GMutex *mutex)
{
  __tsan_acquire (mutex);
}

static inline void
fsmm_tsan_leave (GMutex *mutex)
{
  __tsan_release (mutex);
}

#else

/* Not NULL if the program is built with ThreadSanitizer. */
void __tsan_acquire (void *address) __attribute__ ((weak));
void __tsan_release (void *address) __attribute__ ((weak));
void AnnotateIgnoreReadsBegin (const char *file, int line) __attribute__ ((weak));
void AnnotateIgnoreReadsEnd (const char *file, int line) __attribute__ ((weak));
void AnnotateIgnoreWritesBegin (const char *file, int line) __attribute__ ((weak));
void AnnotateIgnoreWritesEnd (const char *file, int line) __attribute__ ((weak));

static inline gboolean
fsmm_tsan_watches_program (void)
{
  return G_UNLIKELY (__tsan_acquire != NULL);
}

static inline void
fsmm_tsan_enter (GMutex *mutex)
{
  if (fsmm_tsan_watches_program ())
    {
      AnnotateIgnoreReadsBegin (__FILE__, __LINE__);
      AnnotateIgnoreWritesBegin (__FILE__, __LINE__);
    }
}

static inline void
fsmm_tsan_leave (GMutex *mutex)
{
  if (fsmm_tsan_watches_program ())
    {
      AnnotateIgnoreWritesEnd (__FILE__, __LINE__);
      AnnotateIgnoreReadsEnd (__FILE__, __LINE__);
    }
}

#endif

G_END_DECLS
