/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pool, and the array through which threads exchange what they take from it. */

#pragma once

#include "fsmm-glib/fsmm-glib.h"

G_BEGIN_DECLS

#define DEPOT_N_SLOTS 512

typedef struct _Depot Depot;

/* What is taken: raw blocks, by calls or by what is compiled in, instances, or boxes. */
typedef struct {
  const char *name;
  gsize alloc_size;
  gsize chunk_bytes;
  gsize max_blocks;
  FsmmPool *(*open) (Depot *depot);
  void (*close) (Depot *depot);
  gpointer (*take) (Depot *depot, GError **error);
  guint64 *(*look) (gpointer item); /* at its memory */
  void (*give) (Depot *depot, gpointer item);
} DepotKind;

struct _Depot {
  const DepotKind *kind;
  FsmmPool *pool;       /* (not owned): to look at */
  FsmmTypedPool *typed; /* (nullable) */
  gsize n_words;        /* of an item */
  gint n_taken;         /* (atomic) */
  gpointer slots[DEPOT_N_SLOTS]; /* (atomic) */
};

#define DEPOT_N_KINDS 10
extern const DepotKind depot_kinds[DEPOT_N_KINDS];

/* What one thread has done. */
typedef struct {
  guint64 n_allocations;
  guint64 n_refused; /* at a limit */
  guint64 n_checks;
  guint64 n_exchanges; /* (atomic), for reading */
} DepotCounts;

void depot_open (Depot *self, const DepotKind *kind);
void depot_close (Depot *self, DepotCounts *counts);
void depot_assert_all_cleared (void);

gpointer depot_take (Depot *self, guint64 cookie, DepotCounts *counts);
void depot_give (Depot *self, gpointer item, DepotCounts *counts);
void depot_move_limit (Depot *self, gsize percent);
void depot_exchange (Depot *self, guint slot, guint64 cookie, DepotCounts *counts);

G_END_DECLS
