/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GMutex, GCond and what g_once is for, with what ThreadSanitizer and Helgrind need to follow it.
 *
 * GLib makes its mutexes from atomic operations and futexes, inside a library that is not built
 * with the sanitizer: these would not see that one thread's unlocking comes before another's
 * locking, and report every access in between as a race. */

#pragma once

#include <errno.h>
#include <glib.h>

#include "base/fsmm-tsan.h"

#ifdef HAVE_VALGRIND
#include <valgrind/helgrind.h>
#else
#define ANNOTATE_HAPPENS_BEFORE(address)
#define ANNOTATE_HAPPENS_AFTER(address)
#define VALGRIND_HG_DISABLE_CHECKING(address, n_bytes)
#endif

/* Tells Helgrind, once, what @mutex protects, and of the @n_constant bytes beside it that are read
 * without it and never written again, when they have been set: others come to know of them by what
 * Helgrind cannot follow, and this costs those nothing. */
static inline void
fsmm_lock_is_set_up (GMutex *mutex, gconstpointer constant, gsize n_constant)
{
  ANNOTATE_HAPPENS_BEFORE (mutex);
  VALGRIND_HG_DISABLE_CHECKING (constant, n_constant);
  VALGRIND_HG_DISABLE_CHECKING (mutex, sizeof *mutex);
}

/* Waiting sets errno, which is not for a free to do. */
static inline void
fsmm_lock_slow (GMutex *mutex)
{
  int kept_errno = errno;

  g_mutex_lock (mutex);
  errno = kept_errno;
}

static inline void
fsmm_lock (GMutex *mutex)
{
  if (!g_mutex_trylock (mutex))
    fsmm_lock_slow (mutex);
  fsmm_tsan_enter (mutex);
  ANNOTATE_HAPPENS_AFTER (mutex);
}

static inline void
fsmm_unlock (GMutex *mutex)
{
  ANNOTATE_HAPPENS_BEFORE (mutex);
  fsmm_tsan_leave (mutex);
  g_mutex_unlock (mutex);
}

/* Returns FALSE if that is the time, as of g_get_monotonic_time (). -1: never. */
static inline gboolean
fsmm_wait_until (GCond *cond, GMutex *mutex, gint64 end)
{
  gboolean is_woken = TRUE;

  ANNOTATE_HAPPENS_BEFORE (mutex);
  fsmm_tsan_leave (mutex);
  if (end < 0)
    g_cond_wait (cond, mutex);
  else
    is_woken = g_cond_wait_until (cond, mutex, end);
  fsmm_tsan_enter (mutex);
  ANNOTATE_HAPPENS_AFTER (mutex);

  return is_woken;
}

static inline void
fsmm_wait (GCond *cond, GMutex *mutex)
{
  fsmm_wait_until (cond, mutex, -1);
}

/* --- fsmm-once.c --- */

#define FSMM_ONCE_DONE 1

gboolean fsmm_once_enter_slow (gsize *done);
void fsmm_once_leave (gsize *done);

void fsmm_once_lock_all (void);
void fsmm_once_unlock_all (void);
void fsmm_once_forget_others (void);

static inline gboolean
fsmm_once_is_done (const gsize *done)
{
  return __atomic_load_n (done, __ATOMIC_ACQUIRE) == FSMM_ONCE_DONE;
}

/* Of a variable that starts as 0: TRUE if the caller is to initialize, and then to leave. */
static inline gboolean
fsmm_once_enter (gsize *done)
{
  return G_UNLIKELY (!fsmm_once_is_done (done)) && fsmm_once_enter_slow (done);
}

/* Tell ThreadSanitizer of @data that GLib hands on to other threads: it is published before that,
 * and received by each thread that gets it. They return @data. */
static inline gpointer
fsmm_publish (gpointer data)
{
#ifdef FSMM_THREAD_SANITIZER
  __tsan_release (data);
#endif

  return data;
}

static inline gpointer
fsmm_receive (gpointer data)
{
#ifdef FSMM_THREAD_SANITIZER
  if (data != NULL)
    __tsan_acquire (data);
#endif

  return data;
}

/* G_DEFINE_QUARK (), without the race that is in it when two threads ask for the first time: both
 * write the same, but not atomically. */
#define FSMM_DEFINE_QUARK(QuarkName, function_name)                                                \
  GQuark function_name##_quark (void)                                                              \
  {                                                                                                \
    static gint quark;                                                                             \
                                                                                                   \
    if (G_UNLIKELY (g_atomic_int_get (&quark) == 0))                                               \
      g_atomic_int_set (&quark, (gint) g_quark_from_static_string (#QuarkName));                   \
                                                                                                   \
    return (GQuark) g_atomic_int_get (&quark);                                                     \
  }
