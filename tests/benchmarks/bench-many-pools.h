/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pools for those who look at all of them. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define BENCH_MOST_POOLS 1000

/* Each has memory, and nothing live. */
void bench_make_pools (gsize n_pools);
/* Takes a block of each, or gives it back. */
void bench_use_pools (gsize n_pools);
void bench_drop_pools (gsize n_pools);

G_END_DECLS
