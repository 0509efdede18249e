/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The allocators that bench-pool sets beside each other, and how one of them is measured.
 *
 * Each measurement is a process of its own: a worker program that does one round of one workload,
 * and prints what it took. The general allocators replace malloc, and there is but one malloc in a
 * process: jemalloc and tcmalloc take it over when they are linked with a program, and may fail to
 * load later because of their thread-local storage. With LD_PRELOAD each of them is what it is in
 * a program that uses it, and all of them are called by the same worker. So that nobody has an
 * advantage, the others are workers as well: all are compiled from the same workloads, and call
 * their allocator by its name; those that come as a library through the library's table, as
 * programs do. A fresh process also gives each round fresh memory. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;
  const char *worker;
  const char *const *libraries; /* to load in front, the first that is there; or NULL */
} BenchPeerKind;

typedef struct {
  const BenchPeerKind *kind;
  char **environment;
  char *description; /* what provides its blocks */
  char *missing;     /* why it cannot be measured, or NULL */
} BenchPoolPeer;

/* Finds those in @names, which is a list with commas in between, or NULL for all allocators. If
 * @old_library is not NULL, it is the file of another build of the library, which becomes the peer
 * "old". */
GPtrArray *bench_pool_peers_find (const char *names, const char *old_library, GError **error);

/* Returns what the worker printed, to be freed. @tool is NULL, or a command to run it with. The error
 * has what the worker complained of last. */
char *bench_pool_peer_run (const BenchPoolPeer *self,
                           const char *const *tool,
                           const char *const *arguments,
                           GError **error);

/* Says why @workload could not be measured, and stops the program. */
void bench_pool_peer_fail (const BenchPoolPeer *self, const char *workload, const char *reason)
    G_GNUC_NORETURN;

/* Runs a workload, whose @arguments are as the workers want them. Returns NAN if the peer has nothing
 * of that kind. Stops the program if that fails, as it should not once the peer has been found. */
double bench_pool_peer_measure (const BenchPoolPeer *self, const char *const *arguments);

G_END_DECLS
