/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "pool/fsmm-patience-private.h"
#include "typed/fsmm-type-layout-private.h"
#include "fsmm-typed-pool.h"

G_BEGIN_DECLS

struct _FsmmTypedPool {
  GObject parent_instance;

  /* Construct-only properties, as they were set. */
  GType item_type;
  char *name; /* (owned) (nullable) */
  guint64 chunk_bytes;
  guint64 max_blocks;

  const FsmmTypeLayout *layout; /* (not owned) */
  FsmmPool *pool;               /* (owned): reports what is wrong with the arguments */
  gint disposed;                /* (atomic): no more instances can be made */
  FsmmKeepers keepers;          /* boxes */
};

/* The class of all typed pools: as fsmm_pool_class. */
extern gpointer fsmm_typed_pool_class;

static inline gboolean
fsmm_typed_pool_has_class (FsmmTypedPool *self)
{
  return G_LIKELY (self != NULL && self->parent_instance.g_type_instance.g_class ==
                                     fsmm_typed_pool_class);
}

static inline FsmmStore *
fsmm_typed_pool_get_store (FsmmTypedPool *self)
{
  return &self->pool->store;
}

/* How instances are made and cleared: fsmm-typed-pool-instances.c. */
gpointer fsmm_typed_pool_make (FsmmTypedPool *self,
                               gconstpointer source,
                               FsmmState state,
                               const FsmmPatience *patience,
                               gsize *epoch,
                               GError **error);
void fsmm_typed_pool_drop_held (FsmmTypedPool *self, gpointer instance, gsize epoch);
void fsmm_typed_pool_drop_last_held (FsmmTypedPool *self, gpointer instance, gsize epoch);
gboolean fsmm_typed_pool_replace (FsmmTypedPool *self,
                                  const FsmmClaim *claim,
                                  gconstpointer source,
                                  GError **error);
gboolean fsmm_typed_pool_destroy_owned (gpointer owner, gpointer instance, GError **error);

/* Returns the typed pool whose instances live in @pool, or NULL. */
static inline FsmmTypedPool *
fsmm_typed_pool_get_owner (FsmmPool *pool)
{
  return pool->owner_free == fsmm_typed_pool_destroy_owned ? pool->owner : NULL;
}

G_END_DECLS
