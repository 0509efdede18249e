/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How rows of a table compare to each other. */

#pragma once

#include "bench-pool-table.h"

G_BEGIN_DECLS

void bench_quotients_print (const BenchTable *table);

G_END_DECLS
