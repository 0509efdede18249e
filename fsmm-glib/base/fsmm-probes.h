/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Probes, by which bpftrace, perf, SystemTap and gdb look into a program that runs: statically defined
 * ones (USDT) of the provider "fsmm". doc/watching-pools.md shows how they are used.
 *
 * A probe is one instruction that does nothing, and a note in the library about where it is, and where
 * its arguments are then. None is on the way of a block that is taken or freed without the lock. The
 * arguments are there whether somebody looks or not, so nothing is worked out for them that takes time.
 *
 * Each argument is one word of the machine: a string, an address, or a number, which is the largest
 * there is if it does not fit. The first two are the same for all:
 *
 *   1. pool: what the pool is called, or NULL;
 *   2. id: what FsmmPoolInfo:id says; 0 if it is not known which pool it is.
 *
 * A probe may fire with the lock of a pool held, and in any thread that uses one. So whoever stops
 * there, as in a debugger, can call nothing of the library. */

#pragma once

#include <glib.h>

#include "base/fsmm-fault.h"

#ifdef HAVE_SDT
/* All arguments in registers. By default there are constants among them, which perf cannot read: it takes
 * a probe for another one than that of the same name which has none. In memory, a compiler may put them
 * where gdb cannot find them; but the 386 has too few registers. */
#if defined(__x86_64__) || defined(__aarch64__)
#define STAP_SDT_ARG_CONSTRAINT r
#elif defined(__i386__)
#define STAP_SDT_ARG_CONSTRAINT or
#endif
#include <sys/sdt.h>
#define FSMM_PROBE(n, ...) STAP_PROBE##n (fsmm, __VA_ARGS__)
#else
#define FSMM_PROBE(n, ...)
#endif

G_BEGIN_DECLS

static inline gsize
fsmm_probe_number (guint64 number)
{
  return (gsize) MIN (number, G_MAXSIZE);
}

/* A call wants blocks, or objects, for which there is no room; once for each call, whether it fails then,
 * waits, or asks for no error: 3. type: of what lives in the pool, or NULL; 4. n_wanted; 5. limit: how many
 * there can be, or 0 if it is a pool of objects without a limit, which cannot make one itself. */
static G_ALWAYS_INLINE inline void
fsmm_probe_exhausted (
    const char *pool, guint64 id, const char *type, gsize n_wanted, guint64 limit)
{
  FSMM_PROBE (5, exhausted, pool, fsmm_probe_number (id), type, n_wanted, fsmm_probe_number (limit));
}

/* The program has done something wrong, for which there is a message or an error; once for each mistake:
 * 3. address: of what, or NULL; 4. fault: what FSMM_FAULT says in a message. Where a mistake is found only
 * later, it may be in another thread, with the lock held. */
static G_ALWAYS_INLINE inline void
fsmm_probe_refused (const char *pool, guint64 id, gconstpointer address, FsmmFault fault)
{
  FSMM_PROBE (4, refused, pool, fsmm_probe_number (id), address, fsmm_fault_get_word (fault));
}

/* What comes of a wait. */
#define FSMM_PROBE_SERVED "served"
#define FSMM_PROBE_TIMED_OUT "timed-out"
#define FSMM_PROBE_CANCELLED "cancelled"
#define FSMM_PROBE_CLOSED "closed"
#define FSMM_PROBE_NO_MEMORY "no-memory"
#define FSMM_PROBE_FAILED "failed" /* an object could not be made */

/* A thread is about to sleep until it is served, or a request has been put into the queue:
 * 3. n_waiting: how many wait now, this one included. */
static G_ALWAYS_INLINE inline void
fsmm_probe_wait_begin (const char *pool, guint64 id, gsize n_waiting)
{
  FSMM_PROBE (3, wait__begin, pool, fsmm_probe_number (id), n_waiting);
}

/* It does not wait any more, in the thread that has slept, or in the main context of the request:
 * 3. result: one of the words above; 4. waited: for how many microseconds. To look at the clock takes
 * little beside a wait.
 *
 * What has been served waits once more if all was dropped meanwhile: it begins again then, and its time
 * counts from when it came. */
static G_ALWAYS_INLINE inline void
fsmm_probe_wait_end (const char *pool, guint64 id, const char *result, gint64 since)
{
  FSMM_PROBE (4, wait__end, pool, fsmm_probe_number (id), result,
              fsmm_probe_number ((guint64) (g_get_monotonic_time () - since)));
}

/* The pool has one more chunk, from @base on, with the lock held: 3. base; 4. n_bytes. */
static G_ALWAYS_INLINE inline void
fsmm_probe_chunk_added (const char *pool, guint64 id, gconstpointer base, gsize n_bytes)
{
  FSMM_PROBE (4, chunk__added, pool, fsmm_probe_number (id), base, n_bytes);
}

/* A chunk is none of the pool's any more, with the lock held. Its memory may be kept for the next one,
 * or until nobody reads it: 3. base; 4. n_bytes. */
static G_ALWAYS_INLINE inline void
fsmm_probe_chunk_dropped (const char *pool, guint64 id, gconstpointer base, gsize n_bytes)
{
  FSMM_PROBE (4, chunk__dropped, pool, fsmm_probe_number (id), base, n_bytes);
}

/* The pool has been trimmed, with the lock held: 3. n_bytes: by how many it has less, which may be 0;
 * 4. n_left: how many it still has. */
static G_ALWAYS_INLINE inline void
fsmm_probe_trimmed (const char *pool, guint64 id, gsize n_bytes, gsize n_left)
{
  FSMM_PROBE (4, trimmed, pool, fsmm_probe_number (id), n_bytes, n_left);
}

G_END_DECLS
