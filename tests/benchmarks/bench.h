/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Runs pieces of work side by side, and says how long each takes.
 *
 * The cases of a program are run in turn, round after round, so that what the machine does besides
 * falls on all of them alike. What is told of a case is the minimum of its rounds and their
 * median, and the middle half of them as a spread. The median of a case is compared to that of the
 * first one of its group. */

#pragma once

#include <glib.h>
#include <time.h>

G_BEGIN_DECLS

typedef struct {
  const char *group;
  const char *name;
  /* Does its work @n times, and returns the nanoseconds that took. */
  gint64 (*run) (guint64 n, gconstpointer data);
  gconstpointer data;
} BenchCase;

int bench_main (int argc, char *argv[], const char *title, const BenchCase *cases, gsize n_cases);

static inline gint64
bench_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (gint64) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Makes the compiler believe that somebody looks at what @pointer points to. */
static inline void
bench_use (gpointer pointer)
{
  __asm__ volatile ("" : : "r" (pointer) : "memory");
}

G_END_DECLS
