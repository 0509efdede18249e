/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "pool/fsmm-keepers-private.h"
#include "fsmm-pool.h"
#include "engine/heap/fsmm-heap.h"

G_BEGIN_DECLS

/* Frees what lives in @block, in the name of the pool's owner. Returns FALSE with @error set if
 * @block is not a live block. */
typedef gboolean (*FsmmPoolFreeFunc) (gpointer owner, gpointer block, GError **error);

struct _FsmmPool {
  GObject parent_instance;

  /* Construct-only properties, as they were set. */
  char *name; /* (owned) (nullable) */
  guint64 alloc_size;
  guint64 chunk_bytes;
  guint64 alignment;
  guint64 max_blocks; /* (atomic): can be set again */

  /* What is wrong with them, if anything. The store hands out nothing then. */
  GError *construct_error; /* (owned) (nullable) */
  FsmmStore store;

  gboolean warns_of_waits; /* of a thread that runs the main loop */

  /* Users can neither take nor free blocks: the pool is broken, or all blocks are its owner's. */
  gboolean refuses_raw_blocks;
  gpointer owner;              /* (not owned) (nullable): NULL once the owner is finalized */
  FsmmPoolFreeFunc owner_free; /* (nullable): set once, and kept when the owner is gone */

  FsmmKeepers keepers; /* block handles */

  /* How messages tell the pool from others, if its name is only that of a type. */
  gconstpointer unnamed; /* (nullable): the address of the owner */
  gboolean is_default;   /* of the type */
  gboolean is_ending;    /* behind the lock of the store: nobody becomes a keeper without a reference */
};

/* The class of all pools, since FsmmPool is final: comparing it is the fastest type check. NULL
 * until the first pool is created. */
extern gpointer fsmm_pool_class;

static inline gboolean
fsmm_pool_has_class (FsmmPool *self)
{
  return G_LIKELY (self != NULL && self->parent_instance.g_type_instance.g_class ==
                                     fsmm_pool_class);
}

/* g_return_val_if_fail () for a slow part: the message names the public function, and what that asks
 * for. */
#define FSMM_RETURN_VAL_IF_FAIL_IN(call, condition, text, value)                                   \
  G_STMT_START                                                                                     \
  {                                                                                                \
    if (G_UNLIKELY (!(condition)))                                                                 \
      {                                                                                            \
        g_return_if_fail_warning (G_LOG_DOMAIN, call, text);                                       \
        return value;                                                                              \
      }                                                                                            \
  }                                                                                                \
  G_STMT_END

FsmmPool *fsmm_pool_new_owned (gpointer owner,
                               FsmmPoolFreeFunc owner_free,
                               const char *name,
                               const char *type_name,
                               guint64 alloc_size,
                               guint64 alignment,
                               guint64 chunk_bytes,
                               guint64 max_blocks,
                               const GError *error);

/* Becomes a keeper of a pool to which the caller has no reference, but which is not finalized
 * meanwhile. Returns FALSE if the pool is about to be. */
gboolean fsmm_pool_keep (FsmmPool *self);

void fsmm_pool_refuse_raw_blocks (FsmmPool *self);

/* @call is the name of the public function, for messages. */
void fsmm_pool_report_no_array (FsmmPool *self, const char *call, gsize n_blocks, GError **error);
void fsmm_pool_report_raw_blocks (FsmmPool *self, const char *call, GError **error);

static inline gboolean
fsmm_pool_refuses_raw_blocks (FsmmPool *self, const char *call, GError **error)
{
  if (G_LIKELY (!self->refuses_raw_blocks))
    return FALSE;

  fsmm_pool_report_raw_blocks (self, call, error);
  return TRUE;
}

/* The pool that has a chunk at @address, or NULL. @address is not dereferenced. */
static inline FsmmPool *
fsmm_pool_find (gconstpointer address)
{
  const FsmmStore *store = fsmm_heap_find_store (address);

  return store != NULL ? store->identity.owner : NULL;
}

/* fsmm-pool-properties.c */
void fsmm_pool_install_properties (GObjectClass *object_class);
GParamSpec *fsmm_param_spec_size (const char *name, GParamFlags flags);

/* All counts at one moment. */
static inline FsmmHeapStats
fsmm_pool_get_stats (FsmmPool *self)
{
  FsmmHeapStats stats;

  fsmm_heap_get_stats (&self->store, &stats);

  return stats;
}

/* What the store calls a limit, of which 0 is none. */
static inline gsize
fsmm_pool_limit_of_store (guint64 max_blocks)
{
  return max_blocks == 0 ? G_MAXSIZE : (gsize) MIN (max_blocks, G_MAXSIZE);
}

/* 0: no limit. */
static inline guint64
fsmm_pool_get_limit (const FsmmPool *self)
{
  return __atomic_load_n (&self->max_blocks, __ATOMIC_RELAXED);
}

static inline gboolean
fsmm_pool_is_broken (FsmmPool *self)
{
  return G_UNLIKELY (self->construct_error != NULL);
}

/* Errors for people to read: fsmm-pool-errors.c. */
void fsmm_pool_report_broken (FsmmPool *self, GError **error);
void fsmm_pool_report_alloc (FsmmPool *self,
                             FsmmAllocResult result,
                             gsize n_blocks,
                             GError **error);
void fsmm_pool_report_free (FsmmPool *self,
                            const char *call,
                            const FsmmLook *look,
                            gconstpointer address,
                            GError **error);
void fsmm_pool_report_free_many (FsmmPool *self,
                                 const char *call,
                                 const FsmmLook *look,
                                 gconstpointer address,
                                 gsize index,
                                 GError **error);
void fsmm_pool_report_no_instance (FsmmPool *self, GError **error);
void fsmm_pool_report_take (FsmmPool *self,
                            const char *call,
                            const FsmmLook *look,
                            gconstpointer address,
                            GError **error);
void fsmm_pool_report_other_type (FsmmPool *self,
                                  const char *call,
                                  gconstpointer address,
                                  const char *type_name);
void fsmm_pool_report_released (FsmmPool *self,
                                const char *what,
                                gconstpointer address,
                                GError **error);
void fsmm_pool_report_dropped (FsmmPool *self, gboolean for_ever, GError **error);
void fsmm_pool_report_no_pool (const char *call, const char *type_name, gconstpointer address);
void fsmm_pool_note_misuse (FsmmPool *self, gconstpointer address, const GError *misuse);
void fsmm_pool_report_found (FsmmPool *self,
                             const char *call,
                             gconstpointer address,
                             GError *misuse);
char *fsmm_pool_describe (FsmmPool *self);

G_END_DECLS
