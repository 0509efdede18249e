/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pools of each kind, behind the same few functions: what holds for one must hold for all. */

#pragma once

#include "fsmm-test.h"

G_BEGIN_DECLS

typedef struct {
  const char *name;
  gsize alloc_size;
  gsize chunk_bytes;
  gsize max_blocks;
  GType (*get_type) (void); /* NULL: raw blocks */
  gboolean by_many;         /* frees by fsmm_pool_free_many () */
} FsmmTestKind;

/* In all of them a block has 48 bytes, and a chunk 21 blocks and a tail, but for the one that is
 * called large. */
#define FSMM_TEST_N_KINDS 6
extern const FsmmTestKind fsmm_test_kinds[FSMM_TEST_N_KINDS];

#define FSMM_TEST_BLOCK_SIZE ((gsize) 48)
#define FSMM_TEST_BLOCKS_IN_CHUNK 21

typedef struct {
  const FsmmTestKind *kind;
  FsmmPool *pool;       /* (owned) */
  FsmmTypedPool *typed; /* (owned) (nullable) */
} FsmmTestPool;

void fsmm_test_pool_open (FsmmTestPool *self, const FsmmTestKind *kind, const char *name);
void fsmm_test_pool_close (FsmmTestPool *self);

gpointer fsmm_test_pool_alloc (FsmmTestPool *self);
gboolean fsmm_test_pool_try_free (FsmmTestPool *self, gpointer address, GError **error);
void fsmm_test_pool_free (FsmmTestPool *self, gpointer block);
gsize fsmm_test_pool_free_all (FsmmTestPool *self);

/* A handle, and the address of what it owns. */
gpointer fsmm_test_pool_hold (FsmmTestPool *self, gpointer *address);
void fsmm_test_pool_drop_handle (FsmmTestPool *self, gpointer handle);

/* The type of instances that own something. */
GType fsmm_test_get_owner_type (void);

/* How many of these have been cleared, in all pools. */
gint fsmm_test_n_cleared (void);

G_END_DECLS
