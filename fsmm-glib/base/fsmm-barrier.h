/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A memory barrier whose cost falls on the side that needs it rarely.
 *
 * Each side raises a flag of its own and then looks at that of the other. That at least one of them
 * sees the other's flag takes a barrier between the two steps on both sides. Where the kernel can
 * make all threads of the process pass through a barrier (membarrier (2)), the side that runs a
 * hundred million times a second does without. */

#pragma once

#include <glib.h>

#include "base/fsmm-lock.h"

G_BEGIN_DECLS

/* Decided here and not by config.h, so that every file that includes this agrees.
 *
 * ThreadSanitizer does not know of membarrier (), but of an order that all threads agree on. */
#if defined(__linux__) && defined(__has_include) && !defined(FSMM_PORTABLE_BARRIER) &&              \
    !defined(FSMM_THREAD_SANITIZER)
#if __has_include(<linux/membarrier.h>)
#define FSMM_BARRIER_IS_ASYMMETRIC 1
#endif
#endif

/* Whether the kernel refuses its help, so that both sides need a barrier of their own. */
extern gboolean fsmm_barrier_is_symmetric;

void fsmm_barrier_init (void);
void fsmm_barrier_init_in_child (void);

/* The rare side, between raising its flag and looking at others'. */
void fsmm_barrier_heavy (void);

/* The frequent side raises its flag, and then looks at what the other has done. Where the barrier is
 * symmetric, what it sees is worth nothing before fsmm_barrier_light_fence (). */
static inline void
fsmm_barrier_raise (gint *flag)
{
#ifdef FSMM_BARRIER_IS_ASYMMETRIC
  __atomic_store_n (flag, TRUE, __ATOMIC_RELAXED);
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
#else
  __atomic_store_n (flag, TRUE, __ATOMIC_SEQ_CST);
#endif
}

/* Whether it is @expected; then whatever is looked at afterwards is no older. A processor that does
 * not look at things in another order needs no instruction for that, and compares it where it is. */
static inline gboolean
fsmm_barrier_sees (gconstpointer const *other, gconstpointer expected)
{
#if defined(FSMM_BARRIER_IS_ASYMMETRIC) && (defined(__x86_64__) || defined(__i386__))
  if (*other != expected)
    return FALSE;
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
  return TRUE;
#elif defined(FSMM_BARRIER_IS_ASYMMETRIC)
  return __atomic_load_n (other, __ATOMIC_ACQUIRE) == expected;
#else
  return __atomic_load_n (other, __ATOMIC_SEQ_CST) == expected;
#endif
}

/* For a thread that cannot rely on the kernel's help, or does not know. */
static inline void
fsmm_barrier_light_fence (void)
{
#ifdef FSMM_BARRIER_IS_ASYMMETRIC
  if (G_UNLIKELY (fsmm_barrier_is_symmetric))
    __atomic_thread_fence (__ATOMIC_SEQ_CST);
#endif
}

G_END_DECLS
