/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How fsmm compares to the others in a table, and what that comes to. */

#pragma once

#include "bench-pool-table.h"

G_BEGIN_DECLS

void bench_ratios_print (const BenchTable *table);

G_END_DECLS
