/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Makes memory alike for all who are measured.
 *
 * The first touch of a page that a virtual machine has not used yet costs many times what later
 * ones do, because the host has to provide the memory, and most so with huge pages. Whoever comes
 * first would pay for that. So pages are touched and released before anybody is measured. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Bytes that were touched. */
typedef struct {
  gsize ordinary;
  gsize huge;     /* where huge pages were asked for */
  gsize got_huge; /* of these, how many came in huge pages */
} BenchWarmth;

/* Touches and releases @n_bytes of each kind of page; less if the machine has not got twice that
 * available. */
BenchWarmth bench_warm (gsize n_bytes);

/* In words. To be freed. */
char *bench_warmth_describe (const BenchWarmth *self);
/* As a member of an object of JSON, with a comma. */
void bench_warmth_append (const BenchWarmth *self, GString *json);

G_END_DECLS
