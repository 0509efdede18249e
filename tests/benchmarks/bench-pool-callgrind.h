/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Instructions, as Valgrind's callgrind counts them. They do not depend on what else the machine
 * does, nor do they say how long it takes: an instruction that waits counts as much as any other.
 */

#pragma once

#include "bench-pool-peers.h"

G_BEGIN_DECLS

/* Returns how many instructions an operation of a workload has, or NAN if the peer has nothing of
 * that kind: the difference between processes of @n_passes and of twice as many, so that neither
 * start nor end counts. Stops the program if it fails. */
double
bench_callgrind_count (const BenchPoolPeer *peer, const char *workload, gsize size, guint n_passes);

G_END_DECLS
