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
#if defined(__linux__) && defined(__has_include) && !defined(FSMM_THREAD_SANITIZER)
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

/* The frequent side raises its flag, and returns that of the other. Where the barrier is
 * symmetric, what it sees is worth nothing before fsmm_barrier_light_again (). */
static inline gint
fsmm_barrier_light (gint *mine, const gint *other)
{
#ifdef FSMM_BARRIER_IS_ASYMMETRIC
  __atomic_store_n (mine, 1, __ATOMIC_RELAXED);
  __atomic_signal_fence (__ATOMIC_SEQ_CST);

  return __atomic_load_n (other, __ATOMIC_ACQUIRE);
#else
  __atomic_store_n (mine, 1, __ATOMIC_SEQ_CST);

  return __atomic_load_n (other, __ATOMIC_SEQ_CST);
#endif
}

static inline gint
fsmm_barrier_light_again (const gint *other)
{
#ifdef FSMM_BARRIER_IS_ASYMMETRIC
  __atomic_thread_fence (__ATOMIC_SEQ_CST);
#endif

  return __atomic_load_n (other, __ATOMIC_SEQ_CST);
}

G_END_DECLS
