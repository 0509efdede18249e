/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each peer has in memory while blocks come, go, and come again.
 *
 * A peer's worker runs once, and looks at itself along each phase. The rows of the table are the
 * phases, of which they have the end. */

#pragma once

#include "bench-pool-table.h"

G_BEGIN_DECLS

/* Fills a table, which has its rows, peers and empty results. @idle_seconds is how long the workers
 * leave their memory alone between giving back and taking again. */
void bench_memory_follow (BenchTable *table, gsize n_blocks, double idle_seconds);

/* Appends what was seen along the phases as a member of an object of JSON, with a comma. */
void bench_memory_append (const BenchTable *table, GString *json);

G_END_DECLS
